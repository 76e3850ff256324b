"""The outbox: events that were written in the transaction that caused them, waiting to be published."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import CONNECTION_ERRORS, committing
from adapters.postgres.engine import raw_connection
from adapters.postgres.sent_batches import sent_payload
from application.ports.event_stream import EVENTS_PER_ROW, OutboxRow
from application.ports.event_stream import OutgoingEvent as OutgoingEvent
from application.ports.receipts import EventLine
from domain.messaging.event import MessageEventType
from domain.shared.channels import SubscriptionType
from domain.shared.errors import Unavailable
from domain.webhooks.event_types import filters_that_match, type_of

_INSERT = """
INSERT INTO outbox (application_id, kind, payload, created_at)
SELECT a, k, p, $4 FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS row (a, k, p, n) ORDER BY n
"""
_OLDEST = """
SELECT id, application_id, kind, payload, chunk_id, fence, flush, part, created_at FROM outbox ORDER BY id LIMIT $1
"""
_BATCHES = """
SELECT * FROM sent_batch WHERE chunk_id = ANY($1::uuid[]) AND chunk_id BETWEEN $2 AND $3
"""

_LISTENING = """
SELECT id, application_id, event_types, is_active FROM webhook_endpoint WHERE application_id = ANY($1::uuid[])
"""
_OWE = """
WITH told AS (
    INSERT INTO webhook_event (id, application_id, type, payload, created_at) VALUES (uuidv7(), $1, $2, $3, $4)
    RETURNING id)
