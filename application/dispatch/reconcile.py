"""The reconciler: small steps over small tables that keep the queue moving, whatever died.

The same steps rebuild the queue after NATS was wiped: a released chunk that nobody leased is rung again.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.dispatch_store import RELEASED_AT_ONCE, QueueStore
from application.ports.doorbells import Doorbells, StreamWatch
from application.ports.measures import JobMeasures
from application.steps import repeat, tell_failure

RELEASE_EVERY = 0.1
RECONCILE_EVERY = 1.0
TIDY_EVERY = 60.0
RING_AGAIN_AFTER = timedelta(seconds=30)
RING_AGAIN_IN_SILENCE = timedelta(seconds=2)
"""When no doorbell is outstanding, whoever released a chunk died before ringing, or its doorbell was lost."""

Step = Callable[[], Awaitable[int]]


class Reconcile:
    """Runs the steps; `extra` are steps of other contexts (early receipts, events out) by name."""

    def __init__(
        self,
        queue: QueueStore,
        doorbells: Doorbells,
        watch: StreamWatch,
        clock: Clock,
        extra: Mapping[str, Step],
        measures: JobMeasures | None = None,
    ) -> None:
        """`measures` hears how long each step took."""
        self._queue = queue
        self._doorbells = doorbells
        self._watch = watch
        self._clock = clock
        self._ring_all = False
        self._measures = measures
        self.actions: Counter[str] = Counter()
        """What was done since the start, by step."""
        self._steps: Mapping[str, Step] = {
            "taken_over": self._take_over,
            "rung_again": self._ring_again,
            "held_back": queue.hold_back,
            "retried": lambda: queue.start_retries(clock.now()),
            "expired": lambda: queue.expire(clock.now()),
            "tokens_judged": lambda: queue.judge_tokens(clock.now()),
            "receipts_timed_out": lambda: queue.expire_receipts(clock.now()),
            "folded": queue.fold,
            **extra,
        }

    async def release(self) -> int:
        """Release what is due and ring; answer how many chunks. Small ones need several looks to fill a window."""
        released = found = await self._release_some()
        while found >= RELEASED_AT_ONCE:
            found = await self._release_some()
            released += found
        return released

    async def _release_some(self) -> int:
        try:
            rings = await self._queue.release(self._clock.now())
        except Exception:
            # The commit may have been done though its answer was lost: what it released was not rung.
            self._ring_all = True
            raise
        if rings:
            await self._doorbells.ring(rings)
        self.actions["released"] += len(rings)
        return len(rings)

    async def reconcile(self) -> None:
        """Every step once; a step that fails is logged and does not keep the others from their turn."""
        for name, step in self._steps.items():
            try:
                self.actions[name] += await self._timed(name, step)
            except Exception as error:
                tell_failure(f"the step {name!r}", error)

    async def _timed(self, name: str, step: Step) -> int:
        started, failed = time.monotonic(), True
        try:
            done = await step()
            failed = False
            return done
        finally:
            if self._measures is not None:
                self._measures.ran(name, time.monotonic() - started, failed=failed)

    async def tidy(self) -> None:
        """Delete what is past its keeping."""
        self.actions["tidied"] += await self._timed("tidied", lambda: self._queue.tidy(self._clock.now()))

    async def run(self, stopping: asyncio.Event) -> None:
        """All of it until `stopping` is set."""
        async with asyncio.TaskGroup() as group:
            group.create_task(repeat("releasing", self._release, stopping, every=RELEASE_EVERY))
            group.create_task(repeat("reconciling", self.reconcile, stopping, every=RECONCILE_EVERY))
            group.create_task(repeat("tidying", self.tidy, stopping, every=TIDY_EVERY))

    async def _release(self) -> None:
        await self._timed("released", self.release)

    async def _take_over(self) -> int:
        rings = await self._queue.take_over(self._clock.now())
        if rings:
            await self._doorbells.ring(rings)
        return len(rings)

    async def _ring_again(self) -> int:
        now = self._clock.now()
        self._ring_all = await self._watch.was_wiped() or self._ring_all
        patience = RING_AGAIN_IN_SILENCE if self._watch.outstanding == 0 else RING_AGAIN_AFTER
        rings = await self._queue.unheard(now if self._ring_all else now - patience, now)
        self._ring_all = False
        if rings:
            await self._doorbells.ring(rings)
        return len(rings)
