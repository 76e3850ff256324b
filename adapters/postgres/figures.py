"""Live figures in PostgreSQL: counters together with the deltas that are not folded into them yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import attrs
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.chunk_states import HELD, LEASED, RELEASED
from adapters.postgres.engine import raw_connection
from application.ports.figures import QueueTally, ReasonTally, Tally
from domain.messaging.event import MessageEventType
from domain.shared.channels import SubscriptionType

_TALLIES: Final = """
SELECT hour, type, event_type, sum(n)::bigint AS n FROM (
    SELECT hour, type, event_type, n FROM stat_hourly
    WHERE application_id = $1 AND hour >= date_trunc('hour', $2::timestamptz)
    UNION ALL
    SELECT hour, type, event_type, n FROM stat_delta
    WHERE application_id = $1 AND hour >= date_trunc('hour', $2::timestamptz)
) AS counted GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_FAILURES: Final = """
SELECT reason, sum(n)::bigint AS n FROM stat_hourly
WHERE application_id = $1 AND hour >= date_trunc('hour', $2::timestamptz) AND event_type = $3 AND reason <> ''
GROUP BY reason ORDER BY n DESC, reason LIMIT $4
"""
_QUEUE: Final = """
SELECT coalesce(sum(n) FILTER (WHERE state = $2), 0) AS held,
       coalesce(sum(n) FILTER (WHERE state = $3), 0) AS released,
       coalesce(sum(n) FILTER (WHERE state = $4), 0) AS in_delivery,
       (SELECT count(*) FROM message_retry WHERE application_id = $1) AS retrying
FROM dispatch_chunk WHERE application_id = $1
"""


@attrs.frozen
class PostgresFigures:
    """Implements `application.ports.figures.Figures`."""

    engine: AsyncEngine

    async def tallies(self, application_id: UUID, *, since: datetime) -> Sequence[Tally]:
        async with raw_connection(self.engine) as connection:
            rows = await connection.fetch(_TALLIES, application_id, since)
        return [
            Tally(row["hour"], SubscriptionType(row["type"]), MessageEventType(row["event_type"]), row["n"])
            for row in rows
        ]

    async def failures(self, application_id: UUID, *, since: datetime, limit: int) -> Sequence[ReasonTally]:
        async with raw_connection(self.engine) as connection:
            rows = await connection.fetch(
                _FAILURES, application_id, since, int(MessageEventType.FAILED), limit
            )
        return [ReasonTally(row["reason"], row["n"]) for row in rows]

    async def queue(self, application_id: UUID) -> QueueTally:
        async with raw_connection(self.engine) as connection:
            row = await connection.fetchrow(_QUEUE, application_id, HELD, RELEASED, LEASED)
        assert row is not None
        return _queue(row, row["retrying"])


def _queue(row: asyncpg.Record, retrying: int) -> QueueTally:
    return QueueTally(
        held=int(row["held"]),
        released=int(row["released"]),
        in_delivery=int(row["in_delivery"]),
        retrying=int(retrying),
    )
