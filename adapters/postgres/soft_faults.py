"""Faults that count only when they repeat: n in a row over at least three days set a code, any success forgets them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from adapters.postgres.token_faults import apply_codes, write_subscription_events
from application.ports.identifiers import Identifiers
from domain.audience.subscription_event import ChangeSource, SubscriptionEventType
from domain.audience.suppression import CLEARING, SOFT_SPAN
from domain.messaging.outcome import SoftFault

_COUNT = """
INSERT INTO soft_fault AS kept (subscription_id, code, n, first_at, last_at)
SELECT subscription_id, code, n, $4, $4
FROM unnest($1::uuid[], $2::smallint[], $3::smallint[]) AS row (subscription_id, code, n)
ORDER BY subscription_id, code
ON CONFLICT (subscription_id, code) DO UPDATE SET
    n = least(kept.n + excluded.n, 1000), last_at = greatest(kept.last_at, excluded.last_at)
RETURNING subscription_id, code, n, first_at, last_at
"""
_VERSIONS = "SELECT id, token_version FROM subscription WHERE id = ANY($1::uuid[])"
_CLEAR = """
WITH due AS (
    SELECT s.id FROM subscription s
    JOIN unnest($1::smallint[], $2::interval[]) AS c (code, after) ON s.subscription_status = c.code
    WHERE s.subscription_status IN (-43, -53, -60, -73) AND NOT s.is_archived AND s.unsubscribed_at <= $3::timestamptz - c.after
    ORDER BY s.id LIMIT $4 FOR UPDATE OF s SKIP LOCKED
)
UPDATE subscription s SET subscription_status = 1, subscribed_at = $3, unsubscribed_at = NULL, updated_at = $3
FROM due WHERE s.id = due.id RETURNING s.id, s.user_id, s.application_id, s.type
"""


async def count_soft_faults(
    connection: asyncpg.Connection,
    faults: Sequence[tuple[UUID, SoftFault, str]],
    now: datetime,
    identifiers: Identifiers,
) -> None:
    """(subscription, fault, reason): add each to its row; where they are enough, set the code and forget the row."""
    counts: dict[tuple[UUID, int], int] = {}
    times: dict[int, int] = {}
    reasons: dict[tuple[UUID, int], str] = {}
    for subscription_id, fault, reason in faults:
        key = subscription_id, fault.code
        counts[key] = counts.get(key, 0) + 1
        times[fault.code] = fault.times
        reasons[key] = reason
    keys = sorted(counts)
    rows = await connection.fetch(
        _COUNT, [id_ for id_, _ in keys], [code for _, code in keys], [counts[key] for key in keys], now
    )
    enough = [
        (row["subscription_id"], row["code"])
        for row in rows
        if row["n"] >= times[row["code"]] and row["last_at"] - row["first_at"] >= SOFT_SPAN
    ]
    if not enough:
        return
    versions = {
        row["id"]: row["token_version"]
        for row in await connection.fetch(_VERSIONS, sorted({id_ for id_, _ in enough}))
    }
    await apply_codes(
        connection,
        [(id_, code, versions[id_], None, reasons[id_, code]) for id_, code in enough if id_ in versions],
        now,
        identifiers,
    )
    await forget_soft_faults(connection, {id_ for id_, _ in enough})


async def forget_soft_faults(connection: asyncpg.Connection, subscription_ids: Collection[UUID]) -> None:
    """They were reached."""
    await connection.execute(
        "DELETE FROM soft_fault WHERE subscription_id = ANY($1::uuid[])", sorted(subscription_ids)
    )


async def clear_ended_codes(
    connection: asyncpg.Connection, now: datetime, identifiers: Identifiers, limit: int = 1_000
) -> int:
    """Subscribe again whose code ends by itself after a time; answer how many."""
    rows = await connection.fetch(_CLEAR, list(CLEARING), list(CLEARING.values()), now, limit)
    await write_subscription_events(
        connection,
        rows,
        SubscriptionEventType.SUBSCRIBED,
        ChangeSource.SYSTEM,
        "code_ended",
        now,
        identifiers,
    )
    return len(rows)
