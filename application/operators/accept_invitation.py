"""Open an invitation, and accept it: password and one-time code are set up together."""

from __future__ import annotations

from typing import Final

import attrs

from application.operators.commands import AcceptInvitationCommand
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.operators import CODE_COLUMN, INSTALLATION, Operators
from application.ports.passwords import OneTimeCodes, Passwords
from application.ports.vault import SealBroken, Sealed, Vault
from domain.operators.invitation import Invitation
from domain.operators.operator import Operator, check_email, check_name, check_password
from domain.operators.session import hash_secret
from domain.shared.errors import InvalidInput, NotFound, RateLimited

ISSUER: Final = "Automata-Signal"


@attrs.frozen(slots=True)
class OpenInvitation:
    invitation: Invitation
    code_key: str = attrs.field(repr=False)
    enrolment_uri: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class ReadInvitation:
    operators: Operators
    one_time_codes: OneTimeCodes
    vault: Vault
    clock: Clock

    async def __call__(self, secret: str) -> OpenInvitation:
        """Raise NotFound for a link that is unknown, used or too old."""
        found = await self.operators.invitation(hash_secret(secret[:200]))
        if found is None or not found.is_open(self.clock.now()):
            raise NotFound("this link is unknown, used or too old", fix="ask for another one")
        try:
            key = self.vault.open(
                Sealed(found.code_key, found.code_key_id),
                application_id=INSTALLATION,
                row=str(found.id),
                column=CODE_COLUMN,
            )
        except SealBroken:
            raise NotFound("this link can no longer be used", fix="ask for another one") from None
        uri = self.one_time_codes.enrolment_uri(key, account=found.email or "dashboard", issuer=ISSUER)
        return OpenInvitation(found, key, uri)


@attrs.frozen(kw_only=True)
class AcceptInvitation:
    operators: Operators
    passwords: Passwords
    one_time_codes: OneTimeCodes
    vault: Vault
    clock: Clock
    identifiers: Identifiers
    read_invitation: ReadInvitation

    async def __call__(self, command: AcceptInvitationCommand) -> Operator:
        """Raise InvalidInput naming the field, NotFound for a link that cannot be used, AlreadyExists for an address in use."""
        opened, now = await self.read_invitation(command.secret), self.clock.now()
        invitation = opened.invitation
        email = invitation.email or check_email(command.email)
        name = check_name(command.name)
        check_password(command.password, email=email, name=name)
        names = [f"invitation {invitation.id}", f"peer {command.peer}"]
        wait = max(one.wait(now) for one in await self.operators.count_attempt(names, now))
        if wait:
            raise RateLimited("too many attempts", retry_after=wait.total_seconds())
        step = self.one_time_codes.matching_step(opened.code_key, command.code, now)
        if step is None:
            raise InvalidInput(
                "the code is not the one of this moment", field="code", fix="read it from the app once more"
            )
        operator_id = invitation.operator_id or self.identifiers.one()
        sealed = self.vault.seal(
            opened.code_key, application_id=INSTALLATION, row=str(operator_id), column=CODE_COLUMN
        )
        operator = Operator(
            id=operator_id,
            email=email,
            name=name,
            role=invitation.role,
            password_hash=await self.passwords.hash(command.password),
            code_key=sealed.ciphertext,
            code_key_id=sealed.key_id,
            code_step=step,
            created_at=now,
        )
        await self.operators.accept(invitation.id, operator, now)
        await self.operators.forget_attempts(names)
        return operator
