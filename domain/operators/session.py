"""A session of the dashboard, and the rule that slows guessing down."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import attrs

LONGEST: Final = timedelta(hours=12)
"""A session ends this long after signing in, whatever happens."""
IDLE: Final = timedelta(hours=2)
"""And this long after it was used last."""
RENEW_AFTER: Final = timedelta(minutes=1)
"""How exactly `used_at` is kept: a write a minute, not a write a page."""

FREE_FAILURES: Final = 5
FIRST_WAIT: Final = timedelta(seconds=15)
LONGEST_WAIT: Final = timedelta(minutes=15)
FORGET_AFTER: Final = timedelta(hours=1)


@attrs.define(slots=True, kw_only=True)
class Session:
    """Known by the hash of its secret; the secret itself is in the browser's cookie only."""

    id_hash: bytes = attrs.field(repr=False)
    operator_id: UUID
    created_at: datetime
    used_at: datetime

    def is_live(self, now: datetime) -> bool:
        return now < self.created_at + LONGEST and now < self.used_at + IDLE

    def wants_renewal(self, now: datetime) -> bool:
        return now >= self.used_at + RENEW_AFTER


def hash_secret(secret: str) -> bytes:
    """What is stored of a random secret of 256 bits: SHA-256 is enough for those."""
    return hashlib.sha256(secret.encode()).digest()


def form_token(secret: str) -> str:
    """The token that every form of a session carries: made from the cookie's secret, which no other site can read."""
    return hmac.digest(secret.encode(), b"form token", "sha256").hex()


def is_form_token(secret: str, token: str) -> bool:
    """In constant time."""
    return hmac.compare_digest(form_token(secret).encode(), token.encode("utf-8", "replace"))


@attrs.define(slots=True, kw_only=True)
class Attempts:
    """Failed attempts under one name: an account, or a peer's address."""

    failures: int = 0
    last_at: datetime | None = None

    def wait(self, now: datetime) -> timedelta:
        """How long until the next attempt is looked at; zero: now. Five are free, then each doubles the wait."""
        if self.last_at is None or self.failures < FREE_FAILURES or now >= self.last_at + FORGET_AFTER:
            return timedelta(0)
        doubled = FIRST_WAIT * (1 << min(self.failures - FREE_FAILURES, 10))
        return max(self.last_at + min(doubled, LONGEST_WAIT) - now, timedelta(0))

    def count(self, now: datetime) -> None:
        """One more attempt; counted before it is known how it ends, so that many at once are slowed down, too."""
        if self.last_at is not None and now >= self.last_at + FORGET_AFTER:
            self.failures = 0
        self.failures += 1
        self.last_at = now
