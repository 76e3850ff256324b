"""Invite somebody to the dashboard; the link's secret is answered once and never again."""

from __future__ import annotations

import attrs

from application.operators.commands import InviteCommand
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers, Randomness
from application.ports.operators import CODE_COLUMN, INSTALLATION, Operators
from application.ports.passwords import OneTimeCodes
from application.ports.vault import Vault
from domain.operators.invitation import SECRET_BYTES, Invitation
from domain.operators.operator import check_email
from domain.operators.roles import Role
from domain.operators.session import hash_secret
from domain.shared.errors import AlreadyExists

FIRST_START = "first start"


@attrs.frozen(slots=True)
class Invited:
    invitation: Invitation
    secret: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class InviteOperator:
    operators: Operators
    one_time_codes: OneTimeCodes
    vault: Vault
    clock: Clock
    identifiers: Identifiers
    randomness: Randomness

    async def __call__(self, command: InviteCommand) -> Invited:
        """Raise InvalidInput for a bad address, AlreadyExists for one in use, NotFound for an operator who is not there."""
        email, role = command.email, command.role
        if command.operator_id is not None:
            found = await self.operators.get(command.operator_id)
            email, role = found.email, found.role
        elif email is not None:
            email = check_email(email)
            if await self.operators.by_email(email) is not None:
                raise AlreadyExists(
                    "an operator has this address",
                    field="email",
                    fix="let them in again from the list of operators",
                )
        return await self._store(email, role, command)

    async def _store(self, email: str | None, role: Role, command: InviteCommand) -> Invited:
        id, secret = self.identifiers.one(), self.randomness.secret(SECRET_BYTES)
        sealed = self.vault.seal(
            self.one_time_codes.new_key(), application_id=INSTALLATION, row=str(id), column=CODE_COLUMN
        )
        invitation = Invitation(
            id=id,
            secret_hash=hash_secret(secret),
            role=role,
            email=email,
            operator_id=command.operator_id,
            code_key=sealed.ciphertext,
            code_key_id=sealed.key_id,
            created_at=self.clock.now(),
            created_by=command.actor,
        )
        await self.operators.invite(invitation)
        return Invited(invitation, secret)


@attrs.frozen(kw_only=True)
class InviteFirstOwner:
    operators: Operators
    invite: InviteOperator

    async def __call__(self) -> Invited | None:
        """The link for the first owner; links given before are void. None when there are operators already."""
        if await self.operators.any():
            return None
        return await self.invite(InviteCommand(role=Role.OWNER, actor=FIRST_START))
