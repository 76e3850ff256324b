"""Live figures in PostgreSQL: counters together with the deltas that are not folded into them yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg
import attrs
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.chunk_states import HELD, LEASED, RELEASED
from adapters.postgres.engine import raw_connection
from application.ports.installation import (
    DatabaseReading,
    InstallationReading,
    LaneTally,
    QueueTally,
    WorkerNode,
)
from domain.shared.channels import Channel, Lane

_QUEUE: Final = """
SELECT coalesce(sum(n) FILTER (WHERE state = $2), 0) AS held,
       coalesce(sum(n) FILTER (WHERE state = $3), 0) AS released,
       coalesce(sum(n) FILTER (WHERE state = $4), 0) AS in_delivery,
       (SELECT count(*) FROM message_retry WHERE application_id = $1) AS retrying
FROM dispatch_chunk WHERE application_id = $1
"""
_LANES: Final = """
SELECT lane, channel,
       coalesce(sum(n) FILTER (WHERE state = $1), 0) AS held,
       coalesce(sum(n) FILTER (WHERE state = $2), 0) AS released,
       coalesce(sum(n) FILTER (WHERE state = $3), 0) AS in_delivery,
       min(created_at) FILTER (WHERE not_before IS NULL OR not_before <= now()) AS oldest_at
FROM dispatch_chunk GROUP BY 1, 2 ORDER BY 1, 2
"""
_RETRIES: Final = "SELECT lane, channel, count(*) AS n FROM message_retry GROUP BY 1, 2"
_WORKERS: Final = """
SELECT w.incarnation, w.host, w.pid, w.started_at, w.beat_at,
       (SELECT count(*) FROM dispatch_chunk c WHERE c.worker = w.incarnation AND c.state = $1) AS leased
FROM worker w ORDER BY w.started_at
"""
_DATABASE: Final = """
SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS size,
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections,
       current_setting('max_connections')::integer AS max_connections,
       (SELECT count(*) FROM outbox) AS outbox, (SELECT count(*) FROM stat_delta) AS unfolded,
       (SELECT value->>'reason' FROM system_state WHERE name = 'hold') AS hold_reason
"""


@attrs.frozen
class PostgresInstallation:
    """Implements `application.ports.installation.Installation`."""

    engine: AsyncEngine

    async def queue(self, application_id: UUID) -> QueueTally:
        async with raw_connection(self.engine) as connection:
            row = await connection.fetchrow(_QUEUE, application_id, HELD, RELEASED, LEASED)
        assert row is not None
        return _queue(row, row["retrying"])

    async def read(self) -> InstallationReading:
        async with raw_connection(self.engine) as connection:
            lanes = await connection.fetch(_LANES, HELD, RELEASED, LEASED)
            retries = {(row["lane"], row["channel"]): row["n"] for row in await connection.fetch(_RETRIES)}
            workers = await connection.fetch(_WORKERS, LEASED)
            database = await connection.fetchrow(_DATABASE)
        assert database is not None
        return InstallationReading(
            database=DatabaseReading(
                version=database["version"],
                size_bytes=database["size"],
                connections=database["connections"],
                max_connections=database["max_connections"],
                outbox=database["outbox"],
                unfolded=database["unfolded"],
                hold_reason=database["hold_reason"],
            ),
            lanes=_lanes(lanes, retries),
            workers=[
                WorkerNode(
                    incarnation=row["incarnation"],
                    host=row["host"],
                    pid=row["pid"],
                    started_at=row["started_at"],
                    beat_at=row["beat_at"],
                    leased_chunks=row["leased"],
                )
                for row in workers
            ],
        )


def _lanes(rows: Sequence[asyncpg.Record], retries: dict[tuple[int, int], int]) -> list[LaneTally]:
    left = dict(retries)
    found = [
        LaneTally(
            lane=Lane(row["lane"]),
            channel=Channel(row["channel"]),
            queue=_queue(row, left.pop((row["lane"], row["channel"]), 0)),
            oldest_at=row["oldest_at"],
        )
        for row in rows
    ]
    return found + [
        LaneTally(lane=Lane(lane), channel=Channel(channel), queue=QueueTally(retrying=n), oldest_at=None)
        for (lane, channel), n in sorted(left.items())
    ]


def _queue(row: asyncpg.Record, retrying: int) -> QueueTally:
    return QueueTally(
        held=int(row["held"]),
        released=int(row["released"]),
        in_delivery=int(row["in_delivery"]),
        retrying=int(retrying),
    )
