"""Taking over what dead workers had leased: what is still owed is released again, or split until one message is left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import asyncpg
import attrs

from adapters.postgres.claims import mark_left_behind
from adapters.postgres.expiry import fail_chunk
from adapters.postgres.ringing import RINGS_AT_ONCE, ring_again
from adapters.postgres.successors import INSERT_SUCCESSOR, MOVE_MESSAGES
from adapters.postgres.worker_store import chunk_from
from application.ports.doorbells import Ring
from application.ports.identifiers import Identifiers
from application.ports.leased_chunk import Chunk
from application.ports.tracing import parse_trail
from domain.messaging.event import Reason
from domain.messaging.lifecycle import WAITING

RECOVERIES_BEFORE_SPLIT: Final = 3
BEAT_LOST_AFTER: Final = timedelta(seconds=60)
# A worker is gone when its session lock is free (kill -9 frees it within milliseconds) and PostgreSQL has been up long
# enough for the living to take theirs again; or when its beat stopped for a minute though the lock is held (SIGSTOP).
_GONE = """
SELECT w.incarnation FROM worker w
WHERE w.beat_at < now() - $1::interval
   OR (now() > pg_postmaster_start_time() + interval '3 seconds' AND pg_try_advisory_xact_lock(w.lock_key))
"""
_ABANDONED = """
SELECT c.* FROM dispatch_chunk c
WHERE c.state = 2 AND (c.worker = ANY($1::uuid[]) OR c.deadline < now()
                       OR NOT EXISTS (SELECT 1 FROM worker w WHERE w.incarnation = c.worker))
ORDER BY c.id LIMIT $2 FOR UPDATE OF c SKIP LOCKED
"""
# Part of an abandoned chunk may be settled already: such a message waits for a retry of its own, or went on in another
# chunk, and would be sent by both.
_LEFT = """
SELECT m.id FROM message m WHERE m.id = ANY($1::uuid[]) AND m.id BETWEEN $2 AND $3 AND m.chunk_id = $4
  AND m.status = ANY($5::smallint[]) AND NOT EXISTS (SELECT FROM message_retry r WHERE r.message_id = m.id)
ORDER BY m.id
"""
# With its row goes the reason to look again; a worker that was only frozen writes it anew with its next beat.
_FORGET = """
DELETE FROM worker w WHERE w.incarnation = ANY($1::uuid[])
  AND NOT EXISTS (SELECT 1 FROM dispatch_chunk c WHERE c.worker = w.incarnation AND c.state = 2)
"""


async def take_over(
    connection: asyncpg.Connection, now: datetime, identifiers: Identifiers
) -> Sequence[Ring]:
    """Free the chunks of dead workers and of leases past their deadline; answer what is to be rung."""
    gone = [row["incarnation"] for row in await connection.fetch(_GONE, BEAT_LOST_AFTER)]
    rings: list[Ring] = []
    for row in await connection.fetch(_ABANDONED, gone, RINGS_AT_ONCE):
        chunk = await _what_is_left(connection, chunk_from(row), now, identifiers)
        if not chunk.message_ids:
            continue
        if chunk.recoveries + 1 < RECOVERIES_BEFORE_SPLIT:
            await connection.execute(
                "UPDATE dispatch_chunk SET state = 1, worker = NULL, fence = fence + 1, rung_at = $2,"
                " recoveries = recoveries + 1 WHERE id = $1",
                chunk.id,
                now,
            )
            rings.append(Ring(chunk.lane, chunk.channel, chunk.id, parse_trail(row["trace"])))
        elif len(chunk.message_ids) > 1:
            await _split(connection, chunk, now, identifiers)
        else:
            await fail_chunk(connection, chunk, Reason.DEAD_LETTERED, now, identifiers)
    if gone and not (await connection.execute(_FORGET, gone)).endswith(" 0"):
        # Doorbells that a dead worker had fetched and not answered are offered again only after their
        # acknowledgement is overdue: everything released is rung at once instead.
        rings += await ring_again(connection, now, now)
    return rings


async def _what_is_left(
    connection: asyncpg.Connection, chunk: Chunk, now: datetime, identifiers: Identifiers
) -> Chunk:
    """The chunk with what is still owed; deleted when that is nothing."""
    ids = chunk.message_ids
    rows = await connection.fetch(_LEFT, ids, ids[0], ids[-1], chunk.id, sorted(WAITING))
    left = [row["id"] for row in rows]
    if left:
        unknown = await mark_left_behind(connection, chunk, left, now, identifiers)
        left = [id_ for id_ in left if id_ not in unknown]
    if not left:
        await connection.execute("DELETE FROM dispatch_chunk WHERE id = $1", chunk.id)
    elif len(left) < len(ids):
        await connection.execute(
            "UPDATE dispatch_chunk SET message_ids = $2, min_id = $3, max_id = $4 WHERE id = $1",
            chunk.id,
            left,
            left[0],
            left[-1],
        )
    return attrs.evolve(chunk, message_ids=left)


async def _split(
    connection: asyncpg.Connection, chunk: Chunk, now: datetime, identifiers: Identifiers
) -> None:
    """Two halves, each one recovery away from the next split: a message that kills ends up alone."""
    middle = len(chunk.message_ids) // 2
    for ids in (list(chunk.message_ids[:middle]), list(chunk.message_ids[middle:])):
        id_ = identifiers.one()
        await connection.execute(
            INSERT_SUCCESSOR, id_, chunk.application_id, chunk.reservation_id, ids[0], ids[-1], None,
            chunk.expires_at, now, int(chunk.channel), int(chunk.type), int(chunk.lane),
            RECOVERIES_BEFORE_SPLIT - 1, ids, chunk.campaign_id, chunk.wave,
        )  # fmt: skip
        await connection.execute(MOVE_MESSAGES, ids, ids[0], ids[-1], id_)
    await connection.execute("DELETE FROM dispatch_chunk WHERE id = $1", chunk.id)
