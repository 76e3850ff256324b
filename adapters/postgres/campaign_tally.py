"""Counting campaigns in PostgreSQL: batches are ranges of message ids, so a recount is a range scan and nothing else.

No counter is kept while messages are settled: what is told is always a count of the messages themselves. A batch is counted
about every eighth of its age until all of it is final, then ever more seldom for two weeks, for receipts and late reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.campaign_cancellation import cancel_waiting
from adapters.postgres.commit import committing
from adapters.postgres.engine import raw_connection
from application.ports.campaign_tally import ClosedWave, OpenCampaign
from application.ports.identifiers import Identifiers
from domain.messaging.lifecycle import WAITING, Status

SOONEST: Final = timedelta(seconds=1)
LATEST: Final = timedelta(seconds=60)
LATE_REPORTS: Final = timedelta(days=14)
"""How long receipts and provider reports are still looked for."""

_DUE: Final = """
SELECT campaign_id, first_seq, min_id, max_id, n, made_at, settled FROM campaign_batch
WHERE recount_at <= $1 ORDER BY recount_at LIMIT $2 FOR UPDATE SKIP LOCKED
"""
_COUNT: Final = """
SELECT status, count(*)::int AS n FROM message WHERE id BETWEEN $2 AND $3 AND campaign_id = $1 GROUP BY status
"""
_STORE: Final = """
UPDATE campaign_batch SET pending = $3, errored = $4, successful = $5, received = $6, converted = $7, failed = $8,
    canceled = $9, settled = $10, recount_at = $11, counted_at = $12
WHERE campaign_id = $1 AND first_seq = $2
"""
_NEVER_AGAIN: Final = "UPDATE campaign_batch SET recount_at = NULL WHERE campaign_id = $1 AND first_seq = $2"
# Excluded after the launch: walked over without becoming a message, or left in a wave that was closed.
# The rate is that of the last five seconds or more.
_ROLL_UP: Final = """
UPDATE campaign g SET successful_count = s.successful, failed_count = s.failed, canceled_count = s.canceled,
    excluded_count = s.excluded,
    rate = CASE WHEN s.fresh THEN (s.done - g.rate_done) / extract(epoch FROM $2 - g.rate_at)::real ELSE g.rate END,
    rate_done = CASE WHEN s.fresh OR g.rate_at IS NULL THEN s.done ELSE g.rate_done END,
    rate_at = CASE WHEN s.fresh OR g.rate_at IS NULL THEN $2 ELSE g.rate_at END
FROM (SELECT sums.*, successful + failed AS done, g.rate_at <= $2::timestamptz - interval '5 seconds' AS fresh
      FROM (SELECT coalesce(b.successful, 0) AS successful, coalesce(b.failed, 0) AS failed,
                   coalesce(b.canceled, 0) AS canceled, coalesce(w.walked - coalesce(b.n, 0) + w.closed, 0) AS excluded
            FROM (SELECT sum(successful + received + converted)::int AS successful, sum(failed)::int AS failed,
                         sum(canceled)::int AS canceled, sum(n)::int AS n
                  FROM campaign_batch WHERE campaign_id = $1) b,
                 (SELECT sum(next_seq - first_seq)::int AS walked,
                         coalesce(sum(last_seq - next_seq + 1) FILTER (WHERE closed_reason IS NOT NULL), 0)::int AS closed
                  FROM campaign_wave WHERE campaign_id = $1) w) sums, campaign g WHERE g.id = $1) s
WHERE g.id = $1 RETURNING g.run_of
"""
_ROLL_UP_RUNS: Final = """
UPDATE campaign g SET total_recipients = r.total, successful_count = r.successful, failed_count = r.failed,
    canceled_count = r.canceled, excluded_count = r.excluded
FROM (SELECT run_of, sum(total_recipients)::int AS total, sum(successful_count)::int AS successful,
             sum(failed_count)::int AS failed, sum(canceled_count)::int AS canceled, sum(excluded_count)::int AS excluded
      FROM campaign WHERE run_of = $1 GROUP BY run_of) r
WHERE g.id = r.run_of
"""
_QUEUE_EMPTY: Final = """
NOT EXISTS (SELECT 1 FROM dispatch_chunk c WHERE c.campaign_id = g.id)
AND NOT EXISTS (SELECT 1 FROM message_retry r WHERE r.campaign_id = g.id)
"""
_WALKED: Final = """
NOT EXISTS (SELECT 1 FROM campaign_wave w
            WHERE w.campaign_id = g.id AND w.next_seq <= w.last_seq AND w.closed_reason IS NULL)
"""
_OPEN: Final = "g.launched_at IS NOT NULL AND NOT g.settled"
_HURRY: Final = f"""
UPDATE campaign_batch b SET recount_at = $1 FROM campaign g
WHERE g.id = b.campaign_id AND {_OPEN} AND NOT b.settled AND b.recount_at > $1 AND b.counted_at < $2
  AND (g.status = 5 OR {_WALKED}) AND {_QUEUE_EMPTY}
"""  # noqa: S608 - constants of this module
_FINISHED: Final = f"""
SELECT g.application_id, g.id FROM campaign g
WHERE {_OPEN} AND g.status = 2 AND {_WALKED} AND {_QUEUE_EMPTY}
  AND NOT EXISTS (SELECT 1 FROM campaign_batch b WHERE b.campaign_id = g.id AND NOT b.settled)
