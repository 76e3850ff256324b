"""What each process of the installation last said of itself, in a table that no crash need keep."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import attrs
import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.engine import raw_connection
from adapters.postgres.failures import CONNECTION_ERRORS
from application.ports.health import NodeReading, NodeReport
from domain.shared.errors import Unavailable

_WRITE: Final = """
INSERT INTO node_report (incarnation, role, host, pid, started_at, reported_at, reading) VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb)
ON CONFLICT (incarnation) DO UPDATE SET reported_at = excluded.reported_at, reading = excluded.reading
"""
_OLD: Final = "DELETE FROM node_report WHERE reported_at < $1::timestamptz - interval '1 hour'"
_SINCE: Final = """
SELECT incarnation, role, host, pid, started_at, reported_at, reading::text AS reading FROM node_report
WHERE reported_at >= $1 ORDER BY host, role, started_at LIMIT 200
"""


@attrs.frozen
class PostgresNodeReports:
    """Implements `application.ports.health.NodeReports`."""

    engine: AsyncEngine

    async def write(self, report: NodeReport) -> None:
        async with self._connection() as connection:
            await connection.execute(
                _WRITE, report.incarnation, report.role, report.host, report.pid, report.started_at,
                report.reported_at, msgspec.json.encode(report.reading).decode(),
            )  # fmt: skip
            await connection.execute(_OLD, report.reported_at)

    async def forget(self, incarnation: UUID) -> None:
        async with self._connection() as connection:
            await connection.execute("DELETE FROM node_report WHERE incarnation = $1", incarnation)

    async def since(self, moment: datetime) -> Sequence[NodeReport]:
        async with self._connection() as connection:
            rows = await connection.fetch(_SINCE, moment)
        return [
            NodeReport(
                incarnation=row["incarnation"],
                role=row["role"],
                host=row["host"],
                pid=row["pid"],
                started_at=row["started_at"],
                reported_at=row["reported_at"],
                # Members that another version of this program wrote are passed over.
                reading=msgspec.json.decode(row["reading"], type=NodeReading),
            )
            for row in rows
        ]

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        try:
            async with raw_connection(self.engine) as connection:
                yield connection
        except CONNECTION_ERRORS as error:
            raise Unavailable("the database is away") from error
