"""The rows that count quota, locked in the one order that keeps reservations and the folder from deadlock.

Quota rows by application, then window rows by (application, kind, start). Window rows that are missing are made
before anything is locked, in the same order, so that two callers who make the same rows cannot wait for each other
in a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Final
from uuid import UUID

import asyncpg

from domain.quota.windows import WindowKind

Key = tuple[UUID, WindowKind, date]
"""One window row: application, kind, first day."""

_MAKE_WINDOWS_AND_LOCK_QUOTAS: Final = """
WITH missing AS (
    INSERT INTO quota_window (application_id, kind, starts_on)
    SELECT k.application_id, k.kind, k.starts_on
    FROM unnest($1::uuid[], $2::text[], $3::date[]) AS k (application_id, kind, starts_on)
    WHERE NOT EXISTS (
        SELECT FROM quota_window w
        WHERE w.application_id = k.application_id AND w.kind = k.kind AND w.starts_on = k.starts_on)
    ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT q.application_id, q.daily_quota, q.monthly_quota, q.billing_mode, q.billing_currency, q.credit_balance,
    u.channel, u.unit_price
FROM quota q LEFT JOIN unit_price u ON u.application_id = q.application_id AND u.channel = ANY($5::smallint[])
WHERE q.application_id = ANY($4::uuid[]) AND (SELECT count(*) FROM missing) >= 0
ORDER BY q.application_id
FOR NO KEY UPDATE OF q
"""

# A statement of its own: its snapshot is taken once the quota rows are held, so it sees what their last holder wrote.
_LOCK_WINDOWS: Final = """
SELECT w.application_id, w.kind, w.starts_on, w.granted, w.settled, w.released
FROM unnest($1::uuid[], $2::text[], $3::date[]) AS k (application_id, kind, starts_on)
JOIN quota_window w ON w.application_id = k.application_id AND w.kind = k.kind AND w.starts_on = k.starts_on
ORDER BY w.application_id, w.kind, w.starts_on
FOR NO KEY UPDATE OF w
"""


async def lock_quota_rows(
    connection: asyncpg.Connection,
    keys: Sequence[Key],
    applications: Collection[UUID],
    channels: Collection[int],
) -> tuple[list[asyncpg.Record], list[asyncpg.Record]]:
    """Make the windows that are missing and lock everything; answer quota rows and window rows.

    A quota row comes once per price that it has for the channels, or once with nulls. Two statements.
    """
    columns = as_columns(keys, 3)
    quotas = await connection.fetch(
        _MAKE_WINDOWS_AND_LOCK_QUOTAS, *columns, sorted(applications), sorted(channels)
    )
    return quotas, await connection.fetch(_LOCK_WINDOWS, *columns)


def window_keys(days: Iterable[tuple[UUID, date, date]]) -> list[Key]:
    """The keys of these (application, day, month), each once, in the order of the locks."""
    return sorted(
        {
            key
            for application_id, day, month in days
            for key in (
                (application_id, WindowKind.DAILY, day),
                (application_id, WindowKind.MONTHLY, month),
            )
        }
    )


def as_columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    """Rows to columns; also no rows, to that many empty columns."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
