"""One installation of the app on one device: the identity behind the SDK's calls.

The server gives out the secret once. An answer can get lost on a mobile network, so a registration is answered
with a new secret until the first one has been used: before that, nothing tells the two apart.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Final
from uuid import UUID

import attrs

from domain.shared.json_values import check_line

MAX_INSTALL_ID: Final = 128
SECRET_BYTES: Final = 32


@attrs.define(slots=True)
class Install:
    """`install_id` is the SDK's own id; `id` is ours. `confirmed_at` is when the secret was first presented."""

    id: UUID
    application_id: UUID
    install_id: str
    secret_hash: bytes = attrs.field(repr=False)
    created_at: datetime
    last_seen_at: datetime
    confirmed_at: datetime | None = None

    def opens_with(self, secret: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.secret_hash, hash_install_secret(secret))

    @property
    def is_confirmed(self) -> bool:
        return self.confirmed_at is not None

    def confirm(self, now: datetime) -> None:
        if self.confirmed_at is None:
            self.confirmed_at = now
        self.see(now)

    def see(self, now: datetime) -> None:
        if now > self.last_seen_at:
            self.last_seen_at = now

    def replace_secret(self, secret: str) -> None:
        self.secret_hash = hash_install_secret(secret)


def check_install_id(install_id: str) -> str:
    """1 to 128 characters, no control characters."""
    return check_line(install_id, field="install_id", longest=MAX_INSTALL_ID)


def hash_install_secret(secret: str) -> bytes:
    """SHA-256 of the secret's UTF-8 bytes; 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
