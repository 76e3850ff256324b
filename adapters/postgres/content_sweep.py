"""Removes what messages said where an application keeps it shorter than the messages themselves.

A walk along ids, bounded span after bounded span, each committed with the place where it ends; whoever dies is followed by
another who goes on from there. Rows, states, events and figures of the messages stay.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import attrs
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.engine import raw_connection
from adapters.postgres.failures import CONNECTION_ERRORS
from adapters.postgres.partitions import lower_bound, oldest_needed
from domain.shared.errors import Unavailable

ROWS_AT_ONCE: Final = 5_000
SPANS_AT_ONCE: Final = 40
"""Of one application in one round."""
_SWEEPING: Final = 0x5167_6E61_6C09
"""Advisory lock: one sweeper at a time."""

_WANTED: Final = """
SELECT a.id, (a.settings ->> 'content_retention_days')::integer AS days, s.swept_until FROM application a
LEFT JOIN content_sweep s ON s.application_id = a.id
WHERE (a.settings ->> 'content_retention_days') IS NOT NULL ORDER BY s.swept_at NULLS FIRST LIMIT 100
"""
_BEGINS: Final = """
SELECT least((SELECT id FROM content ORDER BY id LIMIT 1), (SELECT id FROM message ORDER BY id LIMIT 1))
"""
# A span holds so many rows of neither table; the whole installation's, because neither is in order of applications.
_BOUND: Final = """
SELECT least((SELECT id FROM content WHERE id >= $1 AND id < $2 ORDER BY id OFFSET $3 LIMIT 1),
             (SELECT id FROM message WHERE id >= $1 AND id < $2 ORDER BY id OFFSET $3 LIMIT 1))
"""
# What a campaign that is not over still sends is left to the next change of the setting, or to the messages' own end.
_CONTENTS: Final = """
DELETE FROM content WHERE id >= $1 AND id < $2 AND application_id = $3 AND NOT EXISTS (
    SELECT 1 FROM campaign g JOIN campaign_content k ON k.campaign_id = g.id
    WHERE g.application_id = $3 AND NOT g.settled AND k.content_id = content.id)
"""
_VARIABLES: Final = """
UPDATE message SET variables = NULL WHERE id >= $1 AND id < $2 AND application_id = $3 AND variables IS NOT NULL
"""
_DONE: Final = """
INSERT INTO content_sweep (application_id, swept_until, swept_at) VALUES ($1, $2, $3)
ON CONFLICT (application_id) DO UPDATE SET swept_until = greatest(content_sweep.swept_until, excluded.swept_until),
    swept_at = excluded.swept_at
"""


async def sweep_contents(
    connection: asyncpg.Connection,
    now: datetime,
    *,
    rows_at_once: int = ROWS_AT_ONCE,
    spans_at_once: int = SPANS_AT_ONCE,
) -> int:
    """Answer how many rows lost what they said. `connection` is in autocommit."""
    if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _SWEEPING):
        return 0
    try:
        wanted = await connection.fetch(_WANTED)
        if not wanted:
            return 0
        needed = await oldest_needed(connection)
        removed = 0
        for row in wanted:
            end = lower_bound(_day(now, row["days"], needed))
            at = row["swept_until"] or await connection.fetchval(_BEGINS) or end
            for _ in range(spans_at_once):
                if at >= end:
                    break
                at, gone = await _sweep(connection, row["id"], at, end, rows_at_once, now)
                removed += gone
        return removed
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _SWEEPING)


async def _sweep(
    connection: asyncpg.Connection, application_id: UUID, at: UUID, end: UUID, rows: int, now: datetime
) -> tuple[UUID, int]:
    """One span: where it ended, and how many rows lost what they said."""
    async with connection.transaction():
        bound: UUID = await connection.fetchval(_BOUND, at, end, rows) or end
        gone = 0
        for statement in (_CONTENTS, _VARIABLES):
            gone += int((await connection.execute(statement, at, bound, application_id)).split()[-1])
        await connection.execute(_DONE, application_id, bound, now)
    return bound, gone


def _day(now: datetime, days: int, needed: UUID | None) -> date:
    """The first day that keeps its contents; the day before a message that is still needed may hold what it says."""
    day = now.date() - timedelta(days=days)
    return day if needed is None else min(day, _moment(needed).date() - timedelta(days=1))


def _moment(id_: UUID) -> datetime:
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC)


@attrs.frozen
class PostgresRetention:
    """Implements `application.ports.retention.Retention`."""

    engine: AsyncEngine

    async def swept_until(self, application_id: UUID) -> datetime | None:
        try:
            async with raw_connection(self.engine) as connection:
                found = await connection.fetchval(
                    "SELECT swept_until FROM content_sweep WHERE application_id = $1", application_id
                )
        except CONNECTION_ERRORS as error:
            raise Unavailable("the database is away") from error
        return None if found is None else _moment(found)
