"""Messages that end without a provider: expired while held, dead-lettered, or never confirmed by a receipt."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from adapters.postgres.settle import record_changes
from adapters.postgres.settled_events import write_events, write_statistics
from adapters.postgres.worker_store import chunk_from
from application.ports.dispatch_store import Change, Chunk, ChunkSettlement, EventLine
from application.ports.identifiers import Identifiers
from domain.messaging.event import MessageEventType, Reason, Source
from domain.messaging.lifecycle import Event
from domain.shared.channels import Channel, Lane, SubscriptionType

CHUNKS_AT_ONCE = 20
RECEIPTS_AT_ONCE = 2_000


async def expire_chunks(connection: asyncpg.Connection, now: datetime, identifiers: Identifiers) -> int:
    """Fail the messages of held chunks that are past their expiry; answer how many."""
    rows = await connection.fetch(
        "SELECT * FROM dispatch_chunk WHERE state = 0 AND expires_at <= $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED",
        now,
        CHUNKS_AT_ONCE,
    )
    return sum(
        [await fail_chunk(connection, chunk_from(row), Reason.EXPIRED, now, identifiers) for row in rows]
    )


async def fail_chunk(
    connection: asyncpg.Connection, chunk: Chunk, reason: str, now: datetime, identifiers: Identifiers
) -> int:
    """Fail every waiting message of a chunk that the caller has locked, release its quota, delete it."""
    settlement = await _failing(connection, chunk, reason)
    changed = {}
    if settlement.changes[0].message_ids:
        changed = await record_changes(connection, [settlement], now, identifiers)
    await connection.execute("DELETE FROM dispatch_chunk WHERE id = $1", chunk.id)
    return len(changed)


async def _failing(connection: asyncpg.Connection, chunk: Chunk, reason: str) -> ChunkSettlement:
    rows = await connection.fetch(
        "SELECT id, subscription_id, attempts FROM message WHERE id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3"
        " AND status IN (0, 3) ORDER BY id FOR UPDATE",
        chunk.message_ids,
        min(chunk.message_ids),
        max(chunk.message_ids),
    )
    publish = await connection.fetchval(
        "SELECT coalesce((settings ->> 'events_enabled')::boolean, true) FROM application WHERE id = $1",
        chunk.application_id,
    )
    settlement = ChunkSettlement(chunk, flush=-1, publish=bool(publish))
    settlement.changes = [Change(Event.FAIL, False, reason, None, [row["id"] for row in rows])]
    settlement.events = [
        EventLine(
            row["id"], row["subscription_id"], chunk.type, MessageEventType.FAILED, Source.RECONCILER, reason,
            f'{{"attempt":{row["attempts"]}}}',
        )
        for row in rows
    ]  # fmt: skip
    return settlement


async def expire_receipts(connection: asyncpg.Connection, now: datetime, identifiers: Identifiers) -> int:
    """Fail sent messages that no receipt confirmed within their application's receipt timeout; answer how many.

    The quota stays settled: push bills on acceptance, not on delivery.
    """
    due = await connection.fetch(
        "DELETE FROM receipt_watch WHERE message_id IN (SELECT message_id FROM receipt_watch WHERE due_at <= $1"
        " ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING message_id",
        now,
        RECEIPTS_AT_ONCE,
    )
    if not due:
        return 0
    ids = sorted(row["message_id"] for row in due)
    rows = await connection.fetch(
        "UPDATE message SET status = 2, failed_at = $4, error_reason = $5 WHERE id = ANY($1::uuid[])"
        " AND id BETWEEN $2 AND $3 AND status = 1 RETURNING id, application_id, subscription_id, reservation_id, type",
        ids,
        ids[0],
        ids[-1],
        now,
        Reason.RECEIPT_TIMEOUT,
    )
    settlements = [_timed_out(row) for row in rows]
    changed = {row["id"]: Event.FAIL for row in rows}
    await write_events(connection, settlements, changed, now, identifiers)
    await write_statistics(connection, settlements, changed, now)
    return len(rows)


def _timed_out(row: asyncpg.Record) -> ChunkSettlement:
    type_ = SubscriptionType(row["type"])
    nowhere = UUID(int=0)
    chunk = Chunk(
        nowhere, row["application_id"], row["reservation_id"], Channel(type_.channel), type_, Lane.BULK, 0, 0,
        [row["id"]],
    )  # fmt: skip
    line = EventLine(
        row["id"], row["subscription_id"], type_, MessageEventType.FAILED, Source.RECONCILER,
        Reason.RECEIPT_TIMEOUT, "{}",
    )  # fmt: skip
    return ChunkSettlement(chunk, flush=0, events=[line], publish=True)
