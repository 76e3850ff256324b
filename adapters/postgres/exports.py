"""Exports in PostgreSQL: their state, and their files in pieces that commit with the place where they end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import CONNECTION_ERRORS
from adapters.postgres.engine import raw_connection
from application.ports.exports import ClaimedExport
from application.ports.report_rows import ReportPage
from domain.reports.columns import Format, Subject
from domain.reports.export import Export, ExportState, Report
from domain.shared.errors import Conflict, NotFound, Unavailable

_COLUMNS: Final = (
    "id, application_id, subject, format, bom, campaign_id, since, until, state, created_at, created_by, started_at,"
    " ended_at, expires_at, failure, rows, bytes, done_share"
)
_ADD: Final = """
INSERT INTO export (id, application_id, subject, format, bom, campaign_id, since, until, state, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $10)
"""
_CLAIM: Final = """
UPDATE export SET state = 'running', started_at = coalesce(started_at, $1), claimed_until = $2, fence = fence + 1,
    attempts = attempts + 1
WHERE id = (SELECT id FROM export WHERE state = 'waiting' OR state = 'running' AND claimed_until < $1
            ORDER BY coalesce(claimed_until, created_at) LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, application_id, subject, format, bom, campaign_id, since, until, fence, cursor, rows, bytes, parts, attempts, read
"""
_OURS: Final = "WHERE id = $1 AND fence = $2 AND state = 'running'"
_APPEND: Final = f"""
UPDATE export SET cursor = $3::text, rows = rows + $4, bytes = bytes + $5, parts = parts + 1, done_share = $6, claimed_until = $7,
    attempts = 0, read = $3::text IS NULL {_OURS} RETURNING parts - 1
"""  # noqa: S608 - constants of this module
_LOCK_OURS: Final = f"SELECT true FROM export {_OURS} FOR UPDATE"  # noqa: S608 - constants of this module
_KEEP: Final = f"UPDATE export SET claimed_until = $3 {_OURS}"  # noqa: S608 - constants of this module
_RELEASE: Final = f"UPDATE export SET state = 'waiting' {_OURS}"  # noqa: S608 - constants of this module
_FINISH: Final = f"""
UPDATE export SET state = $3, ended_at = $4, expires_at = $5, failure = $6, done_share = CASE WHEN $6::text IS NULL THEN 1 ELSE done_share END
{_OURS}
"""  # noqa: S608 - constants of this module
_WRITE: Final = "INSERT INTO export_part (export_id, number, piece) VALUES ($1, $2, $3)"
_NEXT: Final = (
    "SELECT number, piece FROM export_part WHERE export_id = $1 AND number > $2 ORDER BY number LIMIT 1"
)
_LIVE: Final = "SELECT count(*) FROM export WHERE application_id = $1 AND state IN ('waiting', 'running')"


class PostgresExports:
    """Implements `application.ports.exports.Exports`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, export: Export, *, most_open: int) -> None:
        report = export.report
        async with self._transaction() as connection:
            # Whoever else adds one for this application waits here, so that the limit holds.
            if not await connection.fetchval(
                "SELECT true FROM application WHERE id = $1 FOR NO KEY UPDATE", report.application_id
            ):
                raise NotFound("there is no such application")
            if report.campaign_id is not None and not await connection.fetchval(
                "SELECT true FROM campaign WHERE id = $1 AND application_id = $2",
                report.campaign_id,
                report.application_id,
            ):
                raise NotFound("there is no such campaign")
            if await connection.fetchval(_LIVE, report.application_id) >= most_open:
                raise Conflict(
                    f"{most_open} exports of this application are being written",
                    fix="wait until one is ready, or remove one",
                )
            await connection.execute(
                _ADD, export.id, report.application_id, report.subject.value, report.format.value, report.bom,
                report.campaign_id, report.since, report.until, export.created_at, export.created_by,
            )  # fmt: skip

    async def get(self, application_id: UUID, export_id: UUID) -> Export:
        return await self._one("id = $1 AND application_id = $2", export_id, application_id)

    async def list(self, application_id: UUID, *, before: UUID | None, limit: int) -> Sequence[Export]:
        async with self._transaction() as connection:
            if not await connection.fetchval("SELECT true FROM application WHERE id = $1", application_id):
                raise NotFound("there is no such application")
            rows = await connection.fetch(
                f"SELECT {_COLUMNS} FROM export WHERE application_id = $1 AND ($2::uuid IS NULL OR id < $2)"  # noqa: S608
                " ORDER BY id DESC LIMIT $3",
                application_id,
                before,
                limit,
            )
        return [_export(row) for row in rows]

    async def remove(self, application_id: UUID, export_id: UUID) -> None:
        async with self._transaction() as connection:
            gone = await connection.execute(
                "DELETE FROM export WHERE id = $1 AND application_id = $2", export_id, application_id
            )
        if gone == "DELETE 0":
            raise NotFound("there is no such export")

    async def claim(self, now: datetime, until: datetime) -> ClaimedExport | None:
        async with self._transaction() as connection:
            row = await connection.fetchrow(_CLAIM, now, until)
        if row is None:
            return None
        return ClaimedExport(
            id=row["id"],
            report=_report(row),
            fence=row["fence"],
            cursor=row["cursor"],
            rows=row["rows"],
            bytes=row["bytes"],
            parts=row["parts"],
            attempts=row["attempts"],
            read=row["read"],
        )

    async def append(self, claimed: ClaimedExport, page: ReportPage, until: datetime) -> bool:
        async with self._transaction() as connection:
            number = await connection.fetchval(
                _APPEND,
                claimed.id,
                claimed.fence,
                page.cursor,
                page.rows,
                len(page.data),
                page.done_share,
                until,
            )
            if number is None:
                return False
            if page.data:
                await connection.execute(_WRITE, claimed.id, number, page.data)
        return True

    async def keep(self, claimed: ClaimedExport, until: datetime) -> bool:
        async with self._transaction() as connection:
            kept = await connection.execute(_KEEP, claimed.id, claimed.fence, until)
        return str(kept) == "UPDATE 1"

    async def release(self, claimed: ClaimedExport) -> None:
        async with self._transaction() as connection:
            await connection.execute(_RELEASE, claimed.id, claimed.fence)

    async def pieces(self, export_id: UUID) -> AsyncIterator[bytes]:
        number = -1
        while True:
            # A connection is borrowed for a piece, not for as long as somebody takes to read it.
            async with self._transaction() as connection:
                row = await connection.fetchrow(_NEXT, export_id, number)
            if row is None:
                return
            number = row["number"]
            yield row["piece"]

    async def replace(self, claimed: ClaimedExport, pieces: AsyncIterator[bytes]) -> bool:
        # Made from the old pieces: all of it is at hand before the transaction that removes them begins.
        first = await anext(pieces, None)
        async with self._transaction() as connection:
            if not await connection.fetchval(
                _LOCK_OURS,
                claimed.id,
                claimed.fence,
            ):
                return False
            await connection.execute("DELETE FROM export_part WHERE export_id = $1", claimed.id)
            number = size = 0
            while first is not None:
                await connection.execute(_WRITE, claimed.id, number, first)
                number, size = number + 1, size + len(first)
                first = await anext(pieces, None)
            await connection.execute(
                "UPDATE export SET bytes = $2, parts = $3 WHERE id = $1", claimed.id, size, number
            )
        return True

    async def finish(
        self, claimed: ClaimedExport, now: datetime, expires_at: datetime, failure: str | None
    ) -> bool:
        state = ExportState.READY if failure is None else ExportState.FAILED
        async with self._transaction() as connection:
            done = await connection.execute(
                _FINISH, claimed.id, claimed.fence, state.value, now, expires_at, failure
            )
            if failure is not None and done == "UPDATE 1":
                await connection.execute("DELETE FROM export_part WHERE export_id = $1", claimed.id)
        return str(done) == "UPDATE 1"

    async def ready(self, export_id: UUID, now: datetime) -> Export:
        return await self._one("id = $1 AND state = 'ready' AND expires_at > $2", export_id, now)

    async def remove_expired(self, now: datetime) -> int:
        async with self._transaction() as connection:
            gone = await connection.execute(
                "DELETE FROM export WHERE id IN (SELECT id FROM export WHERE expires_at <= $1 LIMIT 20)", now
            )
        return int(gone.split()[-1])

    async def _one(self, condition: str, *values: object) -> Export:
        async with self._transaction() as connection:
            row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM export WHERE {condition}", *values)  # noqa: S608
        if row is None:
            raise NotFound("there is no such export")
        return _export(row)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[asyncpg.Connection]:
        try:
            async with raw_connection(self._engine) as connection, connection.transaction():
                yield connection
        except CONNECTION_ERRORS as error:
            raise Unavailable("the database is away") from error


def _report(row: asyncpg.Record) -> Report:
    return Report(
        application_id=row["application_id"],
        subject=Subject(row["subject"]),
        format=Format(row["format"]),
        since=row["since"],
        until=row["until"],
        campaign_id=row["campaign_id"],
        bom=row["bom"],
    )


def _export(row: asyncpg.Record) -> Export:
    return Export(
        id=row["id"],
        report=_report(row),
        state=ExportState(row["state"]),
        created_at=row["created_at"],
        created_by=row["created_by"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        expires_at=row["expires_at"],
        failure=row["failure"],
        rows=row["rows"],
        bytes=row["bytes"],
        done_share=row["done_share"],
    )
