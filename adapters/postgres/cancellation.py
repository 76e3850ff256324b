"""Cancel and requeue one message: its chunk is locked first, then the message, then whatever hangs on them."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.chunk_states import HELD, LEASED
from adapters.postgres.commit import CONNECTION_ERRORS, committing
from adapters.postgres.engine import raw_connection
from adapters.postgres.outbox import applications_wanting_events, write_outbox
from adapters.postgres.receipt_writes import settle_reservations
from adapters.postgres.statistics import Counted, hour_of, insert_deltas, traits_of
from application.ports.event_stream import OutgoingEvent
from application.ports.identifiers import Identifiers
from domain.messaging.event import EVENT_OF, Source
from domain.messaging.lifecycle import Event, Status, next_status, sources
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InDelivery, NotFound, Unavailable

ATTEMPTS = 5
"""Times the message's place is looked up again when it was moved to another chunk meanwhile."""

_MESSAGE = """
SELECT id, application_id, subscription_id, chunk_id, reservation_id, status, channel, type, lane, expires_at
FROM message WHERE id = $1 AND application_id = $2
"""
_CHUNK = "SELECT id, state, message_ids FROM dispatch_chunk WHERE id = $1 FOR UPDATE"
_CANCEL = """
UPDATE message SET status = $3, canceled_at = $4
WHERE id = $1 AND status = ANY($2::smallint[]) RETURNING application_id, reservation_id
"""
_REQUEUE = """
UPDATE message SET status = $3, chunk_id = $4, error_reason = NULL, error_details = NULL
WHERE id = $1 AND status = ANY($2::smallint[]) RETURNING id
"""
_OWN_CHUNK = """
INSERT INTO dispatch_chunk (id, application_id, reservation_id, min_id, max_id, expires_at, created_at, channel,
                            type, lane, state, message_ids)
VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, ARRAY[$4::uuid])
"""
_EVENT = """
INSERT INTO message_event (id, message_id, occurred_at, event_type, source) VALUES ($1, $2, $3, $4, $5)
"""


class _Moved(Exception):
    """The message went to another chunk between looking and locking."""


