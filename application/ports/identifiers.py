"""Identity and chance, as ports: UUIDv7 ids from the real clock, secrets, and jitter."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID


class Identifiers(Protocol):
    def one(self) -> UUID:
        """A new UUIDv7 (RFC 9562). Its time part is the real clock's, also in tests with a fake clock."""
        ...

    def many(self, n: int) -> list[UUID]:
        """n new UUIDv7 in ascending order."""
        ...


class Randomness(Protocol):
    def uniform(self) -> float:
        """A uniform draw in [0, 1)."""
        ...

    def secret(self, n_bytes: int) -> str:
        """A URL-safe secret from n cryptographically random bytes."""
        ...
