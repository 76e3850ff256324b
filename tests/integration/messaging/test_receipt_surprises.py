"""Receipts where storage is not as they expect it: a day that has no partition, an event that is there already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from adapters.postgres.engine import raw_connection
from adapters.postgres.partitions import ensure_partitions
from application.messaging.receipt_plan import Verdict
from domain.messaging.event import Source, event_id
from domain.messaging.lifecycle import Status
from tests.integration.messaging.rows import Message, Rows, id_at
from tests.integration.messaging.test_receipts import RECEIVED, counters, receipt, record, recorder


async def test_days_without_a_partition_have_no_messages(rows: Rows) -> None:
    """Whether there never was one (the installation was stopped for days) or it was dropped a moment ago: unknown, and the
    neighbours are recorded."""
    now = datetime.now(UTC)
    async with raw_connection(rows.engine) as connection:
        await ensure_partitions(connection, now - timedelta(days=20), 0)
    first, second = await rows.messages(2)
    never, dropped = id_at(now - timedelta(days=10)), id_at(now - timedelta(days=20))
    record_ = recorder(rows)

    async def verdicts(message: Message, stranger: UUID) -> list[Verdict]:
        told = [receipt(message, RECEIVED, message_id=stranger), receipt(message, RECEIVED)]
        return await record_(message.application_id, told, Source.SDK)

    assert await verdicts(first, never) == [Verdict.UNKNOWN_MESSAGE, Verdict.ACCEPTED]
    await rows.connection.execute(f"DROP TABLE message_p{now - timedelta(days=20):%Y%m%d}")
    assert await verdicts(second, dropped) == [Verdict.UNKNOWN_MESSAGE, Verdict.ACCEPTED]
    assert await rows.count("message", "status = 4") == 2


async def test_an_event_that_was_there_already_is_not_told_again(rows: Rows) -> None:
    """First events are written without looking; one that was there all the same costs a second try and nothing else."""
    message = await rows.message()
    await rows.connection.execute(
        "INSERT INTO message_event (id, message_id, occurred_at, event_type, source) VALUES ($1, $2, now(), 5, 3)",
        event_id(message.id, message.subscription_id, RECEIVED),
        message.id,
    )
    assert await record(rows, message, RECEIVED) == [Verdict.ACCEPTED]
    assert await rows.status(message) is Status.RECEIVED
    assert (await rows.count("message_event"), await rows.count("outbox")) == (1, 0)
    assert await counters(rows, message) == (1, 0, True)
