"""Rows of reports, written by PostgreSQL itself: COPY of one range of keys after the other, each a short statement (rule A6).

A page ends after so many rows of the table, not of the application: a small application in a large installation is not
looked for by one endless scan.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import CONNECTION_ERRORS
from adapters.postgres.engine import raw_connection
from adapters.postgres.report_columns import selected
from application.ports.report_rows import ReportPage
from domain.reports.columns import Format, Subject
from domain.reports.export import Report
from domain.shared.errors import Unavailable

ROWS_AT_ONCE: Final = 20_000
BATCHES_AT_ONCE: Final = 200
"""Rows of sent_batch, each of up to 200 events."""
HOURS_AT_ONCE: Final = timedelta(hours=24)
_NOWHERE: Final = UUID(int=0)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_FIRST: Final = "SELECT id FROM {table} WHERE id > $1 AND id < $2 {mine} ORDER BY id LIMIT 1"
# The last key of the next page; none: fewer are left.
_BOUND: Final = "SELECT id FROM {table} WHERE id > $1 AND id < $2 {mine} ORDER BY id OFFSET {rows} LIMIT 1"
_MESSAGES: Final = """
SELECT {columns} FROM message r WHERE r.id > $1 AND r.id <= $2 AND r.application_id = $3
AND ($4::uuid IS NULL OR r.campaign_id = $4) ORDER BY r.id
"""
_SUBSCRIPTIONS: Final = """
SELECT {columns} FROM subscription r LEFT JOIN app_user u ON u.id = r.user_id
WHERE r.id > $1 AND r.id <= $2 AND r.application_id = $3 AND r.created_at >= $4 AND r.created_at < $5 ORDER BY r.id
"""
_LEDGER: Final = """
SELECT {columns} FROM ledger_entry r
WHERE r.id > $1 AND r.id <= $2 AND r.application_id = $3 AND r.created_at >= $4 AND r.created_at < $5 ORDER BY r.id
"""
_RECIPIENT_BOUND: Final = """
SELECT subscription_id FROM campaign_recipient WHERE campaign_id = $1 AND subscription_id > $2
ORDER BY subscription_id OFFSET $3 LIMIT 1
"""
_RECIPIENTS: Final = """
SELECT {columns} FROM campaign_recipient r LEFT JOIN app_user u ON u.id = r.user_id
WHERE r.campaign_id = $1 AND r.subscription_id > $2 AND r.subscription_id <= $3 ORDER BY r.subscription_id
"""
_EVENT_BOUND: Final = """
SELECT message_id FROM message_event WHERE message_id > $1 AND message_id < $2 ORDER BY message_id OFFSET $3 LIMIT 1
"""
_EVENTS: Final = """
SELECT {columns} FROM (
    SELECT e.message_id, e.occurred_at, e.event_type, e.source, e.reason, (e.metadata ->> 'attempt')::integer AS attempt,
           (e.metadata ->> 'latency_ms')::integer AS latency_ms, e.metadata ->> 'provider_id' AS provider_id
    FROM message_event e JOIN message m ON m.id = e.message_id
    WHERE e.message_id > $1 AND e.message_id <= $2 AND m.id > $1 AND m.id <= $2 AND m.application_id = $3
    ORDER BY e.message_id, e.occurred_at, e.event_type) r
"""
_SENT_BOUND: Final = """
SELECT chunk_id FROM sent_batch WHERE chunk_id > $1 AND chunk_id < $2 ORDER BY chunk_id OFFSET $3 LIMIT 1
"""
_SENT: Final = """
SELECT {columns} FROM (
    SELECT s.message_id, b.occurred_at, 1::smallint AS event_type, 2::smallint AS source, NULL::text AS reason, s.attempt,
           s.latency_ms, s.provider_id
    FROM sent_batch b JOIN message first ON first.id = b.message_ids[1] AND first.application_id = $3,
         unnest(b.message_ids, b.attempts, b.latencies, b.provider_ids)
             AS s (message_id, attempt, latency_ms, provider_id)
    WHERE b.chunk_id > $1 AND b.chunk_id <= $2 AND s.message_id > $4 AND s.message_id < $5) r
