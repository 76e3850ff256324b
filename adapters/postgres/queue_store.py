"""The reconciler's steps in PostgreSQL that move chunks: release, ring again, take over, retry.

Every step is one bounded transaction. A step that another scheduler is doing right now is skipped, by an advisory
lock: two schedulers are harmless, not twice the work.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

import asyncpg
import attrs
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.chunk_states import RELEASE_WINDOW
from adapters.postgres.claims import mark_left_behind
from adapters.postgres.commit import committing
from adapters.postgres.engine import raw_connection
from adapters.postgres.expiry import expire_chunks, expire_receipts, fail_chunk
from adapters.postgres.folding import fold, judge_tokens
from adapters.postgres.settle import INSERT_SUCCESSOR, MOVE_MESSAGES
from adapters.postgres.soft_faults import clear_ended_codes
from adapters.postgres.upkeep import tidy
from adapters.postgres.worker_store import chunk_from
from application.ports.dispatch_store import RELEASED_AT_ONCE, Chunk
from application.ports.doorbells import Ring
from application.ports.identifiers import Identifiers
from application.ports.tracing import parse_trail
from domain.messaging.event import Reason
from domain.messaging.lifecycle import WAITING
from domain.shared.channels import Channel, Lane

CHUNK_SIZE = 500
RETRIES_AT_ONCE = 5_000
RINGS_AT_ONCE = 2_000
RECOVERIES_BEFORE_SPLIT = 3
BEAT_LOST_AFTER = timedelta(seconds=60)
RELEASING, RETRYING, TAKING_OVER, EXPIRING, FOLDING, JUDGING, TIDYING = range(0x5167_0001, 0x5167_0008)
"""Advisory locks of the steps."""

# A loose index scan over (application, lane, channel) of held chunks: its cost follows the number of queues, not of chunks.
_RELEASE = """
WITH RECURSIVE head AS (
    (SELECT application_id, lane, channel FROM dispatch_chunk WHERE state = 0
     ORDER BY application_id, lane, channel LIMIT 1)
    UNION ALL
    SELECT following.application_id, following.lane, following.channel FROM head h, LATERAL (
        SELECT c.application_id, c.lane, c.channel FROM dispatch_chunk c
        WHERE c.state = 0 AND (c.application_id, c.lane, c.channel) > (h.application_id, h.lane, h.channel)
        ORDER BY c.application_id, c.lane, c.channel LIMIT 1) following
), room AS (
    SELECT h.application_id, h.lane, h.channel, $2 - (
        SELECT coalesce(sum(c.n), 0) FROM dispatch_chunk c
        WHERE c.application_id = h.application_id AND c.lane = h.lane AND c.channel = h.channel
          AND c.state IN (1, 2)) AS messages
    FROM head h JOIN application a ON a.id = h.application_id AND a.is_active
    WHERE NOT EXISTS (SELECT 1 FROM system_state WHERE name = 'hold')
), pick AS MATERIALIZED (
    SELECT due.id FROM room r, LATERAL (
        SELECT queued.id, sum(queued.n) OVER (ORDER BY queued.id) - queued.n AS ahead FROM (
            SELECT c.id, c.n FROM dispatch_chunk c
            WHERE c.application_id = r.application_id AND c.lane = r.lane AND c.channel = r.channel AND c.state = 0
              AND (c.not_before IS NULL OR c.not_before <= $1)
              AND NOT EXISTS (SELECT 1 FROM channel_pause p
                              WHERE p.application_id = c.application_id AND p.type = c.type)
              AND (c.campaign_id IS NULL OR EXISTS (
                   SELECT 1 FROM campaign g JOIN campaign_wave w ON w.campaign_id = g.id AND w.number = c.wave
                   WHERE g.id = c.campaign_id AND g.status = 2 AND (w.open_from IS NULL OR w.open_from <= $1)
                     AND (w.open_until IS NULL OR w.open_until > $1)))
            ORDER BY c.id LIMIT greatest(0, least(r.messages, $3))) queued) due
    WHERE due.ahead < r.messages
)
UPDATE dispatch_chunk c SET state = 1, rung_at = $1 FROM pick WHERE c.id = pick.id AND c.state = 0
RETURNING c.id, c.lane, c.channel, c.trace
"""
_HOLD_BACK = """
UPDATE dispatch_chunk c SET state = 0
WHERE c.state = 1 AND (
    EXISTS (SELECT 1 FROM channel_pause p WHERE p.application_id = c.application_id AND p.type = c.type)
    OR NOT EXISTS (SELECT 1 FROM application a WHERE a.id = c.application_id AND a.is_active)
    OR EXISTS (SELECT 1 FROM system_state WHERE name = 'hold')
    OR c.campaign_id IS NOT NULL AND NOT EXISTS (
       SELECT 1 FROM campaign g JOIN campaign_wave w ON w.campaign_id = g.id AND w.number = c.wave
       WHERE g.id = c.campaign_id AND g.status = 2 AND (w.open_until IS NULL OR w.open_until > now())))
