"""Token buckets in this process, bounded in number: the least recently used bucket is forgotten first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from time import monotonic

from domain.shared.errors import RateLimited


class RateLimiter:
    """One bucket per key; each request takes one token.

    Per process on purpose: a limit that protects this process needs no round trip to another.
    """

    def __init__(
        self, per_second: float, burst: float, *, entries: int, now: Callable[[], float] = monotonic
    ) -> None:
        self._rate = per_second
        self._burst = burst
        self._entries = entries
        self._now = now
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, key: Hashable) -> None:
        """Raise RateLimited with the seconds until a token is there."""
        tokens, now = self._level(key)
        if tokens < 1.0:
            raise RateLimited(retry_after=(1.0 - tokens) / self._rate)
        self._buckets[key] = (tokens - 1.0, now)
        self._buckets.move_to_end(key)
        while len(self._buckets) > self._entries:
            self._buckets.popitem(last=False)

    def check(self, key: Hashable) -> None:
        """Raise RateLimited when the bucket is empty, without taking anything."""
        tokens, _ = self._level(key)
        if tokens < 1.0:
            raise RateLimited(retry_after=(1.0 - tokens) / self._rate)

    def _level(self, key: Hashable) -> tuple[float, float]:
        now = self._now()
        known = self._buckets.get(key)
        if known is None:
            return self._burst, now
        tokens, since = known
        return min(self._burst, tokens + (now - since) * self._rate), now

    def __len__(self) -> int:
        return len(self._buckets)
