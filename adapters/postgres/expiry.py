"""Messages that end without a provider: expired while held, or dead-lettered."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from adapters.postgres.settle import record_changes
from adapters.postgres.worker_store import chunk_from
from application.ports.chunk_settlement import Change, ChunkSettlement, EventLine
from application.ports.identifiers import Identifiers
from application.ports.leased_chunk import Chunk
from domain.messaging.event import MessageEventType, Reason, Source
from domain.messaging.lifecycle import Event

CHUNKS_AT_ONCE = 20


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
