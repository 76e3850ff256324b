"""What a worker leaves behind when it dies in the middle of a chunk; each of these was found by tests/chaos."""

from __future__ import annotations

from domain.messaging.outcome import Accepted, Deferred, NotAttempted
from tests.integration.pipeline.workshop import Workshop


async def _dies(shop: Workshop) -> None:
    await shop.connection.execute("DELETE FROM worker")


async def test_only_what_is_still_owed_is_taken_over(shop: Workshop) -> None:
    """What was settled, waits for a retry or went on in another chunk would otherwise be sent by both."""
    app = await shop.application()
    result = await shop.send(app, await shop.subscriptions(app, 4))
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    outcomes = [Accepted(), Deferred("busy"), NotAttempted(retry_after=60.0)]
    await shop.settle(worker, chunk, outcomes, complete=False)
    await _dies(shop)
    await shop.queue.take_over(shop.clock.now())
    (again,) = await shop.lease_all(await shop.worker())
    assert list(again.message_ids) == [result.message_ids[3]]
    assert again.id == chunk.id
    assert again.fence > chunk.fence


async def test_a_chunk_that_owes_nothing_is_gone_after_the_takeover(shop: Workshop) -> None:
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 1))
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    await shop.settle(worker, chunk, [Accepted()], complete=False)
    await _dies(shop)
    assert await shop.queue.take_over(shop.clock.now()) == []
    assert await shop.value("SELECT count(*) FROM dispatch_chunk") == 0


async def test_a_settlement_that_is_repeated_hands_nothing_back_twice(shop: Workshop) -> None:
    """Its commit was done and nobody knew: the same messages in two chunks would be sent twice."""
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 2))
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    for _ in range(2):
        await shop.settle(worker, chunk, [NotAttempted()], complete=False)
    rows = await shop.connection.fetch(
        "SELECT x.id FROM dispatch_chunk c CROSS JOIN unnest(c.message_ids) AS x (id) WHERE c.id <> $1",
        chunk.id,
    )
    assert [row["id"] for row in rows] == [chunk.message_ids[0]]


async def test_a_dead_workers_unanswered_doorbells_are_rung_at_once(shop: Workshop) -> None:
    """It may have fetched the doorbell of a chunk that it never leased."""
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 1))
    await shop.connection.execute(
        "INSERT INTO worker (incarnation, lock_key, host, pid, started_at, beat_at)"
        " VALUES ($1, 7, 'h', 1, now(), now() - interval '2 minutes')",
        shop.ids.one(),
    )
    later = shop.clock.now().replace(year=shop.clock.now().year + 1)
    assert len(await shop.queue.take_over(later)) == 1
    assert await shop.queue.take_over(later) == [], "once, not every second"
