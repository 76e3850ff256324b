"""Leasing and settling: one owner per chunk, nothing written without the fence, everything that follows in one commit."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from adapters.postgres.messages import PostgresMessages
from adapters.postgres.outbox import PostgresOutbox
from adapters.postgres.pauses import PostgresPauses
from domain.messaging.lifecycle import Status
from domain.messaging.outcome import (
    Accepted,
    CredentialFault,
    Deferred,
    NotAttempted,
    Outcome,
    Rejected,
    Unknown,
)
from domain.shared.channels import SubscriptionType
from tests.integration.pipeline.workshop import Workshop


async def test_a_released_chunk_has_one_owner_and_a_new_fence(shop: Workshop) -> None:
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 3))
    first, second = await shop.worker(), await shop.worker()
    (chunk,) = await shop.lease_all(first)
    assert chunk.fence == 1
    assert await shop.worker_store.lease(second, [chunk.id]) == []


async def test_a_paused_route_and_an_inactive_application_are_not_leased(shop: Workshop) -> None:
    paused, inactive = await shop.application(), await shop.application()
    for app in (paused, inactive):
        await shop.send(app, await shop.subscriptions(app, 1))
    await shop.connection.execute(
        "INSERT INTO channel_pause (application_id, type, reason, paused_at) VALUES ($1, 1, 'x', now())",
        paused,
    )
    await shop.connection.execute("UPDATE application SET is_active = false WHERE id = $1", inactive)
    assert await shop.lease_all(await shop.worker()) == []


async def test_an_accepted_send_is_written_everywhere_in_one_commit(shop: Workshop) -> None:
    app = await shop.application()
    result = await shop.send(app, await shop.subscriptions(app, 2))
    assert await shop.deliver_everything(await shop.worker()) == 2
    assert await shop.statuses() == {Status.SUCCESSFUL: 2}
    events = await shop.connection.fetch(
        "SELECT message_id, source, metadata->>'attempt' AS a FROM sent_event"
    )
    assert {(row["message_id"], row["source"], row["a"]) for row in events} == {
        (id_, 2, "1") for id_ in result.message_ids
    }
    assert await shop.ledger() == {"reserve": 2, "settle": 2}
    assert await shop.value("SELECT sum(n) FROM stat_delta WHERE event_type = 1") == 2
    assert await shop.value("SELECT count(*) FROM dispatch_chunk") == 0
    (row,) = await PostgresOutbox(shop.engine).oldest(10)
    published = {(event["message_id"], event["type"]) for event in json.loads(row.payload)}
    assert published == {(str(id_), "sent") for id_ in result.message_ids}
    assert json.loads(row.payload)[0]["metadata"]["attempt"] == 1


async def test_what_was_sent_reads_the_same_in_the_history_and_on_nats(shop: Workshop) -> None:
    """Both come from the batch of the flush: event id, time, attempt, latency and the provider's id."""
    app = await shop.application()
    result = await shop.send(app, await shop.subscriptions(app, 2))
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    await shop.settle(worker, chunk, [Accepted("projects/p/messages/1"), Accepted()])
    (row,) = await PostgresOutbox(shop.engine).oldest(10)
    published = {event["message_id"]: event for event in json.loads(row.payload)}
    for id_, provider in zip(result.message_ids, ("projects/p/messages/1", None), strict=True):
        (event,) = await PostgresMessages(shop.engine).events(id_)
        told = published[str(id_)]
        assert (str(event.id), event.metadata) == (told["id"], told["metadata"])
        assert event.metadata.get("provider_id") == provider
        assert event.occurred_at == datetime.fromisoformat(told["occurred_at"])


async def test_more_than_an_outbox_row_may_carry_is_cut(shop: Workshop) -> None:
    """450 sends of one flush are three rows of the history and of the outbox; none is told twice."""
    app = await shop.application()
    result = await shop.send(app, await shop.subscriptions(app, 450))
    await shop.deliver_everything(await shop.worker())
    rows = await PostgresOutbox(shop.engine).oldest(10)
    told = [event["message_id"] for row in rows for event in json.loads(row.payload)]
    assert [len(json.loads(row.payload)) for row in rows] == [200, 200, 50]
    assert sorted(told) == sorted(str(id_) for id_ in result.message_ids)


async def test_messages_of_two_days_settle_together(shop: Workshop) -> None:
    """A flush that spans partitions changes each message in its own, with sends and failures among them."""
    app = await shop.application()
    subscriptions = await shop.subscriptions(app, 4)
    result = await shop.send(app, subscriptions)
    (chunk_id,) = {row["id"] for row in await shop.connection.fetch("SELECT id FROM dispatch_chunk")}
    yesterday = [UUID(int=id_.int - (86_400_000 << 80)) for id_ in result.message_ids[:2]]
    for old, new in zip(result.message_ids, yesterday, strict=False):
        await shop.connection.execute("UPDATE message SET id = $2 WHERE id = $1", old, new)
    ids = [*yesterday, *result.message_ids[2:]]
    await shop.connection.execute(
        "UPDATE dispatch_chunk SET message_ids = $2, min_id = $3 WHERE id = $1", chunk_id, ids, ids[0]
    )
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    await shop.settle(worker, chunk, [Accepted(), Rejected("A"), Accepted(), Rejected("A")])
    rows = await shop.connection.fetch("SELECT id, status FROM message ORDER BY id")
    assert [(row["id"], row["status"]) for row in rows] == list(zip(ids, [1, 2, 1, 2], strict=True))


