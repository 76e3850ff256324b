"""Many receipts at once: no deadlocks, nothing counted twice, few transactions, a bounded waiting room."""

from __future__ import annotations

import asyncio
import contextlib

import asyncpg

from adapters.postgres.queue_store import PostgresQueueStore
from application.messaging.receipt_gatherer import ReceiptGatherer
from application.messaging.receipt_plan import Verdict
from domain.messaging.event import MessageEventType, Source
from domain.messaging.lifecycle import Status
from domain.shared.errors import Unavailable
from tests.integration.messaging.rows import Rows
from tests.integration.messaging.test_receipts import counters, receipt, recorder

RECEIVED, CONVERTED = MessageEventType.RECEIVED, MessageEventType.CONVERTED


async def test_concurrent_receipts_in_opposite_orders_do_not_deadlock(rows: Rows) -> None:
    """Rows are locked in id order whatever the order of the receipts: all twenty callers succeed, counts are exact."""
    application = await rows.application()
    subscription = await rows.subscription(application)
    messages = await rows.messages(40, application=application, subscriptions=[subscription] * 40)
    record_ = recorder(rows)
    forwards = [receipt(message, RECEIVED) for message in messages]
    backwards = [receipt(message, CONVERTED) for message in reversed(messages)]
    await asyncio.gather(
        *(record_(application, forwards if n % 2 else backwards, Source.SDK) for n in range(20))
    )
    assert await counters(rows, messages[0]) == (40, 40, True)
    assert await rows.count("message", "status = 5") == 40
    assert await rows.count("message_event") == 80


async def test_receipts_and_due_retries_meet_without_losing_anything(rows: Rows) -> None:
    """Retries start while receipts prove the same messages sent: each is received and settled exactly once."""
    messages = await rows.messages(300, status=Status.ERRORED, retry=True)
    application = messages[0].application_id
    await rows.connection.execute("UPDATE message_retry SET due_at = now() - interval '1 second'")
    record_ = recorder(rows)
    store = PostgresQueueStore(rows.engine, rows.ids, kept_plans=rows.engine, retention_days=30)

    async def start() -> None:
        for _ in range(5):
            with contextlib.suppress(asyncpg.DeadlockDetectedError):
                await store.start_retries(rows.clock.now())

    posts = [
        record_(application, [receipt(message, RECEIVED) for message in messages[at : at + 50]], Source.SDK)
        for at in range(0, 300, 50)
    ]
    await asyncio.gather(start(), *posts)
    assert await rows.count("message", "status = 4") == 300
    assert await rows.count("message_retry") == 0
    assert await rows.moved(messages[0].reservation_id, "settle") == 300


async def test_many_devices_share_few_transactions(rows: Rows) -> None:
    """A hundred concurrent posts become a handful of commits; each device gets its own answer."""
    messages = await rows.messages(100)
    gather = ReceiptGatherer(recorder(rows))
    posts = [gather(message.application_id, [receipt(message, RECEIVED)], Source.SDK) for message in messages]
    stranger = gather(
        messages[0].application_id, [receipt(messages[0], RECEIVED, message_id=rows.ids.one())], Source.SDK
    )
    *answers, unknown = await asyncio.gather(*posts, stranger)
    await gather.close()
    assert answers == [[Verdict.ACCEPTED]] * 100
    assert unknown == [Verdict.UNKNOWN_MESSAGE]
    assert gather.gatherer.groups <= 10
    assert await rows.count("message", "status = 4") == 100


async def test_the_waiting_room_is_bounded(rows: Rows) -> None:
    """When it is full, callers are told to come back."""
    messages = await rows.messages(5)
    gather = ReceiptGatherer(recorder(rows), waiting_room=2)
    answers = await asyncio.gather(
        *(gather(m.application_id, [receipt(m, RECEIVED)], Source.SDK) for m in messages),
        return_exceptions=True,
    )
    await gather.close()
    assert sum(isinstance(answer, Unavailable) for answer in answers) == 3
