"""Where the keys are kept that vouch for users, sealed with `row` = kid and `column` = IDENTITY_COLUMN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol
from uuid import UUID

import attrs

from application.ports.vault import Sealed
from domain.applications.identity_key import IdentityKey

IDENTITY_COLUMN: Final = "identity_key"


@attrs.frozen(slots=True)
class SealedIdentityKey:
    """One stored key."""

    key: IdentityKey
    sealed: Sealed


class IdentityKeys(Protocol):
    async def add(self, key: SealedIdentityKey, *, at_most: int) -> None:
        """Raise NotFound without such an application, AlreadyExists for a kid in use, Conflict for too many keys."""
        ...

    async def of(self, application_id: UUID) -> Sequence[SealedIdentityKey]:
        """In the order of their kids."""
        ...

    async def remove(self, application_id: UUID, kid: str) -> bool:
        """False when there was none."""
        ...

    async def not_under(self, key_id: str) -> Sequence[SealedIdentityKey]:
        """Those sealed under another key of the vault."""
        ...

    async def reseal(self, before: SealedIdentityKey, sealed: Sealed) -> bool:
        """Replace the ciphertext unless it changed meanwhile; False then."""
        ...
