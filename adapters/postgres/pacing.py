"""Rates that hold across workers: one row per bucket, moved forward by every reservation."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import committing
from adapters.postgres.engine import raw_connection

# A late worker starts its slot now and never catches up; what is slowed down starts no earlier than that.
_RESERVE = """
INSERT INTO pacing AS p (bucket, next_at) VALUES ($1, clock_timestamp() + make_interval(secs => $2))
ON CONFLICT (bucket) DO UPDATE SET
    next_at = greatest(p.next_at, clock_timestamp(), p.slowed_until) + make_interval(secs => $2)
RETURNING extract(epoch FROM next_at - clock_timestamp())::float8 - $2
"""
_RESERVE_SOON = """
INSERT INTO pacing AS p (bucket, next_at) VALUES ($1, clock_timestamp() + make_interval(secs => $2))
ON CONFLICT (bucket) DO UPDATE SET
    next_at = greatest(p.next_at, clock_timestamp(), p.slowed_until) + make_interval(secs => $2)
WHERE greatest(p.next_at, p.slowed_until) <= clock_timestamp() + make_interval(secs => $3)
RETURNING extract(epoch FROM next_at - clock_timestamp())::float8 - $2
"""
_SLOW_DOWN = """
INSERT INTO pacing AS p (bucket, next_at, slowed_until)
VALUES ($1, clock_timestamp(), clock_timestamp() + make_interval(secs => $2))
ON CONFLICT (bucket) DO UPDATE SET slowed_until = greatest(p.slowed_until, excluded.slowed_until)
"""


class PostgresPacing:
    """Implements `application.ports.channels.Pacing` and `application.ports.campaign_pacing.CampaignPacing`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def reserve(self, bucket: str, n: int, rate: float) -> tuple[float, float]:
        """(seconds until the first send may start, seconds between sends). Raise Unavailable."""
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            wait = await connection.fetchval(_RESERVE, bucket, n / rate)
        return max(0.0, wait), 1.0 / rate

    async def reserve_soon(self, bucket: str, n: int, rate: float, within: float) -> float | None:
        """Seconds until the slot begins, or None when it would begin later than that. Raise Unavailable."""
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            wait = await connection.fetchval(_RESERVE_SOON, bucket, n / rate, within)
        return None if wait is None else max(0.0, wait)

    async def slow_down(self, bucket: str, seconds: float) -> None:
        """Raise Unavailable."""
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            await connection.execute(_SLOW_DOWN, bucket, seconds)
