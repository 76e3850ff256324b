"""Stop believing a key: tokens that it signed are refused from now on."""

from __future__ import annotations

import attrs

from application.applications.commands import RemoveIdentityKeyCommand
from application.ports.identity_keys import IdentityKeys
from domain.shared.errors import NotFound


@attrs.frozen(kw_only=True)
class RemoveIdentityKey:
    identity_keys: IdentityKeys

    async def __call__(self, command: RemoveIdentityKeyCommand) -> None:
        """Raise NotFound."""
        if not await self.identity_keys.remove(command.application_id, command.kid):
            raise NotFound("there is no such key")
