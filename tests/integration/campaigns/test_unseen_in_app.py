"""In-app messages that nobody saw by their end: failed with -72, once, and every count of them agrees."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest_asyncio

from adapters.postgres.analytics import PostgresAnalytics
from adapters.postgres.receipts import PostgresReceipts
from application.messaging.record_receipts import Receipt, RecordReceipts
from domain.messaging.event import MessageEventType, Source
from domain.messaging.lifecycle import Status
from domain.messaging.outcome import Accepted
from tests.integration.campaigns.world import CampaignWorld, open_world

IN_APP = 6
CONTENT = {"in_app": {"v": 1, "layout": "modal", "content": {"title": "Sale"}}}
AN_HOUR, LATE = timedelta(hours=1), timedelta(minutes=6)


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[CampaignWorld]:
    async with open_world(database_url) as opened:
        yield opened


async def launched(world: CampaignWorld, people: int) -> tuple[UUID, UUID]:
    """(application, campaign): delivered to the inboxes of so many, to be seen within an hour."""
    app = await world.application()
    await world.subscriptions(app, people, type_=IN_APP)
    campaign = await world.draft(app, title=None, content=CONTENT)
    await world.launch(app, campaign)
    await world.run(Accepted(open_until=world.clock.now() + AN_HOUR))
    return app, campaign


async def tell(
    world: CampaignWorld, app: UUID, message: UUID, kind: MessageEventType, **said: object
) -> None:
    """The device says so now."""
    record = RecordReceipts(PostgresReceipts(world.engine, world.clock, world.ids), world.clock)
    owner = await world.value("SELECT subscription_id FROM message WHERE id = $1", message)
    receipt = Receipt(None, message, UUID(str(owner)), kind, world.clock.now(), metadata=said)  # type: ignore[arg-type]
    await record(app, [receipt], Source.SDK)


async def test_what_nobody_saw_fails_and_every_count_agrees(world: CampaignWorld) -> None:
    """Of three one is displayed in time: two fail at the end, charged as sent; campaign and figures say so at once."""
    app, campaign = await launched(world, 3)
    rows = await world.connection.fetch("SELECT id FROM message ORDER BY id")
    seen, *unseen = [row["id"] for row in rows]
    await tell(world, app, seen, MessageEventType.DISPLAYED)
    await world.connection.execute("UPDATE campaign_batch SET recount_at = NULL")
    world.clock.shift = AN_HOUR
    assert await world.queue.expire_receipts(world.clock.now()) == 0, (
        "devices may still tell what they showed"
    )
    world.clock.shift = AN_HOUR + LATE
    assert await world.queue.expire_receipts(world.clock.now()) == 2
    assert await world.queue.expire_receipts(world.clock.now()) == 0
    assert await world.statuses() == {Status.RECEIVED: 1, Status.FAILED: 2}
    row = await world.connection.fetchrow("SELECT * FROM message WHERE id = $1", unseen[0])
    assert row is not None
    assert (row["error_reason"], row["error_details"]) == ("expired", {"code": -72})
    told = await world.connection.fetch("SELECT metadata FROM message_event WHERE event_type = 2")
    assert [row["metadata"] for row in told] == [{"code": -72}] * 2
    assert await world.ledger() == {"reserve": 3, "settle": 3}
    await world.keep_moving()
    counts = await world.value(
        "SELECT ARRAY[successful_count, failed_count] FROM campaign WHERE id = $1", campaign
    )
    assert counts == [1, 2]
    while await world.queue.fold():
        pass
    assert (await PostgresAnalytics(world.control).recount(app)).mismatches == []


async def test_whoever_tells_of_it_too_late_is_written_down_and_changes_nothing(world: CampaignWorld) -> None:
    """Failed is final: an impression of after the sweep is history, the conversion, too, and the figures still agree."""
    app, _ = await launched(world, 1)
    message = UUID(str(await world.value("SELECT id FROM message")))
    world.clock.shift = AN_HOUR + LATE
    await world.queue.expire_receipts(world.clock.now())
    await tell(world, app, message, MessageEventType.DISPLAYED)
    await tell(world, app, message, MessageEventType.CONVERTED)
    assert await world.statuses() == {Status.FAILED: 1}
    kinds = await world.connection.fetch("SELECT event_type FROM message_event ORDER BY occurred_at")
    assert [row["event_type"] for row in kinds] == [2, 8, 6]
    assert (await PostgresAnalytics(world.control).recount(app)).mismatches == []


async def test_a_send_that_only_a_receipt_proves_is_watched_by_its_time_to_live(world: CampaignWorld) -> None:
    """A worker that lost its lease hands its sends on as proof: they end as well."""
    app = await world.application()
    await world.subscriptions(app, 1, type_=IN_APP)
    campaign = await world.draft(app, title=None, content=CONTENT)
    await world.launch(app, campaign)
    await world.fan_out_all()
    (message,) = [row["id"] for row in await world.connection.fetch("SELECT id FROM message")]
    record = RecordReceipts(PostgresReceipts(world.engine, world.clock, world.ids), world.clock)
    await record.confirm_sends([message])
    ends = await world.value("SELECT expires_at FROM message")
    assert await world.value("SELECT due_at - $1 FROM receipt_watch", ends) == timedelta(minutes=5)


async def test_a_device_without_room_is_left_alone_after_three_days_of_it(world: CampaignWorld) -> None:
    """One message that finds no room at three starts, over three days: -73; the same start told twice counts once; a week
    later the device is tried again."""
    app, _ = await launched(world, 1)
    message = UUID(str(await world.value("SELECT id FROM message")))

    async def status() -> object:
        return await world.value("SELECT subscription_status FROM subscription")

    for days in (0, 0, 1):
        world.clock.shift = timedelta(days=days)
        await tell(world, app, message, MessageEventType.FAILED, code=-73)
    assert await world.value("SELECT n FROM soft_fault") == 2
    assert (await status(), await world.statuses()) == (1, {Status.SUCCESSFUL: 1})
    world.clock.shift = timedelta(days=3, seconds=1)
    await tell(world, app, message, MessageEventType.FAILED, code=-73)
    assert await status() == -73
    await world.queue.tidy(world.clock.now() + timedelta(days=6))
    assert await status() == -73
    await world.queue.tidy(world.clock.now() + timedelta(days=7, seconds=1))
    assert await status() == 1