"""
_STATISTICS: Final = """
SELECT {columns} FROM (
    SELECT hour, event_type, type, campaign_id, template_id, provider, country, app_version, reason, sum(n)::bigint AS n
    FROM (SELECT hour, event_type, type, campaign_id, template_id, provider, country, app_version, reason, n FROM stat_hourly
          WHERE application_id = $1 AND hour >= $2 AND hour < $3
          UNION ALL
          SELECT hour, event_type, type, campaign_id, template_id, provider, country, app_version, reason, n FROM stat_delta
          WHERE application_id = $1 AND hour >= $2 AND hour < $3) counted
    WHERE $4::uuid IS NULL OR campaign_id = $4
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9) r
"""
_FIRST_HOUR: Final = """
SELECT least((SELECT min(hour) FROM stat_hourly WHERE application_id = $1 AND hour >= $2),
             (SELECT min(hour) FROM stat_delta WHERE application_id = $1 AND hour >= $2))
"""

_AS_JSON: Final = "SELECT row_to_json(line) FROM ({query}) line"

Read = Callable[[asyncpg.Connection, Report, str | None], Awaitable[ReportPage]]


class PostgresReportRows:
    """Implements `application.ports.report_rows.ReportRows` on the hot engine, whose plans walk indexes."""

    def __init__(self, engine: AsyncEngine, *, rows_at_once: int = ROWS_AT_ONCE) -> None:
        self._engine = engine
        self._rows = rows_at_once
        self._pages: Mapping[Subject, Read] = {
            Subject.MESSAGES: self._messages,
            Subject.RECIPIENTS: self._recipients,
            Subject.EVENTS: self._events,
            Subject.SUBSCRIPTIONS: self._subscriptions,
            Subject.LEDGER: self._ledger,
            Subject.STATISTICS: self._statistics,
        }

    async def page(self, report: Report, cursor: str | None) -> ReportPage:
        try:
            async with raw_connection(self._engine) as connection:
                return await self._pages[report.subject](connection, report, cursor)
        except CONNECTION_ERRORS as error:
            raise Unavailable("the database is away, or takes too long for a page of the report") from error

    async def _messages(
        self, connection: asyncpg.Connection, report: Report, cursor: str | None
    ) -> ReportPage:
        low, high = _first_id(report.since), _first_id(report.until)
        after = _before(low) if cursor is None else UUID(cursor)
        bound = await self._bound(connection, "message", "", after, high)
        data, rows = await _copy(
            connection, report, _MESSAGES, cursor is None, after, bound or _before(high), report.application_id,
            report.campaign_id,
        )  # fmt: skip
        begins = await _first(connection, "message", "", low, high)
        return _page(data, rows, None if bound is None else str(bound), _share(bound, begins, high))

    async def _subscriptions(
        self, connection: asyncpg.Connection, report: Report, cursor: str | None
    ) -> ReportPage:
        return await self._of_application(connection, report, cursor, "subscription", _SUBSCRIPTIONS)

    async def _ledger(self, connection: asyncpg.Connection, report: Report, cursor: str | None) -> ReportPage:
        return await self._of_application(connection, report, cursor, "ledger_entry", _LEDGER)

    async def _of_application(
        self, connection: asyncpg.Connection, report: Report, cursor: str | None, table: str, rows_of: str
    ) -> ReportPage:
        high = UUID(int=2**128 - 1)
        after = _NOWHERE if cursor is None else UUID(cursor)
        mine = "AND application_id = $3"
        bound = await self._bound(connection, table, mine, after, high, report.application_id)
        data, rows = await _copy(
            connection, report, rows_of, cursor is None, after, bound or high, report.application_id, report.since,
            report.until,
        )  # fmt: skip
        begins = await _first(connection, table, mine, _NOWHERE, high, report.application_id)
        share = _share(bound, begins, _first_id(report.until))
        return _page(data, rows, None if bound is None else str(bound), share)

    async def _bound(
        self,
        connection: asyncpg.Connection,
        table: str,
        mine: str,
        after: UUID,
        high: UUID,
        *values: object,
    ) -> UUID | None:
        statement = _BOUND.format(table=table, mine=mine, rows=self._rows - 1)
        found: UUID | None = await connection.fetchval(statement, after, high, *values)
        return found

    async def _recipients(
        self, connection: asyncpg.Connection, report: Report, cursor: str | None
    ) -> ReportPage:
        after = _NOWHERE if cursor is None else UUID(cursor)
        bound = await connection.fetchval(_RECIPIENT_BOUND, report.campaign_id, after, self._rows - 1)
        data, rows = await _copy(
            connection, report, _RECIPIENTS, cursor is None, report.campaign_id, after, bound or UUID(int=2**128 - 1)
        )  # fmt: skip
        # In the order of subscriptions, which says nothing about how many are left.
        return _page(data, rows, None if bound is None else str(bound), 0.5)

    async def _events(self, connection: asyncpg.Connection, report: Report, cursor: str | None) -> ReportPage:
        """First the events that have rows of their own, then those of what was sent, which lie in batches."""
        low, high = _first_id(report.since), _first_id(report.until)
        begins = await _first(connection, "message", "", low, high)
        part, _, at = (cursor or "rows:").partition(":")
        if part == "rows":
            after = UUID(at) if at else _before(low)
            bound = await connection.fetchval(_EVENT_BOUND, after, high, self._rows - 1)
            data, rows = await _copy(
                connection,
                report,
                _EVENTS,
                cursor is None,
                after,
                bound or _before(high),
                report.application_id,
            )
            following = "sent:" if bound is None else f"rows:{bound}"
            return _page(data, rows, following, _share(bound, begins, high) / 2)
        after = UUID(at) if at else _before(low)
        # A chunk of a retry is younger than its messages; a message's own time decides.
        bound = await connection.fetchval(_SENT_BOUND, after, UUID(int=2**128 - 1), BATCHES_AT_ONCE - 1)
        data, rows = await _copy(
            connection, report, _SENT, False, after, bound or UUID(int=2**128 - 1), report.application_id,
            _before(low), high,
        )  # fmt: skip
        share = 0.5 + _share(bound, begins, high) / 2
        return _page(data, rows, None if bound is None else f"sent:{bound}", share)

    async def _statistics(
        self, connection: asyncpg.Connection, report: Report, cursor: str | None
    ) -> ReportPage:
        since = report.since if cursor is None else datetime.fromisoformat(cursor)
        first = await connection.fetchval(_FIRST_HOUR, report.application_id, since)
        begins = report.until if first is None else min(first, report.until)
        ends = min(begins + HOURS_AT_ONCE, report.until)
        data, rows = await _copy(
            connection,
            report,
            _STATISTICS,
            cursor is None,
            report.application_id,
            begins,
            ends,
            report.campaign_id,
        )
        done = ends >= report.until
        return _page(data, rows, None if done else ends.isoformat(), 1.0 if done else _of(ends, report))


async def _first(
    connection: asyncpg.Connection, table: str, mine: str, low: UUID, high: UUID, *values: object
) -> UUID:
    """Where the rows begin: how far a report is says nothing when it is reckoned from the year 2000."""
    found: UUID | None = await connection.fetchval(
        _FIRST.format(table=table, mine=mine), _before(low) if low.int else low, high, *values
    )
    return found or low


async def _copy(
    connection: asyncpg.Connection, report: Report, statement: str, first: bool, *values: object
) -> tuple[bytes, int]:
    """The rows of a statement in the report's form, and how many they are."""
    query = statement.format(columns=selected(report.subject, report.format))
    written = bytearray()

    async def take(data: bytes) -> None:
        written.extend(data)

    if report.format is Format.NDJSON:
        # No control character is in JSON as it is written: with these as quote and delimiter, rows are told as they are.
        told = await connection.copy_from_query(
            _AS_JSON.format(query=query), *values, output=take, format="csv",
            quote="\x01", delimiter="\x02", timeout=60,
        )  # fmt: skip
    else:
        header = first and report.format is Format.CSV
        told = await connection.copy_from_query(
            query, *values, output=take, format="csv", header=header, timeout=60
        )
    return bytes(written), int(told.split()[-1])


def _page(data: bytes, rows: int, cursor: str | None, share: float) -> ReportPage:
    return ReportPage(data, rows, cursor, 1.0 if cursor is None else min(1.0, max(0.0, share)))


def _first_id(moment: datetime) -> UUID:
    """The smallest UUIDv7 of this millisecond."""
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    return UUID(int=min(max(milliseconds, 1), 2**48 - 1) << 80)


def _before(id_: UUID) -> UUID:
    return UUID(int=id_.int - 1)


def _share(at: UUID | None, low: UUID, high: UUID) -> float:
    """How far an id is between two, by time."""
    return 1.0 if at is None else (at.int - low.int) / max(1, high.int - low.int)


def _of(at: datetime, report: Report) -> float:
    return (at - report.since) / max(report.until - report.since, timedelta(seconds=1))
