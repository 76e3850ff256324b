"""The settle loop on a real PostgreSQL: what cannot be written is found out and left, what can be is written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import attrs

from application.dispatch.settle_loop import SettleLoop
from application.dispatch.settlement import Settled
from application.ports.leased_chunk import Chunk
from domain.messaging.lifecycle import Status
from domain.messaging.outcome import Accepted, Outcome, Rejected
from tests.integration.pipeline.workshop import Workshop

TOO_LONG_AGO = 2**40
"""Milliseconds that no integer of the database holds."""


@attrs.define
class Desk:
    shop: Workshop
    worker: UUID
    loop: SettleLoop
    confirmed: list[UUID]

    async def leased(self, n: int) -> tuple[Chunk, ...]:
        """So many chunks of one message each."""
        app = await self.shop.application()
        for one in await self.shop.subscriptions(app, n):
            await self.shop.send(app, [one])
        return tuple(await self.shop.lease_all(self.worker))

    async def put(self, chunk: Chunk, outcome: Outcome, latency: int = 1) -> None:
        """What a provider said of the chunk's only message."""
        loaded = await self.shop.worker_store.load([chunk])
        (id_,) = chunk.message_ids
        self.loop.open(chunk)
        self.loop.put(Settled(chunk, loaded[id_], id_, outcome, attempted=True, latency_ms=latency))

    async def settled(self) -> dict[int, int]:
        """Once nothing waits any more: messages by status."""
        async with asyncio.timeout(20):
            await self.loop.stop()
        return await self.shop.statuses()


@asynccontextmanager
async def settling(shop: Workshop) -> AsyncIterator[Desk]:
    """A worker's loop, and the task that runs it."""
    confirmed: list[UUID] = []

    async def confirm(ids: Sequence[UUID]) -> None:
        confirmed.extend(ids)

    worker = await shop.worker()
    loop = SettleLoop(worker, shop.worker_store, shop.profiles, shop.clock, shop.dice, confirm)
    task = asyncio.create_task(loop.run())
    try:
        yield Desk(shop, worker, loop, confirmed)
        assert not task.done() or task.exception() is None, "the loop ended with an error"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_cannot_be_written_keeps_nothing_else_from_being_written(shop: Workshop) -> None:
    """Its lease counts as lost: whoever takes the chunk over tries again; that it was sent goes on as a receipt."""
    async with settling(shop) as desk:
        chunks = await desk.leased(3)
        for chunk, latency in zip(chunks, (1, TOO_LONG_AGO, 1), strict=True):
            await desk.put(chunk, Accepted(), latency)
        assert await desk.settled() == {Status.PENDING: 1, Status.SUCCESSFUL: 2}
        assert desk.loop.counters.lost_chunks == 1
        assert desk.confirmed == list(chunks[1].message_ids)
        assert await shop.value("SELECT array_agg(id) FROM dispatch_chunk") == [chunks[1].id]


async def test_a_chunk_of_which_something_cannot_be_written_is_never_over(shop: Workshop) -> None:
    """What comes of it later is written and accounted for; the rest is for whoever takes it over."""
    async with settling(shop) as desk:
        app = await shop.application()
        await shop.send(app, await shop.subscriptions(app, 3))
        (chunk,) = await shop.lease_all(desk.worker)
        loaded = await shop.worker_store.load([chunk])
        desk.loop.open(chunk)
        for id_, latency in zip(chunk.message_ids, (1, TOO_LONG_AGO, 1), strict=True):
            desk.loop.put(Settled(chunk, loaded[id_], id_, Accepted(), attempted=True, latency_ms=latency))
            async with asyncio.timeout(20):
                await desk.loop._idle.wait()
        assert await desk.settled() == {Status.PENDING: 1, Status.SUCCESSFUL: 2}
        assert await shop.ledger() == {"reserve": 3, "settle": 2}
        assert await shop.value("SELECT count(*) FROM dispatch_chunk") == 1


async def test_a_providers_words_that_cannot_be_stored_are_stored_without_what_cannot(shop: Workshop) -> None:
    """NUL and half a surrogate pair: the message fails with a reason like any other."""
    async with settling(shop) as desk:
        (chunk,) = await desk.leased(1)
        await desk.put(chunk, Rejected("bad\x00 number", details={"text": "한\udc80글\x00"}))
        assert await desk.settled() == {Status.FAILED: 1}
        assert await shop.value("SELECT reason FROM message_event") == "bad number"


async def test_a_statement_that_fails_for_everything_is_tried_until_it_succeeds(shop: Workshop) -> None:
    """A column that is missing while a deployment is under way costs no outcome."""
    async with settling(shop) as desk:
        (chunk,) = await desk.leased(1)
        await shop.connection.execute("ALTER TABLE dispatch_chunk RENAME COLUMN fence TO elsewhere")
        failing = asyncio.Event()
        asyncio.get_running_loop().call_later(0.5, failing.set)
        await desk.put(chunk, Accepted())
        await failing.wait()
        assert await shop.statuses() == {Status.PENDING: 1}
        await shop.connection.execute("ALTER TABLE dispatch_chunk RENAME COLUMN elsewhere TO fence")
        assert await desk.settled() == {Status.SUCCESSFUL: 1}
