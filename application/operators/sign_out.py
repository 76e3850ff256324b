"""Sign out: this session ends, on the server too."""

from __future__ import annotations

import attrs

from application.ports.operators import Operators
from domain.operators.session import hash_secret


@attrs.frozen(kw_only=True)
class SignOut:
    operators: Operators

    async def __call__(self, secret: str) -> None:
        """Unknown sessions are none of anybody's business: nothing happens."""
        await self.operators.close_session(hash_secret(secret))
