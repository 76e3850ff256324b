"""Secrets at rest: authenticated encryption bound to its place, and blind indexes for look-ups by value."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

import attrs


@attrs.frozen(slots=True)
class Sealed:
    """Ciphertext and the id of the key that made it."""

    ciphertext: bytes = attrs.field(repr=False)
    key_id: str


class Vault(Protocol):
    """AES-256-GCM; the associated data binds a ciphertext to (application, row, column, key id)."""

    def seal(self, plaintext: str, *, application_id: UUID, row: str, column: str) -> Sealed:
        """Encrypt under the current key. `row` is the subscription id, or the provider of a credential."""
        ...

    def open(self, sealed: Sealed, *, application_id: UUID, row: str, column: str) -> str:
        """Decrypt. Raise `application.ports.vault.SealBroken` when it was moved, altered or its key is unknown."""
        ...

    def blind_index(
        self, value: str, *, application_id: UUID, key_id: str | None = None
    ) -> tuple[bytes, str]:
        """HMAC-SHA-256 of the value for this application, and the id of the key used (None: the current one)."""
        ...

    def key_ids(self) -> tuple[str, ...]:
        """Current key first, then those that are still read during a rotation."""
        ...


class SealBroken(Exception):
    """A stored secret cannot be opened: wrong key, wrong place or altered."""
