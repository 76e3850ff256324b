"""Starts sends at a reserved rate: slices of at most a second, evenly spaced, late ones shifted and never caught up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from application.ports.channels import Pacing

TOLERANCE = 0.002
"""Seconds a send may start early: timers finer than this would cost more than they even out."""


class Pacer:
    """The turns of one batch of `total` sends in a bucket that all workers share."""

    def __init__(
        self,
        pacing: Pacing,
        bucket: str,
        rate: float,
        total: int,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pacing = pacing
        self._bucket = bucket
        self._rate = rate
        self._unreserved = total
        self._now = now
        self._reserved = 0
        self._next = 0.0
        self._spacing = 0.0
        self._reserving = asyncio.Lock()

    async def turn(self) -> float:
        """Take the next turn: seconds until its send may start (0 when it may now).

        Reserves the next slice when the last one is used up; raises what the Pacing port raises.
        """
        if not self._reserved:
            async with self._reserving:
                if not self._reserved:
                    await self._reserve()
        self._reserved -= 1
        now = self._now()
        start = max(self._next, now)
        self._next = start + self._spacing
        wait = start - now
        return wait if wait > TOLERANCE else 0.0

    async def _reserve(self) -> None:
        # At least one: a second try of the same message (another environment, a new token) may come on top.
        n = max(1, min(self._unreserved, int(self._rate)))
        delay, spacing = await self._pacing.reserve(self._bucket, n, self._rate)
        self._unreserved -= n
        self._reserved = n
        self._spacing = spacing
        self._next = max(self._next, self._now() + delay)