async def test_without_the_fence_nothing_is_written(shop: Workshop) -> None:
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 2))
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    await shop.connection.execute("UPDATE dispatch_chunk SET fence = fence + 1")
    report = await shop.settle(worker, chunk, [Accepted(), Accepted()])
    assert report.lost == [chunk.id]
    assert await shop.statuses() == {Status.PENDING: 2}
    assert await shop.ledger() == {"reserve": 2}
    assert await shop.value("SELECT count(*) FROM message_event") == 0
    assert await shop.value("SELECT count(*) FROM dispatch_chunk") == 1


async def test_mixed_outcomes_of_one_flush_each_get_what_is_theirs(shop: Workshop) -> None:
    app = await shop.application()
    result = await shop.send(app, await shop.subscriptions(app, 5))
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    outcomes: list[Outcome] = [
        Accepted("projects/p/messages/1"),
        Rejected("Unregistered", subscription_code=-10),
        Deferred("ServiceUnavailable", retry_after=60),
        Unknown("timeout"),
        NotAttempted(retry_after=30),
    ]
    await shop.settle(worker, chunk, outcomes)
    rows = {row["id"]: row for row in await shop.connection.fetch("SELECT * FROM message")}
    sent, dead, deferred, unknown, waiting = (rows[id_] for id_ in result.message_ids)
    assert (sent["status"], sent["attempts"], sent["sent_at"] is not None) == (Status.SUCCESSFUL, 1, True)
    assert (dead["status"], dead["error_reason"], dead["error_details"]) == (
        Status.FAILED,
        "Unregistered",
        {"code": -10},
    )
    assert dead["failed_at"] is not None
    assert dead["sent_at"] is None
    assert (deferred["status"], deferred["error_reason"], deferred["attempts"]) == (
        Status.ERRORED,
        "ServiceUnavailable",
        1,
    )
    assert (unknown["status"], unknown["error_reason"]) == (Status.ERRORED, "unknown_outcome")
    assert (waiting["status"], waiting["attempts"]) == (Status.PENDING, 0)
    assert await shop.value("SELECT array_agg(message_id) FROM message_retry") == [deferred["id"]]
    successor = await shop.connection.fetchrow("SELECT * FROM dispatch_chunk")
    assert successor is not None
    assert successor["message_ids"] == [waiting["id"]]
    assert successor["id"] == waiting["chunk_id"]
    assert successor["not_before"] > shop.clock.now() + timedelta(seconds=28)
    assert await shop.ledger() == {"reserve": 5, "settle": 1, "release": 1}
    assert (
        await shop.value(
            "SELECT subscription_status FROM subscription WHERE id = $1", dead["subscription_id"]
        )
        == -10
    )
    event = await shop.connection.fetchrow("SELECT * FROM subscription_event")
    assert event is not None
    assert (event["event_type"], event["source"], event["reason"]) == (
        "unsubscribed",
        "provider",
        "Unregistered",
    )


async def test_mostly_failed_flushes_are_written_as_truly_as_mostly_sent_ones(shop: Workshop) -> None:
    app = await shop.application()
    result = await shop.send(app, await shop.subscriptions(app, 4))
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    outcomes: list[Outcome] = [Rejected("A"), Rejected("A"), Accepted(), Deferred("B")]
    await shop.settle(worker, chunk, outcomes)
    rows = {row["id"]: row for row in await shop.connection.fetch("SELECT * FROM message")}
    found = [
        (rows[id_]["status"], rows[id_]["sent_at"] is not None, rows[id_]["failed_at"] is not None)
        for id_ in result.message_ids
    ]
    assert found == [(2, False, True), (2, False, True), (1, True, False), (3, False, False)]


async def test_a_message_that_changed_meanwhile_keeps_its_state_and_is_counted_once(shop: Workshop) -> None:
    app = await shop.application()
    result = await shop.send(app, await shop.subscriptions(app, 2))
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    await shop.connection.execute("UPDATE message SET status = 6 WHERE id = $1", result.message_ids[0])
    await shop.settle(worker, chunk, [Accepted(), Accepted()])
    assert await shop.statuses() == {Status.CANCELED: 1, Status.SUCCESSFUL: 1}
    assert (await shop.ledger())["settle"] == 1
    assert await shop.value("SELECT array_agg(message_id) FROM sent_event") == [result.message_ids[1]]


