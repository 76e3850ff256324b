"""Housekeeping: partitions ahead of the clock, retention, and rows that are past their keeping."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg

from adapters.postgres.commit import CONNECTION_ERRORS
from adapters.postgres.content_sweep import sweep_contents
from adapters.postgres.partitions import drop_partitions, ensure_partitions
from domain.shared.errors import Unavailable

IDEMPOTENCY_KEPT = timedelta(days=30)
DRY_RUNS_KEPT = timedelta(days=7)
ROWS_AT_ONCE = 10_000


async def tidy(connection: asyncpg.Connection, now: datetime, retention_days: int) -> int:
    """Answer how many rows and partitions were made or removed. `connection` is in autocommit."""
    try:
        done = await ensure_partitions(connection, now)
        done += len(await drop_partitions(connection, now.date() - timedelta(days=retention_days)))
        for statement, bound in (
            (
                "DELETE FROM idempotency WHERE (application_id, key) IN (SELECT application_id, key FROM idempotency"
                " WHERE created_at < $1 ORDER BY created_at LIMIT $2)",
                now - IDEMPOTENCY_KEPT,
            ),
            (
                "DELETE FROM worker WHERE incarnation IN (SELECT w.incarnation FROM worker w WHERE w.beat_at < $1"
                " AND NOT EXISTS (SELECT 1 FROM dispatch_chunk c WHERE c.worker = w.incarnation AND c.state = 2)"
                " LIMIT $2)",
                now - timedelta(minutes=5),
            ),
            # As long as the messages that came of them: after that nobody can be told why.
            (
                "DELETE FROM campaign_recipient WHERE ctid = ANY(ARRAY(SELECT r.ctid FROM campaign g"
                " JOIN campaign_recipient r ON r.campaign_id = g.id"
                " WHERE g.settled AND g.ended_at < $1 LIMIT $2))",
                now - timedelta(days=retention_days),
            ),
            (
                "DELETE FROM campaign_dry_run WHERE (campaign_id, fingerprint) IN (SELECT campaign_id, fingerprint"
                " FROM campaign_dry_run WHERE made_at < $1 ORDER BY made_at LIMIT $2)",
                now - DRY_RUNS_KEPT,
            ),
        ):
            done += int((await connection.execute(statement, bound, ROWS_AT_ONCE)).split()[-1])
        return done + await sweep_contents(connection, now)
    except CONNECTION_ERRORS as error:
        raise Unavailable("the database is away") from error
