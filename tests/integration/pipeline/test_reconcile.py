"""The reconciler's steps: fairness, holding, ringing again, taking over, expiring, folding, judging."""

from __future__ import annotations

from datetime import timedelta

from adapters.postgres.chunk_states import RELEASE_WINDOW
from adapters.postgres.presence import PostgresPresence
from application.dispatch.reconcile import Reconcile
from application.ports.dispatch_store import RELEASED_AT_ONCE
from domain.messaging.lifecycle import Status
from domain.messaging.outcome import Accepted, Rejected
from tests.integration.pipeline.workshop import ANDROID, Workshop


async def test_a_small_application_does_not_wait_behind_a_large_one(shop: Workshop) -> None:
    large, small = await shop.application(), await shop.application()
    many = await shop.subscriptions(large, 5_000)
    for _ in range(2):
        await shop.send(large, many)
    await shop.send(small, await shop.subscriptions(small, 1))
    released = await shop.connection.fetch(
        "SELECT application_id, sum(n)::int AS n FROM dispatch_chunk WHERE state = 1 GROUP BY 1"
    )
    assert {row["application_id"]: row["n"] for row in released} == {large: RELEASE_WINDOW, small: 1}
    assert await shop.queue.release(shop.clock.now()) == []
    await shop.deliver_everything(await shop.worker())
    rings = await shop.queue.release(shop.clock.now())
    assert len(rings) * 500 == RELEASE_WINDOW


async def test_a_new_message_waits_behind_those_that_are_held(shop: Workshop) -> None:
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 6_000))
    shop.bells.rings.clear()
    await shop.send(app, await shop.subscriptions(app, 1))
    assert shop.bells.rings == []


async def test_a_queue_of_small_chunks_is_released_in_as_many_looks_as_it_takes(shop: Workshop) -> None:
    """A look takes 64 chunks of a queue; the reconciler looks again at once until there are fewer."""
    app = await shop.application()
    await shop.connection.execute("INSERT INTO system_state VALUES ('hold', '{}', now())")
    subscriptions = await shop.subscriptions(app, RELEASED_AT_ONCE + 6)
    for one in subscriptions:
        await shop.send(app, [one])
    await shop.connection.execute("DELETE FROM system_state WHERE name = 'hold'")
    reconcile = Reconcile(shop.queue, shop.bells, shop.bells, shop.clock, {})
    assert await reconcile.release() == len(subscriptions)
    assert await shop.queue.release(shop.clock.now()) == []


async def test_the_hold_after_a_restore_releases_nothing(shop: Workshop) -> None:
    app = await shop.application()
    await shop.connection.execute(
        "INSERT INTO system_state (name, value, updated_at) VALUES ('hold', '{}', now())"
    )
    await shop.send(app, await shop.subscriptions(app, 1))
    assert shop.bells.rings == []
    assert await shop.queue.release(shop.clock.now()) == []
    await shop.connection.execute("UPDATE dispatch_chunk SET state = 1")
    assert await shop.lease_all(await shop.worker()) == [], "what was released before the backup stays, too"
    assert await shop.queue.hold_back() == 1
    await shop.connection.execute("DELETE FROM system_state WHERE name = 'hold'")
    assert len(await shop.queue.release(shop.clock.now())) == 1


async def test_a_paused_route_does_not_stop_the_other_one(shop: Workshop) -> None:
    app = await shop.application()
    ios, android = await shop.subscriptions(app, 1), await shop.subscriptions(app, 1, type_=ANDROID)
    await shop.send(app, [*ios, *android])
    await shop.connection.execute(
        "INSERT INTO channel_pause (application_id, type, reason, paused_at) VALUES ($1, 1, 'x', now())", app
    )
    assert await shop.queue.hold_back() == 1
    assert await shop.queue.release(shop.clock.now()) == []
    (chunk,) = await shop.lease_all(await shop.worker())
    assert chunk.type == ANDROID
    await shop.connection.execute("DELETE FROM channel_pause")
    assert len(await shop.queue.release(shop.clock.now())) == 1