ORDER BY g.id LIMIT $1
"""  # noqa: S608 - constants of this module
# A campaign that repeats is over when its schedule names no further run and every run is over.
_NO_MORE_RUNS: Final = """
SELECT g.application_id, g.id FROM campaign g
WHERE g.status = 1 AND g.scheduled_at IS NULL AND g.run_of IS NULL AND g.campaign_type = 'recurring'
  AND NOT EXISTS (SELECT 1 FROM campaign r WHERE r.run_of = g.id AND r.ended_at IS NULL)
ORDER BY g.id LIMIT $1
"""
_SETTLE_CANCELED: Final = f"""
UPDATE campaign g SET settled = true
WHERE {_OPEN} AND g.status = 5 AND {_QUEUE_EMPTY}
  AND NOT EXISTS (SELECT 1 FROM campaign_batch b WHERE b.campaign_id = g.id AND NOT b.settled)
"""  # noqa: S608 - constants of this module
_CLOSED_WAVES: Final = f"""
SELECT g.application_id, w.campaign_id, w.number, w.zone, w.night_held
FROM campaign g JOIN campaign_wave w ON w.campaign_id = g.id
WHERE {_OPEN} AND g.status IN (2, 3) AND w.open_until <= $1
  AND (w.closed_reason IS NULL AND w.next_seq <= w.last_seq
       OR EXISTS (SELECT 1 FROM dispatch_chunk c WHERE c.campaign_id = g.id AND c.wave = w.number)
       OR EXISTS (SELECT 1 FROM message_retry r WHERE r.campaign_id = g.id AND r.wave = w.number))
ORDER BY w.campaign_id, w.number LIMIT $2
"""  # noqa: S608 - constants of this module
_REOPEN: Final = """
UPDATE campaign_wave SET open_from = $3, open_until = $4, closed_reason = coalesce(closed_reason, $5)
WHERE campaign_id = $1 AND number = $2
"""


class PostgresCampaignTally:
    """Implements `application.ports.campaign_tally.CampaignTally` on the hot engine."""

    def __init__(self, engine: AsyncEngine, identifiers: Identifiers) -> None:
        self._engine = engine
        self._identifiers = identifiers

    async def recount(self, now: datetime, limit: int) -> int:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            batches = await connection.fetch(_DUE, now, limit)
            for batch in batches:
                await _recount(connection, batch, now)
            # One lock after the other, in the order of the ids: a roll-up of two campaigns cannot meet another's.
            for campaign_id in sorted({batch["campaign_id"] for batch in batches}):
                await _roll_up(connection, campaign_id, now)
        return len(batches)

    async def hurry(self, now: datetime) -> int:
        return await self._execute(_HURRY, now, now - 2 * SOONEST)

    async def finished(self, now: datetime, limit: int) -> Sequence[OpenCampaign]:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            rows = await connection.fetch(_FINISHED, limit)
            for row in rows:
                await _roll_up(connection, row["id"], now)
            rows += await connection.fetch(_NO_MORE_RUNS, limit)
        return [OpenCampaign(row["application_id"], row["id"]) for row in rows]

    async def settle_canceled(self) -> int:
        return await self._execute(_SETTLE_CANCELED)

    async def cancel_waiting(self, now: datetime) -> int:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            return await cancel_waiting(connection, now, self._identifiers)

    async def closed_waves(self, now: datetime, limit: int) -> Sequence[ClosedWave]:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            rows = await connection.fetch(_CLOSED_WAVES, now, limit)
        return [
            ClosedWave(
                application_id=row["application_id"],
                campaign_id=row["campaign_id"],
                number=row["number"],
                zone=row["zone"],
                night_held=row["night_held"],
            )
            for row in rows
        ]

    async def reopen(
        self, wave: ClosedWave, opens: datetime | None, closes: datetime | None, reason: str | None
    ) -> None:
        await self._execute(_REOPEN, wave.campaign_id, wave.number, opens, closes, reason)

    async def _execute(self, statement: str, *values: object) -> int:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            return int((await connection.execute(statement, *values)).split()[-1])


async def _roll_up(connection: asyncpg.Connection, campaign_id: UUID, now: datetime) -> None:
    run_of = await connection.fetchval(_ROLL_UP, campaign_id, now)
    if run_of is not None:
        await connection.execute(_ROLL_UP_RUNS, run_of)


async def _recount(connection: asyncpg.Connection, batch: asyncpg.Record, now: datetime) -> None:
    place = (batch["campaign_id"], batch["first_seq"])
    rows = await connection.fetch(_COUNT, place[0], batch["min_id"], batch["max_id"])
    counts = {row["status"]: row["n"] for row in rows}
    if sum(counts.values()) < batch["n"] and batch["settled"]:
        # Retention has begun to drop its messages: what was counted last is what there was.
        await connection.execute(_NEVER_AGAIN, *place)
        return
    waiting = sum(counts.get(int(status), 0) for status in WAITING)
    age = now - batch["made_at"]
    again: datetime | None = now + min(max(age / 8, SOONEST), LATEST)
    if not waiting:
        again = now + max(age, LATEST) if age < LATE_REPORTS else None
    columns = (
        Status.PENDING,
        Status.ERRORED,
        Status.SUCCESSFUL,
        Status.RECEIVED,
        Status.CONVERTED,
        Status.FAILED,
        Status.CANCELED,
    )
    await connection.execute(
        _STORE, *place, *(counts.get(int(status), 0) for status in columns), not waiting, again, now
    )
