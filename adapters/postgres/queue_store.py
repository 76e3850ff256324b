"""The reconciler's steps in PostgreSQL that move chunks: release, ring again, take over, retry.

Every step is one bounded transaction. A step that another scheduler is doing right now is skipped, by an advisory
lock: two schedulers are harmless, not twice the work.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.chunk_states import RELEASE_WINDOW
from adapters.postgres.commit import committing
from adapters.postgres.engine import raw_connection
from adapters.postgres.expiry import expire_chunks
from adapters.postgres.folding import fold, judge_tokens
from adapters.postgres.receipt_watch import expire_receipts
from adapters.postgres.retries import start_retries
from adapters.postgres.ringing import ring_again, rings
from adapters.postgres.soft_faults import clear_ended_codes
from adapters.postgres.take_over import take_over
from adapters.postgres.upkeep import tidy
from application.ports.dispatch_store import RELEASED_AT_ONCE
from application.ports.doorbells import Ring
from application.ports.identifiers import Identifiers

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
            return rings(await connection.fetch(_RELEASE, now, RELEASE_WINDOW, RELEASED_AT_ONCE))

    async def hold_back(self) -> int:
        async with self._alone(RELEASING, self._kept_plans) as connection:
            return 0 if connection is None else int((await connection.execute(_HOLD_BACK)).split()[-1])

    async def unheard(self, older_than: datetime, now: datetime) -> Sequence[Ring]:
        async with self._alone(RELEASING, self._kept_plans) as connection:
            if connection is None:
                return []
            return await ring_again(connection, older_than, now)

    async def take_over(self, now: datetime) -> Sequence[Ring]:
        async with self._alone(TAKING_OVER) as connection:
            return [] if connection is None else await take_over(connection, now, self._identifiers)

    async def start_retries(self, now: datetime) -> int:
        async with self._alone(RETRYING) as connection:
            return 0 if connection is None else await start_retries(connection, now, self._identifiers)

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