async def test_a_token_that_was_registered_again_is_not_unsubscribed(shop: Workshop) -> None:
    app = await shop.application()
    rotated, renewed, dead = await shop.subscriptions(app, 3)
    await shop.send(app, [rotated, renewed, dead])
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    loaded = await shop.worker_store.load([chunk])
    assert {message.token_version for message in loaded.values()} == {1}
    since = (shop.clock.now() - timedelta(hours=1)).timestamp()
    later = (shop.clock.now() + timedelta(seconds=1)).timestamp()
    outcomes: dict[UUID, Outcome] = {
        rotated: Rejected("Unregistered", subscription_code=-10),
        renewed: Rejected("Unregistered", subscription_code=-10, token_invalid_since=since),
        dead: Rejected("Unregistered", subscription_code=-10, token_invalid_since=later),
    }
    original = shop.worker_store.load

    async def settle_after_rotation() -> None:
        from application.dispatch.settlement import Settled, SettlementBuilder

        messages = await original([chunk])
        await shop.connection.execute("UPDATE subscription SET token_version = 2 WHERE id = $1", rotated)
        builder = SettlementBuilder(chunk, 1, shop.clock.now(), shop.dice)
        for id_, message in messages.items():
            builder.add(Settled(chunk, message, id_, outcomes[message.subscription_id], attempted=True))
        await shop.worker_store.settle(worker, [builder.finish(True)], shop.clock.now())

    await settle_after_rotation()
    rows = await shop.connection.fetch("SELECT id, subscription_status AS s FROM subscription")
    assert {row["id"]: row["s"] for row in rows} == {rotated: 1, renewed: 1, dead: -10}


@pytest.mark.parametrize(("version", "paused"), [(3, True), (2, False)])
async def test_a_credential_fault_pauses_the_route_only_if_the_credential_is_current(
    shop: Workshop, version: int, paused: bool
) -> None:
    app = await shop.application()
    await shop.connection.execute(
        "INSERT INTO credential (application_id, provider, version, ciphertext, key_id, created_at)"
        " VALUES ($1, 'apns', 3, 'x', 'k', now())",
        app,
    )
    await shop.send(app, await shop.subscriptions(app, 2))
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    await shop.settle(worker, chunk, [CredentialFault("InvalidProviderToken", version)] * 2)
    assert bool(await shop.value("SELECT count(*) FROM channel_pause")) is paused
    assert await shop.statuses() == {Status.PENDING: 2}
    assert await shop.value("SELECT sum(n) FROM dispatch_chunk WHERE state = 0") == 2
    released = await shop.queue.release(shop.clock.now())
    assert bool(released) is not paused
    assert bool(await shop.value("SELECT count(*) FROM alert WHERE kind = 'channel_paused'")) is paused


async def test_resuming_a_route_resolves_its_alert(shop: Workshop) -> None:
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 1))
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    await shop.settle(worker, chunk, [CredentialFault("no_credential", 0)])
    assert await shop.value("SELECT count(*) FROM alert WHERE resolved_at IS NULL") == 1
    assert await PostgresPauses(shop.engine).remove(app, SubscriptionType.IOS_PUSH)
    assert await shop.value("SELECT count(*) FROM alert WHERE resolved_at IS NULL") == 0
    assert len(await shop.queue.release(shop.clock.now())) == 1


async def test_a_deferred_message_is_tried_again_and_fails_when_attempts_are_used_up(shop: Workshop) -> None:
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 1), ttl_seconds=86_400)
    worker = await shop.worker()
    for attempt in range(1, 7):
        assert await shop.deliver_everything(worker, Deferred("InternalServerError")) == 1
        assert await shop.value("SELECT attempts FROM message") == attempt
        shop.clock.shift += timedelta(minutes=20)
        await shop.queue.start_retries(shop.clock.now())
        await shop.queue.release(shop.clock.now())
    row = await shop.connection.fetchrow("SELECT * FROM message")
    assert row is not None
    assert (row["status"], row["error_reason"]) == (Status.FAILED, "InternalServerError")
    assert row["error_details"] == {"attempts_exhausted": True}
    assert await shop.ledger() == {"reserve": 1, "release": 1}
    kinds = await shop.connection.fetch("SELECT event_type FROM message_event ORDER BY id")
    assert [kind["event_type"] for kind in kinds] == [3, 3, 3, 3, 3, 2]


async def test_a_retry_that_would_come_after_expiry_fails_at_once(shop: Workshop) -> None:
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 1), ttl_seconds=30)
    await shop.deliver_everything(await shop.worker(), Deferred("TooManyRequests", retry_after=60))
    assert await shop.statuses() == {Status.FAILED: 1}


async def test_the_same_flush_settled_twice_counts_once(shop: Workshop) -> None:
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 2))
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    for _ in range(2):
        await shop.settle(worker, chunk, [Accepted()] * 2, complete=False)
    assert (await shop.ledger())["settle"] == 2
    assert await shop.value("SELECT count(*) FROM sent_event") == 2
