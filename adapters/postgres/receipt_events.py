"""The events that receipts are: each written once, and published by the transaction that wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from adapters.postgres.engine import to_json
from adapters.postgres.outbox import applications_wanting_events, write_receipt_outbox
from adapters.postgres.partitions import leaves
from application.ports.receipts import EventLine

_EVENT_COLUMNS = ("id", "message_id", "occurred_at", "event_type", "source", "reason", "metadata")
_EVENTS = """
INSERT INTO message_event (id, message_id, occurred_at, event_type, source, reason, metadata)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::smallint[], $5::smallint[], $6::text[], $7::jsonb[])
ON CONFLICT (message_id, id) DO NOTHING RETURNING id
"""


async def write_events(
    connection: asyncpg.Connection, lines: Sequence[EventLine], now: datetime, *, trusting: bool = True
) -> list[EventLine]:
    """Write events once each; only those that are new are published and answered."""
    told = [(line, text) for line, text in zip(lines, _texts(lines), strict=True)]
    fresh = [one for one in told if one[0].first] if trusting else []
    others = [one for one in told if not one[0].first] if trusting else told
    await _copy_events(connection, fresh)
    if others:
        rows = await connection.fetch(_EVENTS, *map(list, zip(*map(_row, others), strict=True)))
        new = {row["id"] for row in rows}
        fresh += {one[0].event_id: one for one in others if one[0].event_id in new}.values()
    if not fresh:
        return []
    applications = dict.fromkeys(line.message.application_id for line, _ in fresh)
    wanting = await applications_wanting_events(connection, sorted(applications))
    await write_receipt_outbox(connection, fresh, wanting, now)
    return [line for line, _ in fresh]


_Told = tuple[EventLine, str | None]
"""An event and its metadata as JSON."""


def _texts(lines: Sequence[EventLine]) -> Iterator[str | None]:
    """Made once where neighbours share it."""
    before: object = None
    text: str | None = None
    for line in lines:
        metadata = line.item.metadata
        if metadata is not before:
            before, text = metadata, to_json(metadata) if metadata else None
        yield text


def _row(told: _Told) -> tuple[object, ...]:
    line, text = told
    item = line.item
    return line.event_id, line.message.id, line.occurred_at, line.event_type, item.source, item.reason, text


async def _copy_events(connection: asyncpg.Connection, told: list[_Told]) -> None:
    """COPY writes a page at a time, where INSERT … ON CONFLICT looks for every row and logs it twice."""
    told.sort(key=_about)
    start = 0
    for leaf, some in leaves("message_event", [_about(one) for one in told]):
        records = list(map(_row, told[start : start + len(some)]))
        start += len(some)
        await connection.copy_records_to_table(leaf, columns=_EVENT_COLUMNS, records=records)


def _about(told: _Told) -> UUID:
    return told[0].message.id