"""
_UNHEARD = """
UPDATE dispatch_chunk SET rung_at = $2 WHERE id IN (
    SELECT id FROM dispatch_chunk WHERE state = 1 AND (rung_at IS NULL OR rung_at < $1)
    ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING id, lane, channel, trace
"""
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
_LOCK_MESSAGES = """
SELECT 1 FROM message WHERE id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3 ORDER BY id FOR UPDATE
"""


class PostgresQueueStore:
    """Implements `application.ports.dispatch_store.QueueStore` on the hot engine."""

    def __init__(
        self,
        engine: AsyncEngine,
        identifiers: Identifiers,
        *,
        kept_plans: AsyncEngine,
        retention_days: int,
    ) -> None:
        """`kept_plans`: for the steps that are taken several times a second; planning them costs more than running them."""
        self._engine = engine
        self._kept_plans = kept_plans
        self._identifiers = identifiers
        self._retention_days = retention_days

    @asynccontextmanager
    async def _alone(
        self, step: int, engine: AsyncEngine | None = None
    ) -> AsyncIterator[asyncpg.Connection | None]:
        """A transaction of this step; None while another scheduler is in it."""
        engine = engine or self._engine
        async with raw_connection(engine) as connection, committing(engine, connection):
            ours = await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", step)
            yield connection if ours else None

    async def release(self, now: datetime) -> Sequence[Ring]:
        async with self._alone(RELEASING, self._kept_plans) as connection:
            if connection is None:
                return []
            return _rings(await connection.fetch(_RELEASE, now, RELEASE_WINDOW, RELEASED_AT_ONCE))

    async def hold_back(self) -> int:
        async with self._alone(RELEASING, self._kept_plans) as connection:
            return 0 if connection is None else int((await connection.execute(_HOLD_BACK)).split()[-1])

    async def unheard(self, older_than: datetime, now: datetime) -> Sequence[Ring]:
        async with self._alone(RELEASING, self._kept_plans) as connection:
            if connection is None:
                return []
            return _rings(await connection.fetch(_UNHEARD, older_than, now, RINGS_AT_ONCE))

    async def take_over(self, now: datetime) -> Sequence[Ring]:
        async with self._alone(TAKING_OVER) as connection:
            if connection is None:
                return []
            gone = [row["incarnation"] for row in await connection.fetch(_GONE, BEAT_LOST_AFTER)]
            rings: list[Ring] = []
            for row in await connection.fetch(_ABANDONED, gone, RINGS_AT_ONCE):
                chunk = await self._what_is_left(connection, chunk_from(row), now)
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
                    await self._split(connection, chunk, now)
                else:
                    await fail_chunk(connection, chunk, Reason.DEAD_LETTERED, now, self._identifiers)
            if gone and not (await connection.execute(_FORGET, gone)).endswith(" 0"):
                # Doorbells that a dead worker had fetched and not answered are offered again only after their
                # acknowledgement is overdue: everything released is rung at once instead.
                rings += _rings(await connection.fetch(_UNHEARD, now, now, RINGS_AT_ONCE))
            return rings

    async def _what_is_left(self, connection: asyncpg.Connection, chunk: Chunk, now: datetime) -> Chunk:
        """The chunk with what is still owed; deleted when that is nothing."""
        ids = chunk.message_ids
        rows = await connection.fetch(_LEFT, ids, ids[0], ids[-1], chunk.id, sorted(WAITING))
        left = [row["id"] for row in rows]
        if left:
            unknown = await mark_left_behind(connection, chunk, left, now, self._identifiers)
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

    async def _split(self, connection: asyncpg.Connection, chunk: Chunk, now: datetime) -> None:
        """Two halves, each one recovery away from the next split: a message that kills ends up alone."""
        middle = len(chunk.message_ids) // 2
        for ids in (list(chunk.message_ids[:middle]), list(chunk.message_ids[middle:])):
            id_ = self._identifiers.one()
            await connection.execute(
                INSERT_SUCCESSOR, id_, chunk.application_id, chunk.reservation_id, ids[0], ids[-1], None,
                chunk.expires_at, now, int(chunk.channel), int(chunk.type), int(chunk.lane),
                RECOVERIES_BEFORE_SPLIT - 1, ids, chunk.campaign_id, chunk.wave,
            )  # fmt: skip
            await connection.execute(MOVE_MESSAGES, ids, ids[0], ids[-1], id_)
        await connection.execute("DELETE FROM dispatch_chunk WHERE id = $1", chunk.id)

    async def start_retries(self, now: datetime) -> int:
        async with self._alone(RETRYING) as connection:
            if connection is None:
                return 0
            # Messages before retries, as receipts and cancellations lock them.
            due = sorted(
                row["message_id"]
                for row in await connection.fetch(
                    "SELECT message_id FROM message_retry WHERE due_at <= $1 ORDER BY due_at LIMIT $2",
                    now,
                    RETRIES_AT_ONCE,
                )
            )
            if not due:
                return 0
            await connection.execute(_LOCK_MESSAGES, due, due[0], due[-1])
            rows = await connection.fetch(
                "DELETE FROM message_retry WHERE message_id = ANY($1::uuid[]) RETURNING *", due
            )
            for _, queue in groupby(sorted(rows, key=_retry_order), key=_retry_queue):
                members = list(queue)
                for start in range(0, len(members), CHUNK_SIZE):
                    await self._chunk_of_retries(connection, members[start : start + CHUNK_SIZE], now)
            return len(rows)

    async def _chunk_of_retries(
        self, connection: asyncpg.Connection, members: Sequence[asyncpg.Record], now: datetime
    ) -> None:
        first = members[0]
        ids = [row["message_id"] for row in members]
        expiries = [row["expires_at"] for row in members if row["expires_at"] is not None]
        id_ = self._identifiers.one()
        await connection.execute(
            INSERT_SUCCESSOR, id_, first["application_id"], first["reservation_id"], ids[0], ids[-1], None,
            max(expiries) if len(expiries) == len(members) else None, now, first["channel"], first["type"],
            first["lane"], 0, ids, first["campaign_id"], first["wave"],
        )  # fmt: skip
        await connection.execute(MOVE_MESSAGES, ids, ids[0], ids[-1], id_)

    async def expire(self, now: datetime) -> int:
        async with self._alone(EXPIRING) as connection:
            return 0 if connection is None else await expire_chunks(connection, now, self._identifiers)

    async def expire_receipts(self, now: datetime) -> int:
        async with self._alone(EXPIRING) as connection:
            return 0 if connection is None else await expire_receipts(connection, now, self._identifiers)

    async def fold(self) -> int:
        async with self._alone(FOLDING) as connection:
            return 0 if connection is None else await fold(connection)

    async def judge_tokens(self, now: datetime) -> int:
        async with self._alone(JUDGING) as connection:
            return 0 if connection is None else await judge_tokens(connection, now, self._identifiers)

    async def tidy(self, now: datetime) -> int:
        async with raw_connection(self._engine) as connection:
            done = await tidy(connection, now, self._retention_days)
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            return done + await clear_ended_codes(connection, now, self._identifiers)


def _rings(rows: Sequence[asyncpg.Record]) -> list[Ring]:
    return [
        Ring(Lane(row["lane"]), Channel(row["channel"]), row["id"], parse_trail(row["trace"])) for row in rows
    ]


_RetryQueue = tuple[UUID, UUID, int, int, int]


def _retry_queue(row: asyncpg.Record) -> _RetryQueue:
    """A reservation is of one campaign, or of none."""
    return row["application_id"], row["reservation_id"], row["type"], row["lane"], row["wave"] or 0


def _retry_order(row: asyncpg.Record) -> tuple[_RetryQueue, UUID]:
    return _retry_queue(row), row["message_id"]
