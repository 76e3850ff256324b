"""Receipts that come before their message was tried: kept, walked in bounded steps, applied or dropped."""

from __future__ import annotations

from application.messaging.receipt_plan import Verdict
from domain.messaging.lifecycle import Status
from tests.integration.messaging.receipting import (
    CONVERTED,
    RECEIVED,
    counters,
    early,
    record,
)
from tests.integration.messaging.rows import RELEASED, Rows


async def test_a_receipt_for_an_unattempted_message_waits_and_is_applied_later(rows: Rows) -> None:
    """It is kept without touching the message, and applied by the reconciler once the message is settled."""
    message = await rows.message(status=Status.PENDING, chunk=RELEASED)
    assert await record(rows, message, RECEIVED, CONVERTED) == [Verdict.ACCEPTED] * 2
    assert await record(rows, message, RECEIVED) == [Verdict.ACCEPTED]
    assert await rows.status(message) is Status.PENDING
    assert await rows.count("early_receipt") == 2
    assert await rows.count("message_event") == 0
    apply = early(rows)
    assert (await apply(10)).applied == 0
    assert await rows.count("early_receipt") == 2
    await rows.connection.execute(
        "UPDATE message SET status = 1, attempts = 1, sent_at = now() WHERE id = $1", message.id
    )
    done = await apply(10)
    assert (done.seen, done.applied, done.dropped) == (2, 2, 0)
    assert await rows.status(message) is Status.CONVERTED
    assert await rows.count("early_receipt") == 0
    assert await counters(rows, message) == (1, 1, True)


async def test_early_receipts_are_walked_in_bounded_steps(rows: Rows) -> None:
    """Receipts that cannot be applied yet do not keep later ones from being looked at."""
    messages = await rows.messages(6, status=Status.PENDING, chunk=RELEASED)
    for message in messages:
        await record(rows, message, RECEIVED)
    await rows.connection.execute("UPDATE message SET status = 1, attempts = 1 WHERE id = $1", messages[3].id)
    apply = early(rows)
    steps = [await apply(2) for _ in range(4)]
    assert sum(step.applied for step in steps) == 1
    assert all(step.seen <= 2 for step in steps)
    assert await rows.count("early_receipt") == 5


async def test_orphans_are_dropped(rows: Rows) -> None:
    """A kept receipt whose message is gone leaves the table."""
    message = await rows.message(status=Status.PENDING, chunk=RELEASED)
    await record(rows, message, RECEIVED)
    await rows.connection.execute("DELETE FROM message")
    done = await early(rows)(10)
    assert (done.seen, done.applied, done.dropped) == (1, 0, 1)
    assert await rows.count("early_receipt") == 0
