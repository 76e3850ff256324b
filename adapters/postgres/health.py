"""How PostgreSQL and the queue do, for people: small tables and the server's own views, each read bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg
import attrs
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.chunk_states import HELD, LEASED, RELEASED
from adapters.postgres.engine import raw_connection
from adapters.postgres.failures import CONNECTION_ERRORS
from application.ports.health import (
    DatabaseReading,
    LaneReading,
    PauseReading,
    StatementReading,
    StoreReading,
    WorkerReading,
)
from domain.shared.channels import Channel, Lane, SubscriptionType
from domain.shared.errors import Unavailable

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
SELECT w.host, w.pid, w.started_at, w.beat_at,
       (SELECT count(*) FROM dispatch_chunk c WHERE c.worker = w.incarnation AND c.state = $1) AS leased
FROM worker w ORDER BY w.started_at LIMIT 200
"""
_PAUSES: Final = """
SELECT p.application_id, a.name, p.type, p.reason, p.paused_at
FROM channel_pause p JOIN application a ON a.id = p.application_id ORDER BY p.paused_at DESC LIMIT 100
"""
_DATABASE: Final = """
SELECT current_setting('server_version') AS version, pg_database_size(d.datid) AS size,
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections,
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active') AS active,
       current_setting('max_connections')::integer AS max_connections,
       d.blks_hit::float8 / nullif(d.blks_hit + d.blks_read, 0) AS cache_share,
       (SELECT coalesce(max(extract(epoch FROM now() - a.xact_start)), 0)::float8 FROM pg_stat_activity a
        WHERE a.datid = d.datid AND a.state <> 'idle') AS longest,
       (SELECT count(*) FROM outbox) AS outbox, (SELECT count(*) FROM stat_delta) AS unfolded,
       (SELECT value->>'reason' FROM system_state WHERE name = 'hold') AS hold_reason
FROM pg_stat_database d WHERE d.datname = current_database()
"""
# Statements of ours have placeholders; what somebody typed at a console has values, and is not shown.
_SLOW: Final = """
SELECT extract(epoch FROM clock_timestamp() - query_start)::float8 AS seconds, wait_event, application_name,
       left(regexp_replace(query, '\\s+', ' ', 'g'), 300) AS text
FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() AND backend_type = 'client backend'
  AND application_name LIKE 'automata-signal%' AND query_start < clock_timestamp() - interval '1 second'
ORDER BY query_start LIMIT 20
"""


@attrs.frozen
class PostgresHealth:
    """Implements `application.ports.health.Health`."""

    engine: AsyncEngine

    async def read(self) -> StoreReading:
        try:
            async with raw_connection(self.engine) as connection, connection.transaction(readonly=True):
                await connection.execute("SET LOCAL statement_timeout = '5s'")
                lanes = await connection.fetch(_LANES, HELD, RELEASED, LEASED)
                retries = await connection.fetch(_RETRIES)
                workers = await connection.fetch(_WORKERS, LEASED)
                pauses = await connection.fetch(_PAUSES)
                database = await connection.fetchrow(_DATABASE)
                slow = await connection.fetch(_SLOW)
        except (asyncpg.QueryCanceledError, *CONNECTION_ERRORS) as error:
            raise Unavailable("the database does not say how it does") from error
        assert database is not None
        return StoreReading(
            database=_database(database, slow),
            lanes=_lanes(lanes, {(row["lane"], row["channel"]): row["n"] for row in retries}),
            workers=[
                WorkerReading(
                    host=row["host"],
                    pid=row["pid"],
                    started_at=row["started_at"],
                    beat_at=row["beat_at"],
                    leased_chunks=row["leased"],
                )
                for row in workers
            ],
            pauses=[
                PauseReading(
                    application_id=row["application_id"],
                    application_name=row["name"],
                    type=SubscriptionType(row["type"]),
                    reason=row["reason"],
                    paused_at=row["paused_at"],
                )
                for row in pauses
            ],
        )


def _database(row: asyncpg.Record, slow: Sequence[asyncpg.Record]) -> DatabaseReading:
    return DatabaseReading(
        version=row["version"].partition(" ")[0],
        size_bytes=row["size"],
        connections=row["connections"],
        active=row["active"],
        max_connections=row["max_connections"],
        cache_share=row["cache_share"],
        longest_seconds=row["longest"],
        outbox=row["outbox"],
        unfolded=row["unfolded"],
        hold_reason=row["hold_reason"],
        statements=tuple(
            StatementReading(
                seconds=one["seconds"],
                waits_for=one["wait_event"],
                process=one["application_name"],
                text=one["text"],
            )
            for one in slow
        ),
    )


def _lanes(rows: Sequence[asyncpg.Record], retries: Mapping[tuple[int, int], int]) -> list[LaneReading]:
    queued = {(row["lane"], row["channel"]): row for row in rows}
    found: list[LaneReading] = []
    for key in sorted({*queued, *retries}):
        row = queued.get(key)
        found.append(
            LaneReading(
                lane=Lane(key[0]),
                channel=Channel(key[1]),
                held=0 if row is None else int(row["held"]),
                released=0 if row is None else int(row["released"]),
                in_delivery=0 if row is None else int(row["in_delivery"]),
                retrying=retries.get(key, 0),
                oldest_at=None if row is None else row["oldest_at"],
            )
        )
    return found
