"""Messages, read: one by id, its events, and lists that walk the primary key downwards within a budget."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import CONNECTION_ERRORS
from adapters.postgres.engine import raw_connection
from adapters.postgres.sent_batches import read_sent
from application.ports.messages import MessageEventView, MessageFilter, MessageView, ScanResult, fields_of
from domain.messaging.event import MessageEventType, Source
from domain.messaging.lifecycle import Status
from domain.shared.channels import Channel, Lane, SubscriptionType
from domain.shared.errors import Unavailable
from domain.shared.json_values import Json

_COLUMNS = (
    "m.id, m.application_id, m.subscription_id, m.user_id, m.campaign_id, m.parent_message_id, m.status, m.channel,"
    " m.type, m.lane, m.source, m.attempts, m.send_at, m.expires_at, m.sent_at, m.received_at, m.converted_at, m.failed_at,"
    " m.canceled_at, m.error_reason, m.error_details::text AS error_details, m.content_id,"
    " m.variables"
)
_READ = f"SELECT {_COLUMNS} FROM message m WHERE m.id = $1 AND m.application_id = $2"  # noqa: S608 - constants
_EVENTS = """
SELECT id, message_id, event_type, occurred_at, source, reason, metadata::text AS metadata FROM message_event
WHERE message_id = $1 ORDER BY occurred_at, event_type, id
"""
# The inner limit bounds the rows looked at; the outer one stops the scan as soon as the page is full.
_SCAN = f"""
SELECT {_COLUMNS} FROM (
    SELECT * FROM message WHERE id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3
) m WHERE m.application_id = $4 AND {{conditions}} ORDER BY m.id DESC LIMIT $5
"""  # noqa: S608 - constants; the conditions are fixed column names and parameters
_HORIZON = """
SELECT count(*) AS scanned, (array_agg(id ORDER BY id))[1] AS lowest FROM (
    SELECT id FROM message WHERE id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3
) seen
"""
_CONTENTS = """
SELECT id, body::text AS body, template::text AS template, topic FROM content
WHERE id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3
"""
_LAST = UUID(int=2**128 - 1)


class PostgresMessages:
    """Implements `application.ports.messages.Messages` on the hot engine, whose plans walk indexes."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def read(self, application_id: UUID, message_id: UUID) -> MessageView | None:
        try:
            async with raw_connection(self._engine) as connection:
                row = await connection.fetchrow(_READ, message_id, application_id)
                if row is None:
                    return None
                contents = await _contents(connection, [row])
        except CONNECTION_ERRORS as error:
            raise Unavailable("the database is away") from error
        return _view(row, contents)

    async def events(self, message_id: UUID) -> Sequence[MessageEventView]:
        try:
            async with raw_connection(self._engine) as connection:
                rows = await connection.fetch(_EVENTS, message_id)
                sent = await read_sent(connection, message_id)
        except CONNECTION_ERRORS as error:
            raise Unavailable("the database is away") from error
        events = [
            MessageEventView(
                row["id"],
                row["message_id"],
                MessageEventType(row["event_type"]),
                row["occurred_at"],
                Source(row["source"]),
                row["reason"],
                json.loads(row["metadata"]) if row["metadata"] else {},
            )
            for row in rows
        ]
        if sent is not None:
            events.append(sent)
            events.sort(key=lambda event: (event.occurred_at, event.event_type, event.id))
        return events

    async def scan(
        self, application_id: UUID, wanted: MessageFilter, *, below: UUID | None, limit: int, budget: int
    ) -> ScanResult:
        upper = min(below or _LAST, _first_at(wanted.created_before, _LAST))
        lower = _first_at(wanted.created_after, UUID(int=0))
        conditions, values = _conditions(wanted, first=6)
        try:
            async with raw_connection(self._engine) as connection:
                rows = await connection.fetch(
                    _SCAN.format(conditions=conditions), upper, lower, budget, application_id, limit, *values
                )
                full = len(rows) == limit
                (horizon,) = await connection.fetch(
                    _HORIZON, upper, rows[-1]["id"] if full else lower, budget
                )
                contents = await _contents(connection, rows)
        except CONNECTION_ERRORS as error:
            raise Unavailable("the database is away") from error
        items = [_view(row, contents) for row in rows]
        if full:
            return ScanResult(items, rows[-1]["id"], horizon["scanned"])
        return ScanResult(
            items, horizon["lowest"] if horizon["scanned"] == budget else None, horizon["scanned"]
        )


def _conditions(wanted: MessageFilter, *, first: int) -> tuple[str, list[object]]:
    """SQL over fixed column names and its parameters, numbered from `first`; a filter's value is never SQL."""
    pairs = (
        ("status", wanted.status),
        ("channel", wanted.channel_type),
        ("type", wanted.type),
        ("subscription_id", wanted.subscription_id),
        ("user_id", wanted.user_id),
        ("campaign_id", wanted.campaign_id),
    )
    given = [(column, value) for column, value in pairs if value is not None]
    texts = [f"m.{column} = ${number}" for number, (column, _) in enumerate(given, first)]
    values: list[object] = [int(value) if isinstance(value, int) else value for _, value in given]
    return " AND ".join(texts) or "true", values


def _first_at(moment: datetime | None, otherwise: UUID) -> UUID:
    """The smallest UUIDv7 of this millisecond."""
    if moment is None:
        return otherwise
    milliseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return UUID(int=min(max(milliseconds, 0), 2**48 - 1) << 80)


async def _contents(
    connection: asyncpg.Connection, rows: Sequence[asyncpg.Record]
) -> dict[UUID, asyncpg.Record]:
    ids = sorted({row["content_id"] for row in rows})
    if not ids:
        return {}
    found = await connection.fetch(_CONTENTS, ids, ids[0], ids[-1])
    return {row["id"]: row for row in found}


def _view(row: asyncpg.Record, contents: dict[UUID, asyncpg.Record]) -> MessageView:
    kept = contents.get(row["content_id"])
    content: dict[str, Json] = {} if kept is None else json.loads(kept["body"])
    return MessageView(
        id=row["id"],
        application_id=row["application_id"],
        subscription_id=row["subscription_id"],
        user_id=row["user_id"],
        campaign_id=row["campaign_id"],
        content_id=row["content_id"],
        parent_message_id=row["parent_message_id"],
        status=Status(row["status"]),
        channel_type=Channel(row["channel"]),
        type=SubscriptionType(row["type"]),
        lane=Lane(row["lane"]),
        source=Source(row["source"]),
        attempts=row["attempts"],
        **fields_of(content),
        template=None if kept is None or kept["template"] is None else json.loads(kept["template"]),
        topic=None if kept is None else kept["topic"],
        variables=row["variables"],
        created_at=_made_at(row["id"]),
        send_at=row["send_at"],
        expires_at=row["expires_at"],
        sent_at=row["sent_at"],
        received_at=row["received_at"],
        converted_at=row["converted_at"],
        failed_at=row["failed_at"],
        canceled_at=row["canceled_at"],
        error_reason=row["error_reason"],
        error_details=json.loads(row["error_details"]) if row["error_details"] else None,
    )


def _made_at(id_: UUID) -> datetime:
    """The time part of a UUIDv7 (RFC 9562 section 5.7)."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=id_.int >> 80)
