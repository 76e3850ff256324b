"""What PostgreSQL says of a run: what is still owed, how long messages took, who is connected."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from uuid import UUID

import asyncpg

from domain.messaging.lifecycle import Status

STALLED_SECONDS = 60.0
POLL_SECONDS = 0.1

_OWED = "SELECT (SELECT coalesce(sum(n), 0) FROM dispatch_chunk) + (SELECT count(*) FROM message_retry)"
_PENDING_OUTPUT = "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM stat_delta) + (SELECT count(*) FROM quota_delta)"
# A settled row's last writer is the transaction that settled it: `track_commit_timestamp` tells when it committed.
_LATENCIES = """
SELECT count(*) AS n, avg(ms) AS mean, percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY ms) AS ranks,
       extract(epoch FROM max(settled_at)) AS last
FROM (
    SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - uuid_extract_timestamp(id)) * 1000 AS ms,
           pg_xact_commit_timestamp(xmin) AS settled_at
    FROM message WHERE id BETWEEN $1 AND $2 AND status <> ALL($3::smallint[]) AND (campaign_id IS NULL OR NOT $4)
) AS one
"""
_WAITING = [int(Status.PENDING), int(Status.ERRORED)]


class Stalled(Exception):
    """Nothing was settled for a minute while messages are owed."""


class Watch:
    """One connection of the bench's own; not counted among the product's."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._busy = asyncio.Lock()

    @classmethod
    async def open(cls, database_url: str) -> Watch:
        """Connect. Raise OSError when PostgreSQL is away."""
        settings = {"application_name": "bench", "jit": "off"}
        return cls(await asyncpg.connect(database_url, server_settings=settings))

    async def close(self) -> None:
        """Disconnect."""
        await self._connection.close()

    async def owed(self) -> int:
        """Messages that were accepted and have no final outcome yet."""
        async with self._busy:
            return int(await self._connection.fetchval(_OWED))

    async def connections(self) -> int:
        """Connections that the product's processes hold."""
        async with self._busy:
            return int(
                await self._connection.fetchval(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE backend_type = 'client backend' AND application_name <> 'bench'"
                )
            )

    async def until_settled(self, tell: Callable[[int], None]) -> None:
        """Return when nothing is owed; `tell` hears what is. Raise Stalled when it does not get less."""
        least, since = await self.owed(), time.monotonic()
        while least:
            tell(least)
            await asyncio.sleep(POLL_SECONDS)
            owed = await self.owed()
            if owed < least or owed == 0:
                since = time.monotonic()
            elif time.monotonic() - since > STALLED_SECONDS:
                raise Stalled(f"{owed} messages are owed and nothing moves")
            least = owed
        tell(0)

    async def until_published(self) -> None:
        """Return when events are out and counters are folded: work that settling left behind."""
        until = time.monotonic() + STALLED_SECONDS
        while True:
            async with self._busy:
                left = int(await self._connection.fetchval(_PENDING_OUTPUT))
            if not left:
                return
            if time.monotonic() > until:
                raise Stalled(f"{left} rows of events and counters are left and nothing moves")
            await asyncio.sleep(POLL_SECONDS)

    async def settled(self, since: float, until: float, *, beside_campaigns: bool = False) -> Settled:
        """Messages accepted between two moments (Unix seconds) and settled; those of campaigns may be left out."""
        async with self._busy:
            row = await self._connection.fetchrow(
                _LATENCIES, lowest_id(since), lowest_id(until), _WAITING, beside_campaigns
            )
        assert row is not None
        if not row["n"]:
            return Settled(0, since, {"mean": 0.0, "p50": 0.0, "p95": 0.0, "p99": 0.0})
        p50, p95, p99 = row["ranks"]
        ranks = {"mean": row["mean"], "p50": p50, "p95": p95, "p99": p99}
        latency_ms = {name: round(float(value), 1) for name, value in ranks.items()}
        return Settled(row["n"], float(row["last"]), latency_ms)

    async def accepted(self, since: float, until: float) -> tuple[int, int]:
        """(messages, transactions that wrote them) of single sends: each has a content row, which never changes."""
        async with self._busy:
            row = await self._connection.fetchrow(
                "SELECT count(*), count(DISTINCT xmin::text) FROM content WHERE id BETWEEN $1 AND $2",
                lowest_id(since),
                lowest_id(until),
            )
        assert row is not None
        return row[0], row[1]

    async def execute(self, statement: str, *values: object) -> None:
        """A statement of the bench's own; it may take minutes."""
        async with self._busy:
            await self._connection.execute(statement, *values, timeout=600)

    async def row(self, query: str, *values: object) -> asyncpg.Record:
        """The one row of a query; it may take minutes."""
        async with self._busy:
            row = await self._connection.fetchrow(query, *values, timeout=600)
        assert row is not None
        return row

    async def rows(self, since: float = 0.0, until: float = 4e9) -> int:
        """Message rows of a span of time, or all of them."""
        async with self._busy:
            return int(
                await self._connection.fetchval(
                    "SELECT count(*) FROM message WHERE id BETWEEN $1 AND $2",
                    lowest_id(since),
                    lowest_id(until),
                )
            )

    async def server_version(self) -> str:
        """Of PostgreSQL."""
        async with self._busy:
            return str(await self._connection.fetchval("SHOW server_version"))


class Settled:
    """How many, when the last one was committed (Unix seconds), and how long they took."""

    def __init__(self, n: int, last: float, latency_ms: dict[str, float]) -> None:
        self.n = n
        self.last = last
        self.latency_ms = latency_ms


def lowest_id(moment: float) -> UUID:
    """The least UUIDv7 of a moment."""
    return UUID(int=int(moment * 1000) << 80)
