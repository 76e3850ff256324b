"""Which keys vouch for an application's users."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from application.applications.commands import ListIdentityKeysCommand
from application.ports.applications import Applications
from application.ports.identity_keys import IdentityKeys
from domain.applications.identity_key import IdentityKey


@attrs.frozen(kw_only=True)
class ListIdentityKeys:
    applications: Applications
    identity_keys: IdentityKeys

    async def __call__(self, command: ListIdentityKeysCommand) -> Sequence[IdentityKey]:
        """In the order of their kids; raise NotFound without such an application."""
        await self.applications.get(command.application_id)
        return [one.key for one in await self.identity_keys.of(command.application_id)]
