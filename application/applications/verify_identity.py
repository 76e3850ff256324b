"""Tell whether an application's own server vouches for who a device says is logged in."""

from __future__ import annotations

from uuid import UUID

import attrs

from application.applications.commands import VerifyIdentityCommand
from application.ports.applications import Applications
from application.ports.clock import Clock
from application.ports.identity_keys import IDENTITY_COLUMN, IdentityKeys
from application.ports.identity_tokens import IdentityTokens, OpenedKey
from application.ports.vault import SealBroken, Vault
from domain.shared.errors import Unauthenticated


@attrs.frozen(slots=True)
class Identity:
    """Who, and whether somebody vouched for it."""

    external_id: str | None
    verified: bool


@attrs.frozen(kw_only=True)
class VerifyIdentity:
    """Applications that do not ask for tokens ignore them."""

    applications: Applications
    identity_keys: IdentityKeys
    identity_tokens: IdentityTokens
    vault: Vault
    clock: Clock

    async def __call__(self, command: VerifyIdentityCommand) -> Identity:
        """Raise Unauthenticated for a token that does not convince, or that is about somebody else."""
        claimed = command.external_id
        if command.token is None:
            return Identity(claimed, verified=False)
        application = await self.applications.get(command.application_id)
        if not application.settings.identity_token_required:
            return Identity(claimed, verified=False)
        subject = self.identity_tokens.subject(
            command.token,
            await self._keys(command.application_id),
            audience=command.application_id,
            now=self.clock.now(),
        )
        if claimed not in (None, subject):
            raise Unauthenticated(
                "the identity token is about another user",
                field="identity_token",
                fix="send the token of the user who logs in",
            )
        return Identity(subject, verified=True)

    async def _keys(self, application_id: UUID) -> list[OpenedKey]:
        opened: list[OpenedKey] = []
        for one in await self.identity_keys.of(application_id):
            try:
                material = self.vault.open(
                    one.sealed, application_id=application_id, row=one.key.kid, column=IDENTITY_COLUMN
                )
            except SealBroken:
                continue  # verifies nothing; the others may
            opened.append(OpenedKey(one.key.kid, one.key.algorithm, material))
        return opened
