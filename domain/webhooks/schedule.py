"""When a delivery that failed is tried again, and when an endpoint has failed for too long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

_WAITS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10, minutes=24, seconds=55),
)
"""Together 28 hours: eight attempts, as senders of Standard Webhooks do."""
MOST_ATTEMPTS: Final = len(_WAITS) + 1
JITTER: Final = 0.1
"""Of the wait, taken off: what failed together does not come back together, and 28 hours stay 28 hours."""
LONGEST_REQUEST: Final = timedelta(hours=1)
"""A receiver's Retry-After is believed up to this."""
DISABLED_AFTER: Final = timedelta(days=5)
"""Of failing without a single success."""
KEPT: Final = timedelta(days=7)
"""How long events and deliveries are kept, and how far back a replay reaches."""
OLD_SECRET_KEPT: Final = timedelta(hours=24)
"""How long the secret before still signs after a rotation."""


def next_attempt(
    attempts: int, now: datetime, jitter: float, retry_after: float | None = None
) -> datetime | None:
    """When to try again after `attempts` attempts (1 after the first); None when that was the last.

    `jitter` is a draw from [0, 1).
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    wait = _WAITS[attempts - 1] * (1 - JITTER * jitter)
    if retry_after is not None and retry_after > 0:
        wait = max(wait, min(timedelta(seconds=min(retry_after, 1e6)), LONGEST_REQUEST))
    return now + wait


def has_failed_too_long(failing_since: datetime | None, now: datetime) -> bool:
    """Whether an endpoint is to be switched off."""
    return failing_since is not None and now - failing_since >= DISABLED_AFTER
