"""Who a request of the dashboard comes from."""

from __future__ import annotations

import attrs

from application.ports.clock import Clock
from application.ports.operators import Operators
from domain.operators.operator import Operator
from domain.operators.session import hash_secret
from domain.shared.errors import Unauthenticated


@attrs.frozen(kw_only=True)
class AuthenticateSession:
    operators: Operators
    clock: Clock

    async def __call__(self, secret: str | None) -> Operator:
        """Raise Unauthenticated for no session, a forged or an ended one, and for an operator who was shut out."""
        if not secret or len(secret) > 200:
            raise Unauthenticated("nobody is signed in")
        id_hash, now = hash_secret(secret), self.clock.now()
        found = await self.operators.session(id_hash)
        if found is None:
            raise Unauthenticated("there is no such session")
        session, operator = found
        if not session.is_live(now) or not operator.is_active:
            await self.operators.close_session(id_hash)
            raise Unauthenticated("the session has ended")
        if session.wants_renewal(now):
            await self.operators.renew_session(id_hash, now)
        return operator