class PostgresCancellation:
    """Implements `application.ports.messages.Cancellation` on the hot engine."""

    def __init__(self, engine: AsyncEngine, identifiers: Identifiers) -> None:
        self._engine = engine
        self._identifiers = identifiers

    async def cancel(self, application_id: UUID, message_id: UUID, *, source: Source, now: datetime) -> None:
        await self._change(application_id, message_id, Event.CANCEL, source, now)

    async def requeue(self, application_id: UUID, message_id: UUID, *, source: Source, now: datetime) -> None:
        await self._change(application_id, message_id, Event.RETRY, source, now)

    async def _change(
        self, application_id: UUID, message_id: UUID, event: Event, source: Source, now: datetime
    ) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with raw_connection(self._engine) as connection, committing(self._engine, connection):
                    row, chunk = await _lock(connection, application_id, message_id)
                    next_status(Status(row["status"]), event)
                    if event is Event.CANCEL:
                        await self._cancel(connection, row, chunk, now)
                    else:
                        await self._requeue(connection, row, chunk, now)
                    await self._record(connection, row, event, source, now)
                return
            except (_Moved, asyncpg.DeadlockDetectedError):
                await asyncio.sleep(0.01 * attempt)
            except CONNECTION_ERRORS as error:
                raise Unavailable("the database is away") from error
        raise Unavailable("the message keeps changing its place in the queue", retry_after=1.0)

    async def _cancel(
        self,
        connection: asyncpg.Connection,
        row: asyncpg.Record,
        chunk: asyncpg.Record | None,
        now: datetime,
    ) -> None:
        if chunk is not None and chunk["state"] == LEASED:
            raise InDelivery(fix="wait until the attempt is over")
        if await connection.fetchval("SELECT true FROM send_claim WHERE message_id = $1", row["id"]):
            raise InDelivery(
                "it is not known yet whether the provider sent this message", fix="wait for its outcome"
            )
        if chunk is not None:
            await _take_out(connection, chunk, row["id"])
        guard = [int(status) for status in sources(Event.CANCEL)]
        released = await connection.fetch(_CANCEL, row["id"], guard, int(Status.CANCELED), now)
        assert released, "a locked message refused to be canceled"
        await connection.execute("DELETE FROM message_retry WHERE message_id = $1", row["id"])
        await settle_reservations(connection, released, "release", now, self._identifiers)

    async def _requeue(
        self,
        connection: asyncpg.Connection,
        row: asyncpg.Record,
        chunk: asyncpg.Record | None,
        now: datetime,
    ) -> None:
        if chunk is not None:
            raise InDelivery("the message is queued already", fix="wait for its next attempt")
        chunk_id = self._identifiers.one()
        await connection.execute(
            _OWN_CHUNK,
            chunk_id,
            row["application_id"],
            row["reservation_id"],
            row["id"],
            row["expires_at"],
            now,
            row["channel"],
            row["type"],
            row["lane"],
            HELD,
        )
        guard = [int(status) for status in sources(Event.RETRY)]
        moved = await connection.fetch(_REQUEUE, row["id"], guard, int(Status.PENDING), chunk_id)
        assert moved, "a locked message refused to be requeued"
        await connection.execute("DELETE FROM message_retry WHERE message_id = $1", row["id"])
        # The operator decided to send again although an earlier attempt may have gone through.
        await connection.execute("DELETE FROM send_claim WHERE message_id = $1", row["id"])

    async def _record(
        self, connection: asyncpg.Connection, row: asyncpg.Record, event: Event, source: Source, now: datetime
    ) -> None:
        """The event, its statistics and its place in the outbox."""
        kind = EVENT_OF[event]
        event_id = self._identifiers.one()
        application_id = row["application_id"]
        await connection.execute(_EVENT, event_id, row["id"], now, int(kind), int(source))
        traits = await traits_of(connection, [row["id"]])
        counted = Counted(application_id, hour_of(now), row["type"], int(kind), "", "", traits[row["id"]])
        await insert_deltas(connection, {counted: 1})
        if await applications_wanting_events(connection, [application_id]):
            outgoing = OutgoingEvent(
                application_id=application_id,
                kind=kind,
                id=event_id,
                message_id=row["id"],
                subscription_id=row["subscription_id"],
                type=SubscriptionType(row["type"]),
                occurred_at=now,
            )
            await write_outbox(connection, [outgoing], now)


async def _lock(
    connection: asyncpg.Connection, application_id: UUID, message_id: UUID
) -> tuple[asyncpg.Record, asyncpg.Record | None]:
    """Lock the chunk, then the message; the chunk is None when none holds the message.

    Raise NotFound, or _Moved when the message was in another chunk by the time that both were locked.
    """
    seen = await connection.fetchrow(_MESSAGE, message_id, application_id)
    if seen is None:
        raise NotFound("there is no such message")
    chunk = await connection.fetchrow(_CHUNK, seen["chunk_id"])
    row = await connection.fetchrow(_MESSAGE + " FOR NO KEY UPDATE", message_id, application_id)
    if row is None:
        raise NotFound("there is no such message")
    if row["chunk_id"] != seen["chunk_id"]:
        raise _Moved
    holds = chunk is not None and message_id in chunk["message_ids"]
    return row, chunk if holds else None


async def _take_out(connection: asyncpg.Connection, chunk: asyncpg.Record, message_id: UUID) -> None:
    """Remove the id from its locked chunk; a chunk without messages goes."""
    left = sorted(id_ for id_ in chunk["message_ids"] if id_ != message_id)
    if not left:
        await connection.execute("DELETE FROM dispatch_chunk WHERE id = $1", chunk["id"])
        return
    await connection.execute(
        "UPDATE dispatch_chunk SET message_ids = $2, min_id = $3, max_id = $4 WHERE id = $1",
        chunk["id"],
        left,
        left[0],
        left[-1],
    )
