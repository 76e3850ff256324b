"""A small report at once: read before the first byte is told, so that every refusal is one."""

from __future__ import annotations

from typing import Final

import attrs

from application.ports.applications import Applications
from application.ports.campaigns import Campaigns
from application.ports.clock import Clock
from application.ports.report_rows import ReportRows
from application.reports.commands import ReportCommand
from domain.reports.columns import BOM, Format
from domain.reports.export import Report, checked_report
from domain.shared.errors import InvalidInput

MOST_ROWS: Final = 20_000
MOST_PAGES: Final = 40


@attrs.frozen(slots=True)
class SmallReport:
    report: Report
    pieces: list[bytes]
    rows: int


@attrs.frozen(kw_only=True)
class StreamReport:
    applications: Applications
    campaigns: Campaigns
    report_rows: ReportRows
    clock: Clock

    async def __call__(self, command: ReportCommand) -> SmallReport:
        """Raise NotFound, InvalidInput naming the field, or `since` for a report that is not small."""
        if command.format is Format.PARQUET:
            raise InvalidInput(
                "Parquet is written by exports", field="format", fix="use csv or ndjson, or POST /v1/exports"
            )
        await self.applications.get(command.application_id)
        if command.campaign_id is not None:
            await self.campaigns.get(command.application_id, command.campaign_id)
        report = checked_report(
            application_id=command.application_id,
            subject=command.subject,
            format=command.format,
            now=self.clock.now(),
            since=command.since,
            until=command.until,
            campaign_id=command.campaign_id,
            bom=command.bom,
        )
        pieces = [BOM] if report.bom else []
        cursor: str | None = None
        rows = 0
        for _ in range(MOST_PAGES):
            page = await self.report_rows.page(report, cursor)
            pieces.append(page.data)
            rows += page.rows
            cursor = page.cursor
            if rows > MOST_ROWS:
                break
            if cursor is None:
                return SmallReport(report, pieces, rows)
        raise InvalidInput(
            f"this is more than {MOST_ROWS:,} rows, or more than can be looked through at once",
            field="since",
            fix="ask for a shorter time, or POST /v1/exports",
        )
