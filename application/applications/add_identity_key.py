"""Let an application's own server vouch for its users: add one of its keys."""

from __future__ import annotations

import attrs

from application.applications.commands import AddIdentityKeyCommand
from application.ports.clock import Clock
from application.ports.identity_keys import IDENTITY_COLUMN, IdentityKeys, SealedIdentityKey
from application.ports.identity_tokens import IdentityTokens
from application.ports.vault import Vault
from domain.applications.identity_key import MAX_KEYS, IdentityKey, check_kid


@attrs.frozen(kw_only=True)
class AddIdentityKey:
    identity_keys: IdentityKeys
    identity_tokens: IdentityTokens
    vault: Vault
    clock: Clock

    async def __call__(self, command: AddIdentityKeyCommand) -> IdentityKey:
        """Raise InvalidInput naming the field for a weak or unfit key, AlreadyExists for a kid in use, Conflict for a
        sixth key, NotFound without such an application."""
        material = self.identity_tokens.check_material(command.algorithm, command.material)
        kid = check_kid(command.kid)
        key = IdentityKey(command.application_id, kid, command.algorithm, self.clock.now())
        sealed = self.vault.seal(
            material, application_id=command.application_id, row=kid, column=IDENTITY_COLUMN
        )
        await self.identity_keys.add(SealedIdentityKey(key, sealed), at_most=MAX_KEYS)
        return key
