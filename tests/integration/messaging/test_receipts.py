"""Receipts on PostgreSQL: idempotent, in any order, counted once, and never about somebody else's message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.postgres.engine import open_engine, raw_connection
from adapters.postgres.partitions import ensure_partitions
from adapters.postgres.receipts import PostgresReceipts
from application.messaging.receipt_plan import Verdict
from application.messaging.record_receipts import RecordReceipts
from domain.messaging.event import Source
from domain.messaging.lifecycle import Status
from domain.shared.errors import InvalidInput, Unavailable
from tests.integration.messaging.receipting import (
    CLICKED,
    CONVERTED,
    FAILED,
    RECEIVED,
    SENT,
    counters,
    receipt,
    record,
    recorder,
)
from tests.integration.messaging.rows import LEASED, RELEASED, Message, Rows, id_at


async def test_a_received_message_is_received_counted_and_told(rows: Rows) -> None:
    """A receipt moves the message, writes one event, counts on the subscription, in statistics and in the outbox."""
    message = await rows.message()
    assert await record(rows, message, RECEIVED) == [Verdict.ACCEPTED]
    row = await rows.row(message)
    assert row["status"] == Status.RECEIVED
    assert row["received_at"] is not None
    assert await rows.event_types(message) == [RECEIVED]
    assert await counters(rows, message) == (1, 0, True)
    assert await rows.statistics(message.application_id) == {RECEIVED: 1}
    assert await rows.count("outbox", "kind = 'received'") == 1


async def test_the_same_receipt_again_changes_nothing(rows: Rows) -> None:
    """A repeated receipt is answered as accepted and leaves one event and one count."""
    message = await rows.message()
    for _ in range(3):
        assert await record(rows, message, RECEIVED, RECEIVED) == [Verdict.ACCEPTED] * 2
    assert await rows.event_types(message) == [RECEIVED]
    assert await counters(rows, message) == (1, 0, True)
    assert await rows.statistics(message.application_id) == {RECEIVED: 1}


async def test_converted_implies_received_whatever_the_order(rows: Rows) -> None:
    """Converted alone sets both times and both counters; a late received adds only its event."""
    message = await rows.message()
    await record(rows, message, CONVERTED)
    await record(rows, message, RECEIVED)
    row = await rows.row(message)
    assert row["status"] == Status.CONVERTED
    assert row["received_at"] is not None
    assert row["converted_at"] is not None
    assert sorted(await rows.event_types(message)) == [RECEIVED, CONVERTED]
    assert await counters(rows, message) == (1, 1, True)


async def test_receipts_of_one_batch_are_sorted(rows: Rows) -> None:
    """Converted listed before received ends converted, with the received time of the received receipt."""
    message = await rows.message()
    first = datetime.now(UTC) - timedelta(minutes=2)
    verdicts = await recorder(rows)(
        message.application_id,
        [receipt(message, CONVERTED), receipt(message, RECEIVED, occurred_at=first)],
        Source.SDK,
    )
    assert verdicts == [Verdict.ACCEPTED] * 2
    row = await rows.row(message)
    assert row["status"] == Status.CONVERTED
    assert row["received_at"] == first
    assert await counters(rows, message) == (1, 1, True)


async def test_a_subscription_remembers_its_last_receipts(rows: Rows) -> None:
    """The times of what was received and converted last; one that is told late, or twice, sets nothing back."""
    first, second = datetime.now(UTC) - timedelta(hours=2), datetime.now(UTC) - timedelta(hours=1)
    message = await rows.message()
    (later,) = await rows.messages(
        1, application=message.application_id, subscriptions=[message.subscription_id]
    )
    assert await last_receipts(rows, message) == (None, None)
    await record(rows, later, RECEIVED, occurred_at=second)
    assert await last_receipts(rows, message) == (second, None)
    await record(rows, message, CONVERTED, occurred_at=first)
    await record(rows, later, RECEIVED, CLICKED)
    assert await last_receipts(rows, message) == (second, first)


async def last_receipts(rows: Rows, message: Message) -> tuple[datetime | None, datetime | None]:
    row = await rows.connection.fetchrow(
        "SELECT last_received_at, last_converted_at FROM subscription WHERE id = $1", message.subscription_id
    )
    return row["last_received_at"], row["last_converted_at"]


async def test_an_attempted_errored_message_is_proven_sent(rows: Rows) -> None:
    """A receipt for an errored message drops its retry, settles its reservation and writes sent and received."""
    message = await rows.message(status=Status.ERRORED, retry=True)
    await record(rows, message, RECEIVED)
    row = await rows.row(message)
    assert row["status"] == Status.RECEIVED
    assert row["sent_at"] is not None
    assert await rows.count("message_retry") == 0
    assert await rows.moved(message.reservation_id, "settle") == 1
    assert sorted(await rows.event_types(message)) == [SENT, RECEIVED]
    assert await rows.statistics(message.application_id) == {SENT: 1, RECEIVED: 1}


async def test_a_message_in_a_leased_chunk_is_proven_sent(rows: Rows) -> None:
    """Pending, but its chunk was leased once: the receipt proves the send and settles the ledger once."""
    message = await rows.message(status=Status.PENDING, chunk=LEASED, fence=1)
    await record(rows, message, CONVERTED)
    await record(rows, message, CONVERTED)
    assert await rows.status(message) is Status.CONVERTED
    assert await rows.moved(message.reservation_id, "settle") == 1
    assert sorted(await rows.event_types(message)) == [SENT, CONVERTED]


async def test_half_of_a_split_chunk_was_leased_with_the_whole(rows: Rows) -> None:
    """A successor starts with fence 0, but its recoveries tell that its messages were under way."""
    message = await rows.message(status=Status.PENDING, chunk=RELEASED)
    await rows.connection.execute("UPDATE dispatch_chunk SET recoveries = 2")
    await record(rows, message, RECEIVED)
    assert await rows.status(message) is Status.RECEIVED
    assert await rows.count("early_receipt") == 0


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELED, Status.CONVERTED])
async def test_after_a_final_state_only_the_event_is_written(rows: Rows, status: Status) -> None:
    """The state stays, the counters stay, the event is there."""
    message = await rows.message(status=status)
    await record(rows, message, RECEIVED)
    assert await rows.status(message) is status
    assert await rows.event_types(message) == [RECEIVED]
    assert await rows.moved(message.reservation_id, "settle") == 0


async def test_strangers_learn_nothing_and_change_nothing(rows: Rows) -> None:
    """Another application's message is unknown; another subscription's or install's is not yours."""
    mine, other = await rows.application(), await rows.application()
    install, foreign = await rows.install(mine), await rows.install(mine)
    subscription = await rows.subscription(mine, install)
    stranger = await rows.subscription(mine, foreign)
    message = await rows.message(application=mine, subscriptions=[subscription])
    theirs = await rows.message(application=other)
    record_ = recorder(rows)
    verdicts = await record_(
        mine,
        [
            receipt(theirs, RECEIVED),
            receipt(message, RECEIVED, subscription_id=stranger),
            receipt(message, RECEIVED, message_id=rows.ids.one()),
        ],
        Source.SDK,
    )
    assert verdicts == [Verdict.UNKNOWN_MESSAGE, Verdict.NOT_YOURS, Verdict.UNKNOWN_MESSAGE]
    assert await record_(mine, [receipt(message, RECEIVED)], Source.SDK, install_id=foreign) == [
        Verdict.NOT_YOURS
    ]
    assert await rows.count("message_event") == 0
    assert await record_(mine, [receipt(message, RECEIVED)], Source.SDK, install_id=install) == [
        Verdict.ACCEPTED
    ]


