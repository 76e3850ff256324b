"""Where operators, their sessions, invitations and attempts to sign in are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

import attrs

from application.ports.vault import Sealed
from domain.operators.invitation import Invitation
from domain.operators.operator import Operator
from domain.operators.session import Attempts, Session

CODE_COLUMN: Final = "operator_code"
INSTALLATION: Final = UUID(int=0)
"""Stands for the application where a secret belongs to none."""


@attrs.frozen(slots=True)
class SealedCodeKey:
    """One secret behind one-time codes, of an operator or of an open invitation."""

    place: str
    id: UUID
    sealed: Sealed


class Operators(Protocol):
    async def any(self) -> bool:
        """Whether there is an operator at all."""
        ...

    async def get(self, operator_id: UUID) -> Operator:
        """Raise NotFound."""
        ...

    async def by_email(self, email: str) -> Operator | None: ...

    async def list(self) -> Sequence[Operator]:
        """In the order of creation."""
        ...

    async def change(self, operator_id: UUID, change: Callable[[Operator, int], None]) -> Operator:
        """Load under a lock, change, store; `change` also gets the number of other active owners. Raise NotFound."""
        ...

    async def invite(self, invitation: Invitation) -> None:
        """Store; open invitations for the same address, or for the first owner, are closed."""
        ...

    async def invitation(self, secret_hash: bytes) -> Invitation | None: ...

    async def accept(self, invitation_id: UUID, operator: Operator, now: datetime) -> None:
        """Close the invitation and store the operator, in one transaction; sessions of an operator who was there end.
        Raise NotFound when it was used meanwhile, AlreadyExists for an address in use."""
        ...

    async def open_session(self, session: Session) -> None: ...

    async def session(self, id_hash: bytes) -> tuple[Session, Operator] | None: ...

    async def renew_session(self, id_hash: bytes, now: datetime) -> None: ...

    async def close_session(self, id_hash: bytes) -> None: ...

    async def close_sessions_of(self, operator_id: UUID) -> None: ...

    async def forget_sessions(self, created_before: datetime) -> int:
        """Remove what has ended; answer how many."""
        ...

    async def count_attempt(self, names: Sequence[str], now: datetime) -> Sequence[Attempts]:
        """The attempts under each name before this one, which is counted in the same transaction where none of them
        has to wait."""
        ...

    async def forget_attempts(self, names: Sequence[str]) -> None: ...

    async def code_keys_not_under(self, key_id: str) -> Sequence[SealedCodeKey]:
        """Those sealed under another key of the vault."""
        ...

    async def reseal_code_key(self, before: SealedCodeKey, sealed: Sealed) -> bool:
        """Replace the ciphertext unless it changed meanwhile; False then."""
        ...
