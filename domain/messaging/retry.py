"""When to try again: full-jitter exponential backoff, bounded by attempts and by the message's expiry."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from domain.shared.channels import Channel

MAX_ATTEMPTS = 6


@attrs.frozen(slots=True)
class RetryPolicy:
    """Delay = max(Retry-After, random(0, min(cap, base·2^n))), n = attempts made so far minus one."""

    base: float
    """Seconds."""
    cap: float
    """Seconds."""
    max_attempts: int = MAX_ATTEMPTS

    def delay(self, attempts: int, jitter: float, retry_after: float | None = None) -> float:
        """Seconds to wait after `attempts` failed attempts; `jitter` is a uniform draw in [0, 1)."""
        ceiling = min(self.cap, self.base * 2.0 ** max(0, attempts - 1))
        return max(retry_after or 0.0, jitter * ceiling)

    def next_attempt(
        self,
        *,
        now: datetime,
        attempts: int,
        jitter: float,
        retry_after: float | None = None,
        expires_at: datetime | None = None,
        max_attempts: int | None = None,
    ) -> datetime | None:
        """When to try again, or None when attempts are used up or the message would have expired."""
        bound = min(self.max_attempts, max_attempts or self.max_attempts)
        if attempts >= bound:
            return None
        due = now + timedelta(seconds=self.delay(attempts, jitter, retry_after))
        return None if expires_at is not None and due >= expires_at else due


PUSH_POLICY = RetryPolicy(base=2.0, cap=15 * 60.0)
BILLABLE_POLICY = RetryPolicy(base=30.0, cap=3600.0)


def policy_for(channel: Channel) -> RetryPolicy:
    """The policy of a channel (channel fact sheet 0.3: push 2 s to 15 min, others 30 s to 1 h)."""
    return PUSH_POLICY if channel is Channel.PUSH else BILLABLE_POLICY
