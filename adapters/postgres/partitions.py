"""Day partitions of content, message, its events and what was sent, on UUIDv7 bounds: made ahead of the clock, dropped by age.

CREATE … LIKE with ATTACH, and DETACH CONCURRENTLY with DROP: neither stalls the hot path while readers live, which
CREATE … PARTITION OF, a plain DETACH and DROP all do (pipeline rule A1).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from uuid import UUID

import asyncpg

PARTITIONED = ("content", "message", "message_event", "sent_batch")
_STORAGE = {
    "content": "autovacuum_enabled = true",
    "message": "fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.05",
    "message_event": "fillfactor = 100",
    "sent_batch": "fillfactor = 100, toast_tuple_target = 8160",
}
_DAY_MS = 86_400_000
_MAKING = 0x5167_6E61_6C01
"""Advisory lock: one maker at a time."""


def lower_bound(day: date) -> UUID:
    """The smallest UUIDv7 of a UTC day."""
    milliseconds = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
    return UUID(int=milliseconds << 80)


def day_of(id_: UUID) -> date:
    """The UTC day that a UUIDv7 was made on."""
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC).date()


def leaves(table: str, ids: Sequence[UUID]) -> list[tuple[str, Sequence[UUID]]]:
    """Ascending ids by the partition of `table` that holds them: (the partition's name, its ids).

    Statements that name a leaf need no pruning, so their plans can be kept: see docs/decisions/0014.
    """
    if not ids:
        return []
    first, last = ids[0].int >> 80, ids[-1].int >> 80
    if first // _DAY_MS == last // _DAY_MS:
        return [(_leaf(table, first // _DAY_MS), ids)]
    return [
        (_leaf(table, number), list(some))
        for number, some in groupby(ids, key=lambda id_: (id_.int >> 80) // _DAY_MS)
    ]


@lru_cache(maxsize=256)
def _leaf(table: str, day_number: int) -> str:
    day = date(1970, 1, 1) + timedelta(days=day_number)
    return f"{table}_p{day:%Y%m%d}"


async def ensure_partitions(connection: asyncpg.Connection, now: datetime, days_ahead: int = 3) -> int:
    """Make the partitions of yesterday up to `days_ahead` days after `now`; answer how many were missing."""
    made = 0
    days = [now.date() + timedelta(days=offset) for offset in range(-1, days_ahead + 1)]
    await connection.execute("SELECT pg_advisory_lock($1)", _MAKING)
    try:
        present = set.intersection(*[set(await partition_days(connection, table)) for table in PARTITIONED])
        for day in days:
            if day in present:
                continue
            for table in PARTITIONED:
                await _make(connection, table, day)
            made += 1
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _MAKING)
    return made


async def _make(connection: asyncpg.Connection, table: str, day: date) -> None:
    name = _leaf(table, (day - date(1970, 1, 1)).days)
    if await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", name) and await connection.fetchval(
        "SELECT relispartition FROM pg_class WHERE oid = to_regclass($1)", name
    ):
        return
    low, high = lower_bound(day), lower_bound(day + timedelta(days=1))
    async with connection.transaction():
        # Bounds cannot be parameters of DDL; they are UUIDs made here, never a caller's text.
        await connection.execute(
            f"CREATE TABLE IF NOT EXISTS {name}"
            f" (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING INDEXES) WITH ({_STORAGE[table]})"
        )
        await connection.execute(
            f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{low}') TO ('{high}')"
        )


async def partition_days(connection: asyncpg.Connection, table: str) -> list[date]:
    """Days that have an attached partition, oldest first."""
    rows = await connection.fetch(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = to_regclass($1) AND NOT i.inhdetachpending",
        table,
    )
    return sorted(datetime.strptime(row["relname"][-8:], "%Y%m%d").date() for row in rows)


async def retention_floor(connection: asyncpg.Connection) -> UUID:
    """Ids below this were dropped by retention, or never existed."""
    days = await partition_days(connection, "message")
    return lower_bound(days[0]) if days else UUID(int=0)


async def drop_partitions(connection: asyncpg.Connection, older_than: date) -> list[date]:
    """Drop partitions of days before `older_than` that no queued message needs; answer the days dropped.

    `connection` must be in autocommit. A DETACH that a crash left half-way is finalised first. Content lives a day
    longer than messages: a message accepted at midnight may point at content of the day before.
    """
    await _finalise(connection)
    needed = await oldest_needed(connection)
    limit = older_than if needed is None else min(older_than, day_of(needed))
    dropped: list[date] = []
    for table in reversed(PARTITIONED):
        bound = limit - timedelta(days=1) if table == "content" else limit
        for day in await partition_days(connection, table):
            if day < bound:
                name = f"{table}_p{day:%Y%m%d}"
                await connection.execute(f"ALTER TABLE {table} DETACH PARTITION {name} CONCURRENTLY")
                await connection.execute(f"DROP TABLE {name}")
                if table == "message":
                    dropped.append(day)
    return dropped


async def oldest_needed(connection: asyncpg.Connection) -> UUID | None:
    """The oldest message that anything is still to be done with; None: nothing is."""
    found: UUID | None = await connection.fetchval(
        "SELECT least((SELECT min_id FROM dispatch_chunk ORDER BY min_id LIMIT 1),"
        " (SELECT message_id FROM message_retry ORDER BY message_id LIMIT 1),"
        " (SELECT message_id FROM send_claim ORDER BY message_id LIMIT 1),"
        " (SELECT root_id FROM fallback ORDER BY root_id LIMIT 1))"
    )
    return found


async def _finalise(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch(
        "SELECT p.relname AS parent, c.relname AS child FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " JOIN pg_class p ON p.oid = i.inhparent WHERE i.inhdetachpending"
    )
    for row in rows:
        await connection.execute(f'ALTER TABLE "{row["parent"]}" DETACH PARTITION "{row["child"]}" FINALIZE')
        await connection.execute(f'DROP TABLE "{row["child"]}"')
