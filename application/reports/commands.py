"""What can be asked of reports."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import attrs

from domain.reports.columns import Format, Subject


@attrs.frozen(kw_only=True)
class ReportCommand:
    """Which rows; None: since ever, until now, of every campaign."""

    application_id: UUID
    subject: Subject
    format: Format
    since: datetime | None = None
    until: datetime | None = None
    campaign_id: UUID | None = None
    bom: bool = False


@attrs.frozen(kw_only=True)
class CreateExportCommand(ReportCommand):
    created_by: str = ""


@attrs.frozen(kw_only=True)
class ExportCommand:
    application_id: UUID
    export_id: UUID


@attrs.frozen(kw_only=True)
class ListExportsCommand:
    application_id: UUID
    cursor: str | None = None
    limit: int = 50


@attrs.frozen(kw_only=True)
class DownloadCommand:
    export_id: UUID
    expires: int
    signature: str


@attrs.frozen(kw_only=True)
class ReadStatementCommand:
    """`month`: any day of it, in the application's time zone."""

    application_id: UUID
    year: int
    month: int