async def test_a_chunk_that_nobody_leased_is_rung_again(shop: Workshop) -> None:
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 1))
    now = shop.clock.now()
    assert await shop.queue.unheard(now - timedelta(seconds=30), now) == []
    assert len(await shop.queue.unheard(now + timedelta(seconds=1), now)) == 1


async def test_a_dead_workers_chunk_is_taken_over_and_its_fence_is_gone(
    shop: Workshop, database_url: str
) -> None:
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 2))
    living = PostgresPresence(database_url, shop.ids)
    await living.start()
    (chunk,) = await shop.lease_all(living.incarnation)
    await _old_enough(shop)
    assert await shop.queue.take_over(shop.clock.now()) == [], "its lock is held: it lives"
    assert living._connection is not None
    living._connection.terminate()
    assert living._beating is not None
    living._beating.cancel()
    while not (rings := await shop.queue.take_over(shop.clock.now())):
        pass
    assert [ring.chunk_id for ring in rings] == [chunk.id]
    report = await shop.settle(living.incarnation, chunk, [Accepted()] * 2)
    assert report.lost == [chunk.id]
    assert await shop.deliver_everything(await shop.worker()) == 2


async def test_a_lease_past_its_deadline_is_taken_over_from_the_living(
    shop: Workshop, database_url: str
) -> None:
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 1))
    living = PostgresPresence(database_url, shop.ids)
    await living.start()
    await shop.lease_all(living.incarnation)
    await shop.connection.execute("UPDATE dispatch_chunk SET deadline = now() - interval '1 second'")
    assert len(await shop.queue.take_over(shop.clock.now())) == 1
    await living.stop()


async def test_a_frozen_worker_is_taken_over_though_it_holds_its_lock(
    shop: Workshop, database_url: str
) -> None:
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 1))
    frozen = PostgresPresence(database_url, shop.ids)
    await frozen.start()
    await shop.lease_all(frozen.incarnation)
    await shop.connection.execute("UPDATE worker SET beat_at = now() - interval '61 seconds'")
    assert len(await shop.queue.take_over(shop.clock.now())) == 1
    await frozen.stop()


async def test_a_message_that_kills_its_workers_ends_alone_and_dead_lettered(shop: Workshop) -> None:
    app = await shop.application()
    result = await shop.send(app, await shop.subscriptions(app, 4))
    killer = result.message_ids[2]
    await _old_enough(shop)
    for _ in range(40):
        worker = await shop.worker()
        for chunk in await shop.lease_all(worker):
            if killer not in chunk.message_ids:
                await shop.settle(worker, chunk, [Accepted()] * len(chunk.message_ids))
        await shop.connection.execute("DELETE FROM worker")
        await shop.queue.take_over(shop.clock.now())
        await shop.queue.release(shop.clock.now())
    assert await shop.statuses() == {Status.SUCCESSFUL: 3, Status.FAILED: 1}
    row = await shop.connection.fetchrow("SELECT * FROM message WHERE id = $1", killer)
    assert row is not None
    assert (row["status"], row["error_reason"], row["attempts"]) == (Status.FAILED, "dead_lettered", 0)
    assert await shop.ledger() == {"reserve": 4, "settle": 3, "release": 1}


async def test_what_expires_while_held_fails_and_gives_its_quota_back(shop: Workshop) -> None:
    app = await shop.application()
    await shop.connection.execute(
        "INSERT INTO channel_pause (application_id, type, reason, paused_at) VALUES ($1, 1, 'x', now())", app
    )
    await shop.send(app, await shop.subscriptions(app, 3), ttl_seconds=60)
    assert await shop.queue.expire(shop.clock.now()) == 0
    assert await shop.queue.expire(shop.clock.now() + timedelta(seconds=61)) == 3
    assert await shop.value("SELECT array_agg(DISTINCT error_reason) FROM message") == ["expired"]
    assert await shop.ledger() == {"reserve": 3, "release": 3}
    assert await shop.value("SELECT count(*) FROM dispatch_chunk") == 0


