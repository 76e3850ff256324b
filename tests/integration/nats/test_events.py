"""Message events out: from the outbox into the stream, at least once, none lost while NATS is away."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import nats.js.errors
import pytest
from nats.aio.client import Client

from adapters.jetstream.events import JetStreamEventStream, documents
from adapters.postgres.engine import raw_connection
from adapters.postgres.outbox import PostgresOutbox, outbox_rows, write_outbox
from application.messaging.publish_events import PublishEvents
from application.ports.event_stream import EVENTS_PER_ROW, OutboxRow, OutgoingEvent
from domain.messaging.event import MessageEventType
from domain.shared.channels import SubscriptionType
from tests.integration.messaging.rows import Ids, Rows

IDS = Ids()


def outgoing(application_id: object, kind: MessageEventType = MessageEventType.SENT) -> OutgoingEvent:
    return OutgoingEvent(
        application_id=application_id,  # type: ignore[arg-type]
        kind=kind,
        id=IDS.one(),
        message_id=IDS.one(),
        subscription_id=IDS.one(),
        type=SubscriptionType.IOS_PUSH,
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
        reason='say "hi"',
        metadata='{"attempt":1}',
    )


async def fill(rows: Rows, events: list[OutgoingEvent]) -> None:
    async with raw_connection(rows.engine) as connection:
        await write_outbox(connection, events, rows.clock.now())


async def read(client: Client, prefix: str, subject: str) -> list[dict[str, object]]:
    """Everything that the stream holds on a subject."""
    subscription = await client.jetstream().pull_subscribe(
        f"{prefix}signal.events.{subject}", stream=f"{prefix}signal_events"
    )
    messages = await subscription.fetch(100, timeout=2)
    await subscription.unsubscribe()
    return [json.loads(message.data) for message in messages]


async def test_events_reach_the_subject_of_their_application_and_kind(
    rows: Rows, client: Client, stream_prefix: str
) -> None:
    """Versioned envelopes on signal.events.<application>.<kind>; the outbox is empty afterwards."""
    application, other = IDS.many(2)
    stream = JetStreamEventStream(client, prefix=stream_prefix)
    await stream.ensure()
    events = [outgoing(application), outgoing(application), outgoing(other)]
    failed = outgoing(application, MessageEventType.FAILED)
    await fill(rows, [*events, failed])
    assert await PublishEvents(PostgresOutbox(rows.engine), stream)() == 3
    assert await rows.count("outbox") == 0
    (sent,) = await read(client, stream_prefix, f"{application}.sent")
    assert (sent["v"], sent["application_id"], sent["kind"]) == (1, str(application), "sent")
    assert sent["events"][0] == {  # type: ignore[index]
        "id": str(events[0].id),
        "message_id": str(events[0].message_id),
        "subscription_id": str(events[0].subscription_id),
        "subscription_type": "iOSPush",
        "type": "sent",
        "occurred_at": "2026-01-01T00:00:00Z",
        "reason": 'say "hi"',
        "metadata": {"attempt": 1},
    }
    assert len(await read(client, stream_prefix, f"{application}.failed")) == 1
    assert len(await read(client, stream_prefix, f"{other}.*")) == 1


async def test_rows_are_bounded_and_keep_the_order() -> None:
    """451 events of one kind become rows of 200, 200 and 51, in their order."""
    application = IDS.one()
    events = [outgoing(application) for _ in range(2 * EVENTS_PER_ROW + 51)]
    rows_ = outbox_rows(events)
    assert [len(json.loads(payload)) for _, _, payload in rows_] == [200, 200, 51]
    assert [one["id"] for _, _, payload in rows_ for one in json.loads(payload)] == [
        str(e.id) for e in events
    ]


async def test_a_published_row_that_was_not_removed_is_not_stored_twice(
    rows: Rows, client: Client, stream_prefix: str
) -> None:
    """A crash between publishing and removing repeats the row; the stream knows it."""
    application = IDS.one()
    stream = JetStreamEventStream(client, prefix=stream_prefix)
    await stream.ensure()
    await fill(rows, [outgoing(application)])
    outbox = PostgresOutbox(rows.engine)
    waiting = await outbox.oldest(10)
    assert await stream.publish(waiting) == [waiting[0].id]
    assert await PublishEvents(outbox, stream)() == 1
    assert len(await read(client, stream_prefix, f"{application}.*")) == 1


async def test_nothing_is_removed_while_the_stream_is_missing(
    rows: Rows, client: Client, stream_prefix: str
) -> None:
    """The stream was wiped: the rows stay, the stream is made anew, and the next call publishes them."""
    application = IDS.one()
    stream = JetStreamEventStream(client, prefix=stream_prefix)
    publish = PublishEvents(PostgresOutbox(rows.engine), stream)
    await fill(rows, [outgoing(application)])
    assert await publish() == 0
    assert await rows.count("outbox") == 1
    assert await publish() == 1
    assert len(await read(client, stream_prefix, f"{application}.*")) == 1


async def test_one_call_publishes_a_bounded_number_of_rows(
    rows: Rows, client: Client, stream_prefix: str
) -> None:
    """Ten rows, three at a time, in their order."""
    stream = JetStreamEventStream(client, prefix=stream_prefix)
    await stream.ensure()
    applications = IDS.many(10)
    await fill(rows, [outgoing(application) for application in applications])
    publish = PublishEvents(PostgresOutbox(rows.engine), stream)
    assert [await publish(3) for _ in range(5)] == [3, 3, 3, 1, 0]
    envelopes = await read(client, stream_prefix, ">")
    assert [envelope["application_id"] for envelope in envelopes] == [str(one) for one in applications]


@pytest.mark.parametrize("limit", [1_500, 700, 400])
def test_a_row_larger_than_a_nats_message_travels_in_pieces(limit: int) -> None:
    """Every event arrives once, in order; only one that cannot fit loses its metadata, and says so."""
    events = [outgoing(IDS.one()) for _ in range(8)]
    for event in events:
        event.application_id = events[0].application_id
    events[5].metadata = json.dumps({"x": "y" * 2_000})
    ((application, kind, payload),) = outbox_rows(events)
    pieces = [
        json.loads(piece)
        for piece in documents(OutboxRow(1, application, kind, payload, datetime.now(UTC)), limit)
    ]
    arrived = [event for piece in pieces for event in piece["events"]]
    assert [event["id"] for event in arrived] == [str(event.id) for event in events]
    assert [event.get("metadata_dropped", False) for event in arrived][5]
    assert len(pieces) > 1


async def test_the_stream_is_bounded(client: Client, stream_prefix: str) -> None:
    """A week and a size, the oldest go first; making it twice, with another size, is no error."""
    await JetStreamEventStream(client, prefix=stream_prefix).ensure()
    await JetStreamEventStream(client, prefix=stream_prefix, max_bytes=2**20).ensure()
    config = (await client.jetstream().stream_info(f"{stream_prefix}signal_events")).config
    assert (config.max_age, config.max_bytes) == (7 * 86_400, 2**20)
    with pytest.raises(nats.js.errors.NotFoundError):
        await client.jetstream().stream_info(f"{stream_prefix}nothing")
