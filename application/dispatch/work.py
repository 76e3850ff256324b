"""A worker: hears doorbells, leases chunks, delivers them, settles; drains on request."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from application.dispatch.deliver_chunk import DeliverChunk
from application.dispatch.rendering import Prepared, Rendering
from application.dispatch.settle_loop import SettleLoop
from application.ports.channels import Credential
from application.ports.credentials_source import CredentialSource
from application.ports.dispatch_store import WorkerStore
from application.ports.doorbells import DoorbellListener
from application.ports.leased_chunk import Chunk, LoadedMessage
from application.ports.log_context import CHUNK_ID, listed
from application.ports.profiles import Profile, Profiles
from application.ports.tracing import NO_TRACES, NOTHING, Facts, Kind, Span, Tracer, Trail
from application.ports.workers import Presence
from application.steps import pause_after, tell_failure
from domain.messaging.lifecycle import WAITING
from domain.shared.channels import Channel, Lane
from domain.shared.errors import SignalError

log = logging.getLogger(__name__)

CONTENT_CACHE = 2_000
LISTEN_SECONDS = 1.0
DOORBELLS_AT_ONCE = 32
"""Chunks that one lease statement takes at most."""
MESSAGES_IN_HAND = 4_000
"""Messages of one lane and channel that a worker has in hand: bounds memory and the duplicate window."""


class Worker:
    """One lane and channel of one process; several share a settle loop."""

    def __init__(
        self,
        lane: Lane,
        channel: Channel,
        *,
        listener: DoorbellListener,
        store: WorkerStore,
        presence: Presence,
        settle: SettleLoop,
        deliver: DeliverChunk,
        rendering: Rendering,
        credentials: CredentialSource,
        profiles: Profiles,
        tracer: Tracer = NO_TRACES,
    ) -> None:
        self._lane = lane
        self._channel = channel
        self._listener = listener
        self._store = store
        self._presence = presence
        self._settle = settle
        self._deliver = deliver
        self._rendering = rendering
        self._credentials = credentials
        self._profiles = profiles
        self._tracer = tracer
        self._contents: OrderedDict[UUID, Prepared] = OrderedDict()
        self._draining = False
        self._in_hand = 0
        self._running: set[asyncio.Task[None]] = set()
        self._to_return: set[UUID] = set()
        self._freed = asyncio.Event()
        self._deaf = asyncio.Event()

    async def run(self) -> None:
        """Listen and deliver until drained."""
        failures = 0
        try:
            while not self._draining:
                try:
                    await self._listen()
                    failures = 0
                except Exception as error:
                    failures += 1
                    tell_failure("listening", error)
                    await asyncio.sleep(pause_after(failures))
        finally:
            self._deaf.set()

    async def _listen(self) -> None:
        """One look at the doorbells."""
        slots = self._free_slots()
        if slots == 0 or not self._presence.alive() or not await self._return_chunks():
            self._freed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.25):
                    await self._freed.wait()
            return
        heard = await self._listener.listen(self._lane, self._channel, slots, LISTEN_SECONDS)
        if not heard:
            return
        chunk_ids = sorted({one.chunk_id for one in heard})
        try:
            chunks = await self._store.lease(self._presence.incarnation, chunk_ids)
        except Exception as error:
            # Not acknowledged: JetStream offers the doorbells again, and the reconciler rings besides. The lease may
            # have been committed though its answer was lost: such a chunk would lie until its deadline.
            self._to_return.update(id_ for id_ in chunk_ids if not self._settle.holds(id_))
            if not isinstance(error, SignalError):
                raise
            log.warning("leasing failed: %s", error, extra={"chunk_ids": listed(chunk_ids)})
            return
        if chunks:
            for chunk in chunks:
                self._settle.open(chunk)
                self._in_hand += len(chunk.message_ids)
                self._to_return.discard(chunk.id)
            trails = {one.chunk_id: one.trail for one in heard if one.trail} if self._tracer.on else {}
            task = asyncio.create_task(self._work(chunks, trails))
            self._running.add(task)
            task.add_done_callback(self._finished)
        await self._listener.acknowledge(heard)

    async def drain(self, seconds: float) -> None:
        """Start nothing new; give the sends under way `seconds` to end; what was not started goes back to the queue."""
        self._draining = True
        self._freed.set()
        # Doorbells that are on their way are still heard, and their chunks handed back: unanswered they would be
        # offered to others only after ten seconds.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * LISTEN_SECONDS):
                await self._deaf.wait()
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _free_slots(self) -> int:
        room = MESSAGES_IN_HAND - self._in_hand - self._settle.backlog
        return 0 if room <= 0 else min(DOORBELLS_AT_ONCE, -(-room // 100))

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._freed.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("delivering failed", exc_info=error)

    async def _work(self, chunks: Sequence[Chunk], trails: Mapping[UUID, Trail]) -> None:
        try:
            messages, contents = await self._load(chunks)
        except SignalError as error:
            ids = {"chunk_ids": listed(chunk.id for chunk in chunks)}
            log.warning("loading failed, giving the chunks back: %s", error, extra=ids)
            self._let_go(chunks)
            await self._give_back(chunks)
            return
        except Exception:
            if len(chunks) > 1:
                # One of them is at fault: each alone, the others go on.
                async with asyncio.TaskGroup() as group:
                    for chunk in chunks:
                        group.create_task(self._work([chunk], trails))
                return
            # Left to whoever takes it over, who counts how often that happens.
            log.exception("chunk %s cannot be loaded", chunks[0].id)
            self._let_go(chunks)
            return
        async with asyncio.TaskGroup() as group:
            for chunk in chunks:
                group.create_task(self._traced(chunk, messages, contents, trails.get(chunk.id, ())))

    async def _traced(
        self,
        chunk: Chunk,
        messages: Mapping[UUID, LoadedMessage],
        contents: Mapping[UUID, Prepared],
        trail: Trail,
    ) -> None:
        CHUNK_ID.set(chunk.id)
        with self._span(chunk, trail) as span:
            if span.context is not None:
                self._settle.follow(chunk, span.context)
            await self._work_on(chunk, messages, contents)

    def _span(self, chunk: Chunk, trail: Trail) -> Span:
        """Around the chunk's delivery, unless tracing is off; a chunk that comes from no traced call begins a trace."""
        if not self._tracer.on:
            return NOTHING
        facts: Facts = {
            "messaging.system": "nats",
            "messaging.batch.message_count": len(chunk.message_ids),
            "signal.chunk_id": str(chunk.id),
            "signal.application_id": str(chunk.application_id),
            "signal.type": chunk.type.wire,
            "signal.lane": chunk.lane.wire,
            "signal.recoveries": chunk.recoveries,
        }
        return self._tracer.start("deliver", Kind.CONSUMER, parents=trail, facts=facts)

    async def _work_on(
        self, chunk: Chunk, messages: Mapping[UUID, LoadedMessage], contents: Mapping[UUID, Prepared]
    ) -> None:
        try:
            try:
                profile = await self._profiles.of(chunk.application_id)
                credential = await self._credential(chunk, profile)
            except SignalError as error:
                log.warning(
                    "credentials or settings cannot be read, giving chunk %s back: %s", chunk.id, error
                )
                await self._give_back([chunk])
                return
            self._note_recovery(chunk, messages)
            await self._deliver(chunk, messages, contents, credential, profile, self._may_start(chunk))
        except Exception:
            log.exception("chunk %s failed", chunk.id)
        finally:
            self._in_hand -= len(chunk.message_ids)
            self._freed.set()

    def _note_recovery(self, chunk: Chunk, messages: Mapping[UUID, LoadedMessage]) -> None:
        """Count what another worker may have sent before it lost this chunk."""
        if chunk.recoveries == 0:
            return
        again = sum(
            1
            for id_ in chunk.message_ids
            if (message := messages.get(id_)) is not None and message.status in WAITING
        )
        self._settle.counters.resent += again
        log.warning(
            "chunk %s was recovered %d times; %d sends may be repeats", chunk.id, chunk.recoveries, again
        )

    def _may_start(self, chunk: Chunk) -> Callable[[], bool]:
        lease = (chunk.id, chunk.fence)
        lost, alive = self._settle.lost, self._presence.alive
        return lambda: not self._draining and not (lost and lease in lost) and alive()

    async def _credential(self, chunk: Chunk, profile: Profile | None) -> Credential | None:
        choices = {} if profile is None else profile.providers
        return await self._credentials.for_type(chunk.application_id, chunk.type, choices)

    async def _load(
        self, chunks: Sequence[Chunk]
    ) -> tuple[Mapping[UUID, LoadedMessage], Mapping[UUID, Prepared]]:
        messages = await self._store.load(chunks)
        wanted = {message.content_id for message in messages.values()}
        contents = {id_: body for id_ in wanted if (body := self._contents.get(id_)) is not None}
        missing = sorted(wanted - contents.keys())
        if missing:
            stored = await self._store.contents(missing)
            fresh = {id_: self._rendering.prepare(self._channel, one) for id_, one in stored.items()}
            contents.update(fresh)
            self._contents.update(fresh)
            while len(self._contents) > CONTENT_CACHE:
                self._contents.popitem(last=False)
        return messages, contents

    def _let_go(self, chunks: Sequence[Chunk]) -> None:
        """They are in hand no longer, and no outcome of theirs will come: else they would take their room for good."""
        for chunk in chunks:
            self._settle.abandon(chunk)
            self._in_hand -= len(chunk.message_ids)
        self._freed.set()

    async def _give_back(self, chunks: Sequence[Chunk]) -> None:
        for chunk in chunks:
            self._settle.abandon(chunk)
            self._to_return.add(chunk.id)
        await self._return_chunks()

    async def _return_chunks(self) -> bool:
        """Give back what is leased and not being worked on; False while that does not succeed."""
        returning = sorted(self._to_return)
        if not returning:
            return True
        try:
            await self._store.return_chunks(self._presence.incarnation, returning)
        except SignalError as error:
            log.warning(
                "%d chunks cannot be given back yet: %s",
                len(returning),
                error,
                extra={"chunk_ids": listed(returning)},
            )
            return False
        self._to_return.difference_update(returning)
        return True
