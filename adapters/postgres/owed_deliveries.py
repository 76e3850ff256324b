"""Deliveries that are owed: rows that are claimed for a minute, so that a killed process delays them and loses none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import CONNECTION_ERRORS, committing
from adapters.postgres.engine import raw_connection
from application.ports.identifiers import Identifiers
from application.ports.vault import Sealed
from application.ports.webhooks import OwedDelivery
from domain.shared.errors import Unavailable
from domain.webhooks.schedule import KEPT

CLAIMED_FOR: Final = timedelta(seconds=60)
"""Longer than a post may take."""
AT_ONCE_EACH: Final = 4
"""Posts under way to one endpoint from one process; one, while it fails."""
TIDY_ROWS: Final = 5_000

_CLAIM: Final = """
WITH due AS (
    SELECT d.endpoint_id, d.event_id
    FROM webhook_endpoint e
    LEFT JOIN unnest($3::uuid[], $4::integer[]) AS hand (endpoint_id, n) ON hand.endpoint_id = e.id
    CROSS JOIN LATERAL (
        SELECT w.endpoint_id, w.event_id FROM webhook_delivery w
        WHERE w.endpoint_id = e.id AND w.state = 0 AND w.next_at <= $1
        ORDER BY w.next_at
        LIMIT greatest(0, CASE WHEN e.failing_since IS NULL THEN $5::integer ELSE 1 END - coalesce(hand.n, 0))
        FOR UPDATE SKIP LOCKED) d
    WHERE e.is_active
    LIMIT $2
), claimed AS (
    UPDATE webhook_delivery w SET next_at = $1 + $6::interval, attempts = w.attempts + 1, last_attempt_at = $1
    FROM due WHERE w.endpoint_id = due.endpoint_id AND w.event_id = due.event_id
    RETURNING w.endpoint_id, w.event_id, w.attempts
)
SELECT c.endpoint_id, c.event_id, c.attempts, e.application_id, e.url, e.secret_ciphertext, e.secret_key_id,
    e.old_ciphertext, e.old_key_id, e.old_until, e.failing_since, v.type, v.payload, v.created_at
FROM claimed c JOIN webhook_endpoint e ON e.id = c.endpoint_id JOIN webhook_event v ON v.id = c.event_id
"""
_SUCCEEDED: Final = """
WITH done AS (
    UPDATE webhook_delivery SET state = 1, last_status = $4, last_error = NULL
    WHERE endpoint_id = $1 AND event_id = $2 AND attempts = $3 AND state = 0 RETURNING endpoint_id)
UPDATE webhook_endpoint e SET failing_since = NULL FROM done WHERE e.id = done.endpoint_id AND e.failing_since IS NOT NULL
"""
_FAILED: Final = """
UPDATE webhook_delivery SET state = CASE WHEN $4::timestamptz IS NULL THEN 2 ELSE 0 END, next_at = coalesce($4, next_at),
    last_status = $5, last_error = $6
WHERE endpoint_id = $1 AND event_id = $2 AND attempts = $3 AND state = 0 RETURNING 1
"""
_DISABLE: Final = """
WITH off AS (
    UPDATE webhook_endpoint SET is_active = false, disabled_reason = $2, updated_at = $3 WHERE id = $1 AND is_active
    RETURNING id, application_id, url, failing_since)
INSERT INTO alert (id, application_id, kind, detail, raised_at, severity)
SELECT $4, application_id, 'webhook_disabled',
    jsonb_build_object('webhook_id', id, 'reason', $2::text, 'failing_since', failing_since), $3, 'warning' FROM off
"""


class PostgresOwedDeliveries:
    """Implements `application.ports.webhooks.OwedDeliveries`."""

    def __init__(self, engine: AsyncEngine, identifiers: Identifiers) -> None:
        self._engine = engine
        self._identifiers = identifiers

    async def claim(self, now: datetime, *, room: int, in_hand: Mapping[UUID, int]) -> Sequence[OwedDelivery]:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            rows = await connection.fetch(
                _CLAIM, now, room, list(in_hand), list(in_hand.values()), AT_ONCE_EACH, CLAIMED_FOR
            )
        return [_owed(row, now) for row in rows]

    async def succeeded(self, one: OwedDelivery, status: int, now: datetime) -> None:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            await connection.execute(_SUCCEEDED, one.endpoint_id, one.event_id, one.attempt, status)

    async def failed(
        self,
        one: OwedDelivery,
        *,
        status: int | None,
        error: str,
        next_at: datetime | None,
        now: datetime,
        disable: str | None,
    ) -> None:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            if not await connection.fetch(
                _FAILED, one.endpoint_id, one.event_id, one.attempt, next_at, status, error
            ):
                return
            await connection.execute(
                "UPDATE webhook_endpoint SET failing_since = $2 WHERE id = $1 AND failing_since IS NULL",
                one.endpoint_id,
                now,
            )
            if disable is not None:
                await connection.execute(_DISABLE, one.endpoint_id, disable, now, self._identifiers.one())

    async def failing_since(self, endpoint_id: UUID) -> datetime | None:
        async with raw_connection(self._engine) as connection:
            try:
                found: datetime | None = await connection.fetchval(
                    "SELECT failing_since FROM webhook_endpoint WHERE id = $1", endpoint_id
                )
            except CONNECTION_ERRORS as error:
                raise Unavailable("the database is away") from error
        return found

    async def tidy(self, now: datetime) -> int:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            gone = await connection.execute(
                "DELETE FROM webhook_event WHERE id IN (SELECT id FROM webhook_event WHERE created_at < $1"
                " ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
                now - KEPT,
                TIDY_ROWS,
            )
        return int(gone.split()[-1])


def _owed(row: asyncpg.Record, now: datetime) -> OwedDelivery:
    secrets = [Sealed(row["secret_ciphertext"], row["secret_key_id"])]
    if row["old_until"] is not None and row["old_until"] > now:
        secrets.append(Sealed(row["old_ciphertext"], row["old_key_id"]))
    return OwedDelivery(
        row["endpoint_id"], row["application_id"], row["event_id"], row["type"], row["url"], secrets, row["payload"],
        row["created_at"], row["attempts"], row["failing_since"] is not None,
    )  # fmt: skip