async def test_ids_outside_the_partitions_never_reach_the_tables(rows: Rows) -> None:
    """Below the retention floor: too late. Beyond the end: unknown. Neither breaks its neighbours."""
    message = await rows.message()
    now = datetime.now(UTC)
    old, future = id_at(now - timedelta(days=400)), id_at(now + timedelta(days=400))
    verdicts = await recorder(rows)(
        message.application_id,
        [
            receipt(message, RECEIVED, message_id=old),
            receipt(message, RECEIVED, message_id=future),
            receipt(message, RECEIVED, message_id=UUID(int=2**128 - 1)),
            receipt(message, RECEIVED),
        ],
        Source.SDK,
    )
    assert verdicts == [
        Verdict.TOO_LATE,
        Verdict.UNKNOWN_MESSAGE,
        Verdict.UNKNOWN_MESSAGE,
        Verdict.ACCEPTED,
    ]
    assert await rows.count("message_event") == 1


async def test_wrong_clocks_are_moved_to_the_edge_and_kept_as_reported(rows: Rows) -> None:
    """occurred_at stays within a week before and five minutes after the present; the report is in the metadata."""
    first, second = await rows.messages(2)
    wrong = datetime(1999, 1, 1, tzinfo=UTC)
    await record(rows, first, RECEIVED, occurred_at=wrong)
    await record(rows, second, RECEIVED, occurred_at=datetime.now(UTC) + timedelta(days=3))
    look = (
        "SELECT occurred_at, metadata ->> 'reported_at' AS reported, metadata ? 'recorded_at' AS recorded"
        " FROM message_event WHERE message_id = $1"
    )
    past = await rows.connection.fetchrow(look, first.id)
    ahead = await rows.connection.fetchrow(look, second.id)
    now = datetime.now(UTC)
    assert now - timedelta(days=8) < past["occurred_at"] < now - timedelta(days=6)
    assert now < ahead["occurred_at"] <= now + timedelta(minutes=6)
    assert past["reported"] == "1999-01-01T00:00:00Z"
    assert past["recorded"]


