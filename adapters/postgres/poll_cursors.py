"""Poll cursors in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import committing
from adapters.postgres.engine import raw_connection
from application.ports.poll_cursors import PollTurn
from domain.shared.channels import Channel

_DUE = """
INSERT INTO provider_poll AS kept (application_id, provider, channel, polled_at)
SELECT c.application_id, c.provider, asked.channel, $3
FROM unnest($1::text[], $2::smallint[]) AS asked (provider, channel)
JOIN (SELECT DISTINCT application_id, provider FROM credential) c ON c.provider = asked.provider
JOIN application a ON a.id = c.application_id AND a.is_active
LEFT JOIN provider_poll p
    ON p.application_id = c.application_id AND p.provider = c.provider AND p.channel = asked.channel
WHERE p.polled_at IS NULL OR p.polled_at <= $3::timestamptz - $4::interval
ORDER BY p.polled_at NULLS FIRST, c.application_id, c.provider, asked.channel LIMIT $5
ON CONFLICT (application_id, provider, channel) DO UPDATE SET polled_at = excluded.polled_at
WHERE kept.polled_at <= excluded.polled_at - $4::interval
RETURNING application_id, provider, channel, cursor
"""


class PostgresPollCursors:
    """Implements `application.ports.poll_cursors.PollCursors`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def due(
        self, accounts: Sequence[tuple[str, Channel]], now: datetime, every: timedelta, limit: int
    ) -> Sequence[PollTurn]:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            rows = await connection.fetch(
                _DUE,
                [name for name, _ in accounts],
                [int(channel) for _, channel in accounts],
                now,
                every,
                limit,
            )
        return [
            PollTurn(row["application_id"], row["provider"], Channel(row["channel"]), row["cursor"])
            for row in rows
        ]

    async def store(self, turn: PollTurn, cursor: str | None) -> None:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            await connection.execute(
                "UPDATE provider_poll SET cursor = $4 WHERE application_id = $1 AND provider = $2 AND channel = $3",
                turn.application_id,
                turn.provider,
                int(turn.channel),
                cursor,
            )
