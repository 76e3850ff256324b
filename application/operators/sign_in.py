"""Sign in: address, password and one-time code, all at once, so that none of them can be tried alone."""

from __future__ import annotations

from datetime import timedelta

import attrs

from application.operators.commands import SignInCommand
from application.ports.clock import Clock
from application.ports.identifiers import Randomness
from application.ports.operators import CODE_COLUMN, INSTALLATION, Operators
from application.ports.passwords import OneTimeCodes, Passwords
from application.ports.vault import SealBroken, Sealed, Vault
from domain.operators.invitation import SECRET_BYTES
from domain.operators.operator import LONGEST_PASSWORD, MAX_EMAIL, Operator
from domain.operators.session import LONGEST, Session, hash_secret
from domain.shared.errors import RateLimited, Unauthenticated


@attrs.frozen(slots=True)
class SignedIn:
    operator: Operator
    secret: str = attrs.field(repr=False)
    """For the cookie."""


@attrs.frozen(kw_only=True)
class SignIn:
    operators: Operators
    passwords: Passwords
    one_time_codes: OneTimeCodes
    vault: Vault
    clock: Clock
    randomness: Randomness

    async def __call__(self, command: SignInCommand) -> SignedIn:
        """Raise Unauthenticated without saying what was wrong, RateLimited after too many attempts."""
        now = self.clock.now()
        email, password = command.email.strip().lower()[:MAX_EMAIL], command.password[: LONGEST_PASSWORD + 1]
        names = [f"account {email}", f"peer {command.peer}"]
        before = await self.operators.count_attempt(names, now)
        wait = max((one.wait(now) for one in before), default=timedelta(0))
        if wait:
            raise RateLimited("too many attempts to sign in", retry_after=wait.total_seconds())
        found = await self.operators.by_email(email)
        knows = await self.passwords.verify(None if found is None else found.password_hash, password)
        step = None if found is None else self._step(found, command.code)
        if found is None or not knows or step is None or not found.is_active:
            raise Unauthenticated("this does not let anybody in", field="email")
        fresh = False

        def take(operator: Operator, _: int) -> None:
            nonlocal fresh
            fresh = operator.is_active and operator.use_code_step(step)
            if fresh:
                operator.signed_in_at = now

        operator = await self.operators.change(found.id, take)
        if not fresh:
            raise Unauthenticated("this does not let anybody in", field="code")
        if self.passwords.is_outdated(operator.password_hash):
            renewed = await self.passwords.hash(password)
            await self.operators.change(found.id, lambda one, _: setattr(one, "password_hash", renewed))
        secret = self.randomness.secret(SECRET_BYTES)
        await self.operators.open_session(
            Session(id_hash=hash_secret(secret), operator_id=operator.id, created_at=now, used_at=now)
        )
        await self.operators.forget_attempts(names)
        await self.operators.forget_sessions(now - LONGEST)
        return SignedIn(operator, secret)

    def _step(self, operator: Operator, code: str) -> int | None:
        try:
            key = self.vault.open(
                Sealed(operator.code_key, operator.code_key_id),
                application_id=INSTALLATION,
                row=str(operator.id),
                column=CODE_COLUMN,
            )
        except SealBroken:
            return None
        return self.one_time_codes.matching_step(key, code, self.clock.now())