async def test_folding_makes_counters_of_deltas_and_keeps_the_sums(shop: Workshop) -> None:
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 10))
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    await shop.settle(worker, chunk, [Accepted()] * 7 + [Rejected("X")] * 3)
    assert await shop.queue.fold() > 0
    assert await shop.queue.fold() == 0
    rows = await shop.connection.fetch("SELECT event_type, reason, n FROM stat_hourly ORDER BY 1")
    assert [tuple(row) for row in rows] == [(1, "", 7), (2, "X", 3)]
    window = await shop.connection.fetchrow(
        "SELECT granted, settled, released FROM quota_window WHERE kind = 'daily'"
    )
    assert window is not None
    assert tuple(window) == (10, 7, 3)


async def test_mass_token_damage_pauses_the_route_and_unsubscribes_nobody(shop: Workshop) -> None:
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 100))
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    damaged = Rejected("BadDeviceToken", subscription_code=-10, damage=True)
    await shop.settle(worker, chunk, [Accepted()] * 80 + [damaged] * 20)
    await shop.queue.fold()
    later = shop.clock.now() + timedelta(minutes=1)
    assert await shop.queue.judge_tokens(later) == 20
    assert await shop.value("SELECT count(*) FROM subscription WHERE subscription_status = 1") == 100
    assert (
        await shop.value("SELECT reason FROM channel_pause WHERE application_id = $1", app)
        == "mass_token_damage"
    )
    assert await shop.value("SELECT count(*) FROM alert WHERE kind = 'mass_token_damage'") == 1
    await shop.connection.execute(
        "INSERT INTO token_suspect SELECT id, application_id, 1, -10, 1, 'BadDeviceToken', now() FROM subscription LIMIT 3"
    )
    assert await shop.queue.judge_tokens(later + timedelta(minutes=1)) == 3, "stragglers of a paused route"
    assert await shop.value("SELECT count(*) FROM subscription WHERE subscription_status = 1") == 100


async def test_a_few_damaged_tokens_are_unsubscribed_once_the_route_is_known_to_be_healthy(
    shop: Workshop,
) -> None:
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 400))
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    damaged = Rejected("BadDeviceToken", subscription_code=-10, damage=True)
    await shop.settle(worker, chunk, [Accepted()] * 388 + [damaged] * 12)
    await shop.queue.fold()
    assert await shop.queue.judge_tokens(shop.clock.now()) == 0
    assert await shop.queue.judge_tokens(shop.clock.now() + timedelta(seconds=31)) == 12
    assert await shop.value("SELECT count(*) FROM subscription WHERE subscription_status = -10") == 12
    assert await shop.value("SELECT count(*) FROM channel_pause") == 0


async def test_a_receipt_timeout_fails_what_was_sent_and_never_received(shop: Workshop) -> None:
    app = await shop.application(receipt_timeout_seconds=3600)
    await shop.send(app, await shop.subscriptions(app, 2))
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    from application.dispatch.settlement import Settled, SettlementBuilder

    loaded = await shop.worker_store.load([chunk])
    builder = SettlementBuilder(chunk, 1, shop.clock.now(), shop.dice)
    for id_ in chunk.message_ids:
        builder.add(Settled(chunk, loaded[id_], id_, Accepted(), attempted=True))
    settlement = builder.finish(True)
    profile = await shop.profiles.of(app)
    assert profile is not None
    assert profile.receipt_timeout is not None
    settlement.receipt_due = shop.clock.now() + profile.receipt_timeout
    await shop.worker_store.settle(worker, [settlement], shop.clock.now())
    await shop.connection.execute("UPDATE message SET status = 4 WHERE id = $1", chunk.message_ids[0])
    assert await shop.queue.expire_receipts(shop.clock.now()) == 0
    assert await shop.queue.expire_receipts(shop.clock.now() + timedelta(hours=1, seconds=1)) == 1
    assert await shop.statuses() == {Status.RECEIVED: 1, Status.FAILED: 1}
    assert (await shop.ledger())["settle"] == 2, "push bills on acceptance: nothing is given back"


async def _old_enough(shop: Workshop) -> None:
    """Nobody is taken over in the first three seconds of PostgreSQL."""
    await shop.connection.execute(
        "SELECT pg_sleep(greatest(0, 3.1 - extract(epoch FROM now() - pg_postmaster_start_time())))"
    )