async def test_a_providers_late_failure_fails_a_sent_message_and_a_devices_does_not(rows: Rows) -> None:
    """successful → failed only on the provider's word; the device's word is an event."""
    first, second = await rows.messages(2)
    record_ = recorder(rows)
    for message, source in ((first, Source.PROVIDER), (second, Source.SDK)):
        await record_(message.application_id, [receipt(message, FAILED, reason="bounced")], source)
    row = await rows.row(first)
    assert (row["status"], row["error_reason"]) == (Status.FAILED, "bounced")
    assert row["failed_at"] is not None
    assert await rows.status(second) is Status.SUCCESSFUL
    assert await rows.event_types(second) == [FAILED]


async def test_clicks_are_written_without_changing_the_state(rows: Rows) -> None:
    """Displayed, clicked and dismissed are history only."""
    message = await rows.message()
    await record(rows, message, CLICKED)
    assert await rows.status(message) is Status.SUCCESSFUL
    assert await rows.event_types(message) == [CLICKED]
    assert await counters(rows, message) == (0, 0, True)


async def test_a_worker_that_lost_its_lease_can_prove_sends(rows: Rows) -> None:
    """Handed-on acceptances settle messages whose chunk now waits unleased, and are idempotent."""
    messages = await rows.messages(3, status=Status.PENDING, chunk=RELEASED)
    confirm = recorder(rows).confirm_sends
    ids = [message.id for message in messages]
    assert await confirm(ids) == [Verdict.ACCEPTED] * 3
    assert await confirm(ids) == [Verdict.ACCEPTED] * 3
    assert [await rows.status(message) for message in messages] == [Status.SUCCESSFUL] * 3
    assert await rows.moved(messages[0].reservation_id, "settle") == 3
    assert await rows.event_types(messages[0]) == [SENT]


async def test_an_application_that_wants_no_events_gets_none(rows: Rows) -> None:
    """events_enabled false: nothing in the outbox, everything else as always."""
    application = await rows.application(events_enabled=False)
    message = await rows.message(application=application)
    await record(rows, message, RECEIVED)
    assert await rows.count("outbox") == 0
    assert await rows.status(message) is Status.RECEIVED


async def test_bad_metadata_is_refused_before_anything_is_stored(rows: Rows) -> None:
    """A NUL in the metadata names its field; nothing of the call is written."""
    message = await rows.message()
    with pytest.raises(InvalidInput) as caught:
        await record(rows, message, RECEIVED, metadata={"x": "a\x00b"})
    assert "events[0].metadata" in str(caught.value.field)
    assert await rows.count("message_event") == 0


async def test_callers_are_told_to_come_back_while_the_database_is_away(rows: Rows) -> None:
    """Unavailable, not a driver's error."""
    engine = open_engine("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1)
    record_ = RecordReceipts(PostgresReceipts(engine, rows.clock, rows.ids), rows.clock)
    message = await rows.message()
    with pytest.raises(Unavailable):
        await record_(message.application_id, [receipt(message, RECEIVED)], Source.SDK)
    await engine.dispose()


async def test_a_batch_over_many_days_is_recorded_in_full(rows: Rows) -> None:
    """Messages of partitions far apart are found by their own ranges."""
    async with raw_connection(rows.engine) as connection:
        await ensure_partitions(connection, datetime.now(UTC) - timedelta(days=20), 0)
    application = await rows.application()
    old = await rows.message(application=application, made=datetime.now(UTC) - timedelta(days=20))
    new = await rows.message(application=application)
    verdicts = await recorder(rows)(
        application, [receipt(new, RECEIVED), receipt(old, CONVERTED)], Source.SDK
    )
    assert verdicts == [Verdict.ACCEPTED] * 2
    assert (await rows.status(old), await rows.status(new)) == (Status.CONVERTED, Status.RECEIVED)
    assert await rows.count("message_event") == 2