INSERT INTO webhook_delivery (endpoint_id, event_id, next_at)
SELECT e.id, told.id, now() FROM told, unnest($5::uuid[]) AS owed (id)
JOIN webhook_endpoint e ON e.id = owed.id
"""


def outbox_rows(events: Iterable[OutgoingEvent]) -> list[tuple[UUID, str, str]]:
    """(application, kind, JSON array of at most 200 events) per row, in the order of the events."""
    grouped: _Grouped = {}
    for event in events:
        grouped.setdefault((event.application_id, event.kind), []).append(_line(event))
    return _rows(grouped)


def _rows(grouped: _Grouped) -> list[tuple[UUID, str, str]]:
    return [
        (application_id, kind.wire, msgspec.json.encode(lines[at : at + EVENTS_PER_ROW]).decode())
        for (application_id, kind), lines in grouped.items()
        for at in range(0, len(lines), EVENTS_PER_ROW)
    ]


class _Line(msgspec.Struct, gc=False):
    """An event as its receivers read it; the metadata is JSON already."""

    id: UUID
    message_id: UUID
    subscription_id: UUID
    subscription_type: str
    type: str
    occurred_at: datetime
    reason: str | None
    metadata: msgspec.Raw


_Grouped = dict[tuple[UUID, MessageEventType], list[_Line]]
_EMPTY = msgspec.Raw(b"{}")
_KIND_NAMES = {kind: kind.wire for kind in MessageEventType}
_TYPE_NAMES = {type_: type_.wire for type_ in SubscriptionType}


def _line(event: OutgoingEvent) -> _Line:
    moment = event.occurred_at
    return _Line(
        event.id,
        event.message_id,
        event.subscription_id,
        event.type.wire,
        event.kind.wire,
        moment if moment.tzinfo is UTC else moment.astimezone(UTC),
        event.reason,
        msgspec.Raw(event.metadata.encode()) if event.metadata else _EMPTY,
    )


async def write_outbox(connection: asyncpg.Connection, events: Iterable[OutgoingEvent], now: datetime) -> int:
    """Insert the events into the outbox, in the caller's transaction; answer the number of rows.

    The caller leaves out the events of applications that want none.
    """
    return await _insert(connection, outbox_rows(events), now)


async def write_receipt_outbox(
    connection: asyncpg.Connection,
    told: Iterable[tuple[EventLine, str | None]],
    wanting: Container[UUID],
    now: datetime,
) -> int:
    """The same for receipts with their metadata as JSON, of which there are too many to make events of them first.

    `wanting`: the applications that want events.
    """
    grouped: _Grouped = {}
    for line, metadata in told:
        message, kind, moment = line.message, line.event_type, line.occurred_at
        group = grouped.get((message.application_id, kind))
        if group is None:
            if message.application_id not in wanting:
                continue
            group = grouped[message.application_id, kind] = []
        group.append(
            _Line(
                line.event_id,
                message.id,
                message.subscription_id,
                _TYPE_NAMES[message.type],
                _KIND_NAMES[kind],
                moment if moment.tzinfo is UTC else moment.astimezone(UTC),
                line.item.reason,
                msgspec.Raw(metadata.encode()) if metadata else _EMPTY,
            )
        )
    return await _insert(connection, _rows(grouped), now)


async def _insert(
    connection: asyncpg.Connection, rows: Sequence[tuple[UUID, str, str]], now: datetime
) -> int:
    if rows:
        await connection.execute(
            _INSERT, [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows], now
        )
    return len(rows)


async def applications_wanting_events(
    connection: asyncpg.Connection, application_ids: Sequence[UUID]
) -> set[UUID]:
    """Those of the applications whose setting `events_enabled` is on, which is the default."""
    rows = await connection.fetch(
        "SELECT id FROM application WHERE id = ANY($1::uuid[])"
        " AND coalesce((settings ->> 'events_enabled')::boolean, true)",
        application_ids,
    )
    return {row["id"] for row in rows}


class PostgresOutbox:
    """Implements `application.ports.event_stream.Outbox`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def oldest(self, limit: int) -> Sequence[OutboxRow]:
        """Raise Unavailable when PostgreSQL cannot be reached."""
        try:
            async with raw_connection(self._engine) as connection:
                rows = await connection.fetch(_OLDEST, limit)
                chunks = sorted({row["chunk_id"] for row in rows if row["chunk_id"] is not None})
                batches = await connection.fetch(_BATCHES, chunks, chunks[0], chunks[-1]) if chunks else []
        except CONNECTION_ERRORS as error:
            raise Unavailable("the database is away") from error
        payloads = {_key(batch): batch for batch in batches}
        return [
            OutboxRow(
                row["id"],
                row["application_id"],
                row["kind"],
                row["payload"] if row["chunk_id"] is None else sent_payload(payloads[_key(row)]),
                row["created_at"],
            )
            for row in rows
        ]

    async def hand_on(self, rows: Sequence[OutboxRow]) -> None:
        """Raise Unavailable when PostgreSQL cannot be reached."""
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            # By id, never "up to": a transaction with a lower id may commit later. What somebody else removed is theirs.
            gone = await connection.fetch(
                "DELETE FROM outbox WHERE id = ANY($1::bigint[]) RETURNING id", [row.id for row in rows]
            )
            ids = {row["id"] for row in gone}
            await owe_webhooks(connection, [row for row in rows if row.id in ids])


async def owe_webhooks(connection: asyncpg.Connection, rows: Sequence[OutboxRow]) -> None:
    """Keep the rows of applications that have endpoints, and owe them to those that listen; in the caller's transaction."""
    listening = await connection.fetch(_LISTENING, sorted({row.application_id for row in rows}))
    by_application: dict[UUID, list[asyncpg.Record]] = {}
    for endpoint in listening:
        by_application.setdefault(endpoint["application_id"], []).append(endpoint)
    for row in rows:
        endpoints = by_application.get(row.application_id)
        if endpoints is None:
            continue
        event_type = type_of(row.kind)
        matching = set(filters_that_match(event_type))
        owed = [one["id"] for one in endpoints if one["is_active"] and matching & set(one["event_types"])]
        await connection.execute(_OWE, row.application_id, event_type, row.payload, row.created_at, owed)


def _key(row: asyncpg.Record) -> tuple[object, ...]:
    return row["chunk_id"], row["fence"], row["flush"], row["part"]
