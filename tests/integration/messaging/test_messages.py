"""Reading messages on PostgreSQL: everything about one, and lists that look at a bounded number of rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.postgres.messages import PostgresMessages
from adapters.postgres.receipts import PostgresReceipts
from application.messaging.list_messages import ListMessages
from application.messaging.read_message import ReadMessage
from application.messaging.record_receipts import Receipt, RecordReceipts
from application.ports.messages import MessageFilter
from domain.messaging.event import MessageEventType, Source
from domain.messaging.lifecycle import Status
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import InvalidInput, NotFound
from tests.accepting import rendered
from tests.integration.messaging.rows import Rows, id_at


def reader(rows: Rows) -> ReadMessage:
    return ReadMessage(PostgresMessages(rows.engine), rendered())


def lister(rows: Rows, budget: int = 20_000) -> ListMessages:
    return ListMessages(PostgresMessages(rows.engine), rendered(), scan_budget=budget)


async def test_a_message_is_read_with_its_content_and_history(rows: Rows) -> None:
    """Title, body, data and content, the derived creation, events in order and the versions they led to."""
    message = await rows.message(title="안녕")
    record = RecordReceipts(PostgresReceipts(rows.engine, rows.clock, rows.ids), rows.clock)
    await rows.connection.execute(
        "INSERT INTO message_event (id, message_id, occurred_at, event_type, source, metadata)"
        " VALUES ($1, $2, now(), 1, 1, '{\"attempt\": 1}')",
        rows.ids.one(),
        message.id,
    )
    # The device's clock is behind: the tap seems to come before the send.
    before = datetime.now(UTC) - timedelta(minutes=1)
    for kind in (MessageEventType.CONVERTED, MessageEventType.CLICKED):
        await record(
            message.application_id,
            [Receipt(None, message.id, message.subscription_id, kind, before)],
            Source.SDK,
        )
    view = await reader(rows)(message.application_id, message.id)
    assert (view.title, view.body, view.data) == ("안녕", "World", {"a": {"b": 1}})
    assert view.content["title"] == "안녕"
    assert (view.status, view.channel_type, view.type) == (
        Status.CONVERTED,
        Channel.PUSH,
        SubscriptionType.IOS_PUSH,
    )
    assert abs(view.created_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert view.converted_at == before
    assert [event.event_type.wire for event in view.events] == ["created", "converted", "clicked", "sent"]
    assert [(v.version, v.event.wire, v.status) for v in view.version_history] == [
        (1, "created", Status.PENDING),
        (2, "sent", Status.SUCCESSFUL),
        (3, "converted", Status.CONVERTED),
    ]
    assert view.events[3].metadata == {"attempt": 1}
    assert [len(event.version_history) for event in view.events] == [1, 1, 0, 1]


async def test_another_applications_message_does_not_exist(rows: Rows) -> None:
    """Reading with the wrong application is NotFound, as is an unknown id."""
    message = await rows.message()
    other = await rows.application()
    for application, id_ in ((other, message.id), (message.application_id, rows.ids.one())):
        with pytest.raises(NotFound):
            await reader(rows)(application, id_)


async def test_a_list_is_newest_first_and_pages_without_gaps(rows: Rows) -> None:
    """Three pages of seven messages, each once, descending, without those of another application."""
    application = await rows.application()
    messages = await rows.messages(7, application=application)
    await rows.messages(5)
    seen, cursor = [], None
    for _ in range(4):
        page = await lister(rows)(application, cursor=cursor, limit=3)
        seen += [view.id for view in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == sorted((message.id for message in messages), reverse=True)
    assert cursor is None


async def test_a_list_looks_at_no_more_rows_than_its_budget(rows: Rows) -> None:
    """A rare message behind many others: short pages with a cursor until it is found, then the end."""
    application = await rows.application()
    rare = await rows.message(application=application, status=Status.FAILED)
    await rows.messages(25, application=application)
    list_ = lister(rows, budget=10)
    wanted = MessageFilter(status=Status.FAILED)
    first = await list_(application, wanted)
    assert (list(first.items), first.scanned) == ([], 10)
    second = await list_(application, wanted, cursor=first.next_cursor)
    third = await list_(application, wanted, cursor=second.next_cursor)
    assert [view.id for view in third.items] == [rare.id]
    assert third.scanned == 6
    assert third.next_cursor is None


async def test_every_filter_filters(rows: Rows) -> None:
    """Each filter finds exactly the message that has the value."""
    application = await rows.application()
    now = datetime.now(UTC)
    old = await rows.message(application=application, made=now - timedelta(hours=3))
    new = await rows.message(application=application, status=Status.RECEIVED)
    user, campaign = rows.ids.many(2)
    await rows.connection.execute(
        "UPDATE message SET user_id = $2, campaign_id = $3, channel = 2, type = 3 WHERE id = $1",
        new.id,
        user,
        campaign,
    )
    list_ = lister(rows)
    for wanted in (
        MessageFilter(status=Status.RECEIVED),
        MessageFilter(channel_type=Channel.EMAIL),
        MessageFilter(type=SubscriptionType.EMAIL),
        MessageFilter(subscription_id=new.subscription_id),
        MessageFilter(user_id=user),
        MessageFilter(campaign_id=campaign),
        MessageFilter(created_after=now - timedelta(hours=1)),
    ):
        assert [view.id for view in (await list_(application, wanted)).items] == [new.id], wanted
    before = await list_(application, MessageFilter(created_before=now - timedelta(hours=1)))
    assert [view.id for view in before.items] == [old.id]
    assert before.items[0].title == "Hello"


@pytest.mark.parametrize("cursor", ["zzz", "AAAA", "../x", "한국"])
async def test_a_cursor_that_is_not_ours_is_refused(rows: Rows, cursor: str) -> None:
    """It names the field, and never reaches the database."""
    with pytest.raises(InvalidInput) as caught:
        await lister(rows)(rows.ids.one(), cursor=cursor)
    assert caught.value.field == "cursor"


async def test_times_outside_of_what_an_id_can_hold_are_bounds_like_any_other(rows: Rows) -> None:
    """created_before the epoch finds nothing; created_after year 1 finds everything."""
    message = await rows.message(made=datetime.now(UTC))
    list_ = lister(rows)
    ancient = datetime(1, 1, 2, tzinfo=UTC)
    assert not (await list_(message.application_id, MessageFilter(created_before=ancient))).items
    assert len((await list_(message.application_id, MessageFilter(created_after=ancient))).items) == 1
    assert id_at(datetime.now(UTC)).version == 7
