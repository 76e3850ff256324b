"""What waits for a canceled campaign is canceled, a bounded step at a time: in the queue first, then what waits for a retry.

What a worker has in hand is finished by it; what comes back from there is canceled by the next step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import attrs

from adapters.postgres.reservations import Movement, record_movements
from adapters.postgres.settled_events import write_events, write_statistics
from adapters.postgres.worker_store import chunk_from
from application.ports.chunk_settlement import ChunkSettlement, EventLine
from application.ports.identifiers import Identifiers
from application.ports.leased_chunk import Chunk
from domain.messaging.event import MessageEventType, Reason, Source
from domain.messaging.lifecycle import Event, Status, sources
from domain.shared.channels import Channel, Lane, SubscriptionType

CHUNKS_AT_ONCE: Final = 20
RETRIES_AT_ONCE: Final = 2_000

_CHUNKS: Final = """
SELECT c.*, coalesce((a.settings ->> 'events_enabled')::boolean, true) AS publish
FROM dispatch_chunk c JOIN campaign g ON g.id = c.campaign_id JOIN application a ON a.id = c.application_id
WHERE g.launched_at IS NOT NULL AND NOT g.settled AND g.status = 5 AND c.state IN (0, 1)
ORDER BY c.id LIMIT $1 FOR UPDATE OF c SKIP LOCKED
"""
_RETRIES: Final = """
SELECT r.message_id FROM message_retry r JOIN campaign g ON g.id = r.campaign_id
WHERE g.launched_at IS NOT NULL AND NOT g.settled AND g.status = 5 ORDER BY r.message_id LIMIT $1
"""
# A claim says that a provider may have got it: its outcome is looked up, whoever canceled what.
_LOCK: Final = """
SELECT m.id, m.application_id, m.subscription_id, m.reservation_id, m.channel, m.type, m.lane FROM message m
WHERE m.id = ANY($1::uuid[]) AND m.id BETWEEN $2 AND $3 AND m.status = ANY($4::smallint[])
  AND NOT EXISTS (SELECT 1 FROM send_claim c WHERE c.message_id = m.id)
ORDER BY m.id FOR UPDATE
"""
_CANCEL: Final = """
UPDATE message SET status = $4, canceled_at = $5 WHERE id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3
"""
_CLAIMED: Final = "SELECT message_id FROM send_claim WHERE message_id = ANY($1::uuid[])"
# What a provider may have got goes its own way, no longer held by the campaign's state.
_KEEP_CLAIMED: Final = """
UPDATE dispatch_chunk SET message_ids = $2, min_id = $3, max_id = $4, campaign_id = NULL, wave = NULL WHERE id = $1
"""
_RETRY_CLAIMED: Final = """
UPDATE message_retry r SET campaign_id = NULL, wave = NULL
WHERE r.message_id = ANY($1::uuid[]) AND EXISTS (SELECT 1 FROM send_claim c WHERE c.message_id = r.message_id)
"""
_FORGET_RETRIES: Final = """
DELETE FROM message_retry WHERE message_id = ANY($1::uuid[]) AND campaign_id IS NOT NULL
"""


async def cancel_waiting(connection: asyncpg.Connection, now: datetime, identifiers: Identifiers) -> int:
    """One step in the caller's transaction; answer how many messages were canceled."""
    rows = await connection.fetch(_CHUNKS, CHUNKS_AT_ONCE)
    if rows:
        return sum([await _cancel(connection, row, now, identifiers) for row in rows])
    due = [row["message_id"] for row in await connection.fetch(_RETRIES, RETRIES_AT_ONCE)]
    return await _cancel_retries(connection, due, now, identifiers) if due else 0


async def _cancel(
    connection: asyncpg.Connection, row: asyncpg.Record, now: datetime, identifiers: Identifiers
) -> int:
    chunk = attrs.evolve(chunk_from(row), fence=row["fence"] + 1)
    locked = await _lock(connection, chunk.message_ids)
    claimed = await connection.fetch(_CLAIMED, chunk.message_ids)
    if claimed:
        left = sorted(one["message_id"] for one in claimed)
        await connection.execute(_KEEP_CLAIMED, chunk.id, left, left[0], left[-1])
    else:
        await connection.execute("DELETE FROM dispatch_chunk WHERE id = $1", chunk.id)
    return await _record(connection, chunk, locked, row["publish"], now, identifiers)


async def _cancel_retries(
    connection: asyncpg.Connection, due: Sequence[UUID], now: datetime, identifiers: Identifiers
) -> int:
    locked = await _lock(connection, due)
    await connection.execute(_RETRY_CLAIMED, due)
    await connection.execute(_FORGET_RETRIES, due)
    canceled = 0
    queues: dict[tuple[object, ...], list[asyncpg.Record]] = {}
    for row in locked:
        queues.setdefault((row["reservation_id"], row["type"]), []).append(row)
    for rows in queues.values():
        first = rows[0]
        # No chunk holds them: the movement is named after the first message, which is canceled once.
        nowhere = Chunk(
            first["id"], first["application_id"], first["reservation_id"], Channel(first["channel"]),
            SubscriptionType(first["type"]), Lane(first["lane"]), 0, 0, [row["id"] for row in rows],
        )  # fmt: skip
        publish = await connection.fetchval(
            "SELECT coalesce((settings ->> 'events_enabled')::boolean, true) FROM application WHERE id = $1",
            first["application_id"],
        )
        canceled += await _record(connection, nowhere, rows, bool(publish), now, identifiers)
    return canceled


async def _lock(connection: asyncpg.Connection, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    ordered = sorted(ids)
    guard = [int(status) for status in sources(Event.CANCEL)]
    return list(await connection.fetch(_LOCK, ordered, ordered[0], ordered[-1], guard))


async def _record(
    connection: asyncpg.Connection,
    chunk: Chunk,
    locked: Sequence[asyncpg.Record],
    publish: bool,
    now: datetime,
    identifiers: Identifiers,
) -> int:
    """Messages that are locked and may be canceled: state, retries, ledger, history, statistics."""
    if not locked:
        return 0
    ids = [row["id"] for row in locked]
    await connection.execute(_CANCEL, ids, ids[0], ids[-1], int(Status.CANCELED), now)
    await connection.execute(_FORGET_RETRIES, ids)
    movement = Movement(
        application_id=chunk.application_id,
        reservation_id=chunk.reservation_id,
        chunk_id=chunk.id,
        fence=chunk.fence,
        flush=0,
        kind="release",
        n=len(ids),
    )
    await record_movements(connection, [movement], now=now, entry_ids=identifiers.many)
    settlement = ChunkSettlement(chunk, flush=0, publish=publish)
    settlement.events = [
        EventLine(
            row["id"], row["subscription_id"], chunk.type, MessageEventType.CANCELED, Source.CAMPAIGN,
            Reason.CAMPAIGN_CANCELED, "{}",
        )
        for row in locked
    ]  # fmt: skip
    changed = dict.fromkeys(ids, Event.CANCEL)
    await write_events(connection, [settlement], changed, now, identifiers)
    await write_statistics(connection, [settlement], changed, now)
    return len(ids)
