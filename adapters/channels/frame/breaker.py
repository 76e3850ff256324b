"""A circuit breaker: a provider that is down is asked by one probe at a time, not by every message.

closed ──(20 failures in a row)──▶ open ──(pause over)──▶ one probe ──success──▶ closed
                                     ▲                        │
                                     └──── pause doubled ◀────┘ failure
"""

from __future__ import annotations

import time
from collections.abc import Callable

THRESHOLD = 20
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
BURST = 0.1
"""Seconds within which lost connections count once: hundreds of sends share the fate of one connection."""


class Breaker:
    """One application's view of one provider host. A failure is a transport failure or a 5xx answer."""

    __slots__ = ("_burst_until", "_failures", "_now", "_open_until", "_pause", "_probing", "_threshold")

    def __init__(self, *, threshold: int = THRESHOLD, now: Callable[[], float] = time.monotonic) -> None:
        self._threshold = threshold
        self._now = now
        self._failures = 0
        self._burst_until = float("-inf")
        self._pause = FIRST_PAUSE
        self._open_until: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether sends are refused (but for a probe)."""
        return self._open_until is not None

    def refusal(self) -> float | None:
        """Seconds to wait when no send may start, or None when one may: then succeed, fail or abandon must follow."""
        if self._open_until is None:
            return None
        left = self._open_until - self._now()
        if left > 0:
            return left
        if self._probing:
            return self._pause
        self._probing = True
        return None

    def succeed(self) -> None:
        """The provider answered: whatever it said, it is alive."""
        if self._failures or self._open_until is not None:
            self._failures = 0
            self._pause = FIRST_PAUSE
            self._open_until = None
            self._probing = False

    def fail(self, *, shared: bool = False) -> None:
        """The provider did not answer, or with a 5xx; `shared`: a connection was lost, and others with it."""
        if self._open_until is None:
            if shared:
                now = self._now()
                if now < self._burst_until:
                    return
                self._burst_until = now + BURST
            self._failures += 1
            if self._failures >= self._threshold:
                self._open_until = self._now() + self._pause
        elif self._probing:
            self._probing = False
            self._pause = min(self._pause * 2.0, LONGEST_PAUSE)
            self._open_until = self._now() + self._pause

    def abandon(self) -> None:
        """A send ended without telling anything about the provider (it was cancelled)."""
        self._probing = False
