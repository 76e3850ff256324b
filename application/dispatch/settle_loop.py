"""One settle loop per worker, across its chunks: commit every few hundred outcomes, or after a moment."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar
from uuid import UUID

import attrs

from application.dispatch.settlement import Settled, SettlementBuilder, accepted_ids
from application.ports.chunk_settlement import ChunkSettlement, SettleReport
from application.ports.clock import Clock
from application.ports.dispatch_store import WorkerStore
from application.ports.identifiers import Randomness
from application.ports.leased_chunk import Chunk
from application.ports.log_context import listed
from application.ports.profiles import Profiles
from application.ports.tracing import NO_TRACES, Facts, Span, TraceContext, Tracer
from domain.shared.channels import Channel
from domain.shared.errors import Unavailable

log = logging.getLogger(__name__)

FLUSH_OUTCOMES = 400
FLUSH_SECONDS = 0.06
"""A transaction costs some 2 ms whatever it holds: gathering longer is cheaper, waiting is late (docs/decisions/0014)."""
FLUSH_AT_MOST = 1_500
"""Outcomes of one transaction at most: what gathers while the one before is being committed."""

Result = TypeVar("Result")
ConfirmSends = Callable[[Sequence[UUID]], Awaitable[object]]


@attrs.define(slots=True)
class _Progress:
    """How far a chunk of this worker is."""

    remaining: int
    flushes: int = 0
    trace: TraceContext | None = None
    """The span of its delivery."""


@attrs.define(slots=True)
class SettleCounters:
    """Since the start of the process."""

    settled: int = 0
    """Messages whose state changed."""
    flushes: int = 0
    seconds: float = 0.0
    """Spent in settling, waiting for a database that was away included."""
    lost_chunks: int = 0
    """Leases that were taken over before they were settled."""
    resent: int = 0
    """Sends of recovered chunks that another worker may have made before."""
    ambiguous: int = 0
    """Accepted sends whose fence was lost: another worker may send them again."""


class SettleLoop:
    """Outcomes go in by `put`, which never blocks; what is unsettled is bounded by what the worker has in flight."""

    def __init__(
        self,
        worker: UUID,
        store: WorkerStore,
        profiles: Profiles,
        clock: Clock,
        randomness: Randomness,
        confirm_sends: ConfirmSends,
        tracer: Tracer = NO_TRACES,
    ) -> None:
        self._worker = worker
        self._store = store
        self._profiles = profiles
        self._clock = clock
        self._randomness = randomness
        self._confirm_sends = confirm_sends
        self._tracer = tracer
        self._queue: deque[Settled] = deque()
        self._progress: dict[tuple[UUID, int], _Progress] = {}
        self._wake = asyncio.Event()
        self._urgent = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False
        self.lost: set[tuple[UUID, int]] = set()
        """(chunk, fence) of leases that were lost: nothing more may be sent for them."""
        self.counters = SettleCounters()

    @property
    def backlog(self) -> int:
        """Outcomes that wait to be written."""
        return len(self._queue)

    def open(self, chunk: Chunk) -> None:
        """A lease begins: every id of the chunk is owed an outcome."""
        self._progress[chunk.id, chunk.fence] = _Progress(len(chunk.message_ids))

    def follow(self, chunk: Chunk, trace: TraceContext) -> None:
        """What is settled of this lease belongs to the trace of its delivery."""
        progress = self._progress.get((chunk.id, chunk.fence))
        if progress is not None:
            progress.trace = trace

    def holds(self, chunk_id: UUID) -> bool:
        """Whether outcomes of this chunk are still owed."""
        return any(id_ == chunk_id for id_, _ in self._progress)

    def abandon(self, chunk: Chunk) -> None:
        """No outcome of this lease will come: it was not started."""
        self._progress.pop((chunk.id, chunk.fence), None)

    def put(self, settled: Settled) -> None:
        """One outcome. Never blocks, never raises."""
        self._queue.append(settled)
        if len(self._queue) == 1:
            self._idle.clear()
            self._wake.set()
        if len(self._queue) >= FLUSH_OUTCOMES:
            self._urgent.set()

    async def run(self) -> None:
        """Settle until stopped; every failure is tried again until committed or the fence is lost."""
        while True:
            if not self._queue:
                self._idle.set()
                if self._stopping:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            if len(self._queue) < FLUSH_OUTCOMES and not self._stopping:
                self._urgent.clear()
                try:
                    async with asyncio.timeout(FLUSH_SECONDS):
                        await self._urgent.wait()
                except TimeoutError:
                    log.debug("flushing a partial batch")
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), FLUSH_AT_MOST))]
            await self._settle(batch)

    async def stop(self) -> None:
        """Settle what is there, then end."""
        self._stopping = True
        self._wake.set()
        self._urgent.set()
        await self._idle.wait()

    async def _settle(self, batch: Sequence[Settled]) -> None:
        settlements = await self._translate(batch)
        started = time.monotonic()
        spans = self._spans(settlements, len(batch)) if self._tracer.on else ()
        refused: set[UUID] = set()
        report = await self._write(settlements, refused)
        self.counters.flushes += 1
        self.counters.seconds += time.monotonic() - started
        self.counters.settled += report.written
        lost = {*report.lost, *refused}
        for chunk_id, span in spans:
            if chunk_id in lost:
                span.fail("lease_lost")
            span.end()
        for settlement in settlements:
            key = (settlement.chunk.id, settlement.chunk.fence)
            if settlement.chunk.id in lost:
                self.lost.add(key)
                self.counters.lost_chunks += 1
                if settlement.chunk.id in refused:
                    # Still ours: what comes of it later is another flush, and never the last one.
                    self._progress[key].remaining += 1
                else:
                    self._progress.pop(key, None)
            elif settlement.complete:
                self._progress.pop(key, None)
        if lost:
            await self._hand_on([one for one in batch if one.chunk.id in lost])

    async def _write(self, settlements: Sequence[ChunkSettlement], refused: set[UUID]) -> SettleReport:
        """One transaction; divided where it is refused, so that one lease's outcomes keep nobody else's from being written.

        A chunk that alone is refused is added to `refused`: it is taken over when its time is up, and that is counted.
        """
        try:
            return await _patiently(
                "settling", lambda: self._store.settle(self._worker, settlements, self._clock.now())
            )
        except Exception as error:
            if len(settlements) == 1:
                chunk_id = settlements[0].chunk.id
                log.error("outcomes of chunk %s cannot be written", chunk_id, exc_info=error)
                refused.add(chunk_id)
                return SettleReport(lost=(), written=0)
        middle = len(settlements) // 2
        first = await self._write(settlements[:middle], refused)
        second = await self._write(settlements[middle:], refused)
        return SettleReport([*first.lost, *second.lost], first.written + second.written)

    def _spans(self, settlements: Sequence[ChunkSettlement], outcomes: int) -> list[tuple[UUID, Span]]:
        """The transaction as each traced chunk's delivery sees it; `outcomes`: of the whole transaction."""
        spans = []
        for settlement in settlements:
            chunk = settlement.chunk
            progress = self._progress.get((chunk.id, chunk.fence))
            if progress is not None and progress.trace is not None:
                facts: Facts = {
                    "signal.chunk_id": str(chunk.id),
                    "signal.outcomes": outcomes,
                    "signal.flush": settlement.flush,
                    "signal.complete": settlement.complete,
                }
                spans.append((chunk.id, self._tracer.start("settle", parents=(progress.trace,), facts=facts)))
        return spans

    async def _translate(self, batch: Sequence[Settled]) -> list[ChunkSettlement]:
        now = self._clock.now()
        builders: dict[tuple[UUID, int], SettlementBuilder] = {}
        for one in batch:
            key = (one.chunk.id, one.chunk.fence)
            progress = self._progress.get(key)
            if progress is None:
                progress = self._progress[key] = _Progress(0)
            builder = builders.get(key)
            if builder is None:
                progress.flushes += 1
                builder = builders[key] = SettlementBuilder(
                    one.chunk, progress.flushes, now, self._randomness
                )
            try:
                builder.add(one)
            except Exception:
                # The chunk never becomes complete: whoever takes it over tries this message again, and counts.
                log.exception("the outcome of message %s cannot be told", one.message_id)
            else:
                progress.remaining -= 1
        settlements = []
        for key, builder in builders.items():
            settlement = builder.finish(complete=self._progress[key].remaining == 0)
            profile = await _patiently(
                "reading settings", partial(self._profiles.of, settlement.chunk.application_id)
            )
            if profile is not None:
                settlement.publish = profile.events_enabled
                if profile.receipt_timeout is not None and settlement.chunk.channel is not Channel.IN_APP:
                    settlement.receipt_due = now + profile.receipt_timeout
            settlements.append(settlement)
        return settlements

    async def _hand_on(self, batch: Sequence[Settled]) -> None:
        """The fence is gone: nothing may be written, but a provider's yes is proof and goes on as a receipt."""
        proofs = accepted_ids(batch)
        if not proofs:
            return
        self.counters.ambiguous += len(proofs)
        ids = {
            "message_ids": listed(proofs),
            "chunk_ids": listed(dict.fromkeys(one.chunk.id for one in batch)),
        }
        log.warning("%d accepted sends belong to lost leases; they go on as receipts", len(proofs), extra=ids)
        try:
            await self._confirm_sends(proofs)
        except Exception as error:
            log.warning(
                "%d sends of a lost lease could not be confirmed", len(proofs), exc_info=error, extra=ids
            )


async def _patiently(what: str, attempt: Callable[[], Awaitable[Result]]) -> Result:
    """Again and again while PostgreSQL is away: outcomes are not given up then. Raise what another time would not cure."""
    delay = 0.05
    while True:
        try:
            return await attempt()
        except Unavailable as error:
            log.warning("%s failed, trying again: %s", what, error)
        await asyncio.sleep(delay)
        delay = min(delay * 2, 2.0)
