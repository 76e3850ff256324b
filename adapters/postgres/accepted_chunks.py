"""The chunks of an accept: which of them may go at once, because nobody waits in front of them, and their rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from adapters.postgres.chunk_states import HELD, RELEASE_WINDOW, RELEASED
from application.ports.accept_store import ChunkRow
from application.ports.tracing import trail_text

_INSERT_CHUNK = """
INSERT INTO dispatch_chunk (id, application_id, reservation_id, min_id, max_id, not_before, expires_at, rung_at,
                            created_at, channel, type, lane, state, message_ids, trace)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""
_QUEUE_HEADS = """
SELECT asked.application_id, asked.lane, asked.channel,
       pg_try_advisory_xact_lock(hashtextextended(asked.application_id::text, 2 * asked.channel + asked.lane)) AS ours,
       (SELECT coalesce(sum(c.n), 0) FROM dispatch_chunk c
         WHERE c.application_id = asked.application_id AND c.lane = asked.lane AND c.channel = asked.channel
           AND c.state IN (1, 2)) AS active,
       EXISTS (SELECT 1 FROM dispatch_chunk c
         WHERE c.application_id = asked.application_id AND c.lane = asked.lane AND c.channel = asked.channel
           AND c.state = 0
           AND (c.not_before IS NULL OR c.not_before <= $3)) AS queued,
       ARRAY(SELECT p.type FROM channel_pause p WHERE p.application_id = asked.application_id) AS paused,
       EXISTS (SELECT 1 FROM system_state WHERE name = 'hold') AS hold
FROM unnest($1::uuid[], $2::smallint[], $4::smallint[]) AS asked (application_id, lane, channel)
"""


async def write_chunks(
    connection: asyncpg.Connection, chunks: Sequence[ChunkRow], now: datetime
) -> list[ChunkRow]:
    """Write chunks, at least one, down, held or released; answer those that are released, whose bell is to be rung."""
    released = await _release(connection, chunks, now)
    states = {chunk.id for chunk in released}
    await connection.executemany(
        _INSERT_CHUNK, [_chunk_values(chunk, chunk.id in states, now) for chunk in chunks]
    )
    return released


async def _release(
    connection: asyncpg.Connection, chunks: Sequence[ChunkRow], now: datetime
) -> list[ChunkRow]:
    """Which of these chunks may go at once: the window has room and nobody waits in front of them."""
    heads = sorted({(chunk.application_id, int(chunk.lane), int(chunk.channel)) for chunk in chunks})
    rows = await connection.fetch(
        _QUEUE_HEADS,
        [application_id for application_id, _, _ in heads],
        [lane for _, lane, _ in heads],
        now,
        [channel for _, _, channel in heads],
    )
    room: dict[tuple[UUID, int, int], int] = {}
    paused: dict[UUID, set[int]] = {}
    for row in rows:
        free = row["ours"] and not row["queued"] and not row["hold"]
        head = row["application_id"], row["lane"], row["channel"]
        room[head] = RELEASE_WINDOW - row["active"] if free else 0
        paused[row["application_id"]] = set(row["paused"])
    released: list[ChunkRow] = []
    for chunk in chunks:
        head = (chunk.application_id, int(chunk.lane), int(chunk.channel))
        due = chunk.send_at is None or chunk.send_at <= now
        if due and room[head] > 0 and int(chunk.type) not in paused[chunk.application_id]:
            room[head] -= len(chunk.message_ids)
            released.append(chunk)
    return released


def _chunk_values(chunk: ChunkRow, released: bool, now: datetime) -> tuple[object, ...]:
    return (
        chunk.id, chunk.application_id, chunk.reservation_id, chunk.message_ids[0], chunk.message_ids[-1],
        chunk.send_at, chunk.expires_at, now if released else None, now, int(chunk.channel), int(chunk.type),
        int(chunk.lane), RELEASED if released else HELD, chunk.message_ids, trail_text(chunk.trail),
    )  # fmt: skip
