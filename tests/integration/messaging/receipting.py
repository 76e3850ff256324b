"""Giving receipts in tests: a device's word on messages, recorded in PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

from adapters.postgres.early_receipts import PostgresEarlyReceipts
from adapters.postgres.receipts import PostgresReceipts
from application.messaging.apply_early_receipts import ApplyEarlyReceipts
from application.messaging.receipt_plan import Verdict
from application.messaging.record_receipts import Receipt, RecordReceipts
from domain.messaging.event import MessageEventType, Source
from tests.integration.messaging.rows import Message, Rows

SENT, FAILED, RECEIVED, CONVERTED, CLICKED = (
    MessageEventType.SENT,
    MessageEventType.FAILED,
    MessageEventType.RECEIVED,
    MessageEventType.CONVERTED,
    MessageEventType.CLICKED,
)


def recorder(rows: Rows) -> RecordReceipts:
    return RecordReceipts(PostgresReceipts(rows.engine, rows.clock, rows.ids), rows.clock)


def early(rows: Rows) -> ApplyEarlyReceipts:
    receipts = PostgresReceipts(rows.engine, rows.clock, rows.ids)
    return ApplyEarlyReceipts(PostgresEarlyReceipts(rows.engine), receipts, rows.clock)


def receipt(message: Message, kind: MessageEventType, **changes: object) -> Receipt:
    values: dict[str, object] = {
        "id": None,
        "message_id": message.id,
        "subscription_id": message.subscription_id,
        "event_type": kind,
        "occurred_at": datetime.now(UTC),
        **changes,
    }
    return Receipt(**values)  # type: ignore[arg-type]


async def record(rows: Rows, message: Message, *kinds: MessageEventType, **changes: object) -> list[Verdict]:
    return await recorder(rows)(
        message.application_id, [receipt(message, kind, **changes) for kind in kinds], Source.SDK
    )


async def counters(rows: Rows, message: Message) -> tuple[int, int, bool]:
    row = await rows.connection.fetchrow(
        "SELECT total_messages_received AS r, total_messages_converted AS c, last_active_at AS at"
        " FROM subscription WHERE id = $1",
        message.subscription_id,
    )
    return row["r"], row["c"], row["at"] is not None
