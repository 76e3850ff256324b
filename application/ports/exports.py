"""Where exports are kept, and their files in pieces."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from application.ports.report_rows import ReportPage
from domain.reports.export import Export, Report


@attrs.frozen(slots=True)
class ClaimedExport:
    """An export that this process writes now, under a fence: whoever claims it later has a higher one."""

    id: UUID
    report: Report
    fence: int
    cursor: str | None
    rows: int
    bytes: int
    parts: int
    attempts: int
    """Claims in a row, with this one, that brought no piece so far."""
    read: bool
    """Every row is in the pieces already; what is left is to turn them into the file."""


class Exports(Protocol):
    async def add(self, export: Export, *, most_open: int) -> None:
        """Raise NotFound without such an application or campaign, Conflict when too many are open."""
        ...

    async def get(self, application_id: UUID, export_id: UUID) -> Export:
        """Raise NotFound."""
        ...

    async def list(self, application_id: UUID, *, before: UUID | None, limit: int) -> Sequence[Export]:
        """Newest first. Raise NotFound without such an application."""
        ...

    async def remove(self, application_id: UUID, export_id: UUID) -> None:
        """With its file, whatever its state. Raise NotFound."""
        ...

    async def claim(self, now: datetime, until: datetime) -> ClaimedExport | None:
        """The oldest that waits, or whose writer was not heard of in time."""
        ...

    async def append(self, claimed: ClaimedExport, page: ReportPage, until: datetime) -> bool:
        """Store a piece, the cursor and the progress in one transaction; False: it is no longer ours."""
        ...

    async def keep(self, claimed: ClaimedExport, until: datetime) -> bool:
        """Stay its writer for longer; False: it is no longer ours."""
        ...

    async def release(self, claimed: ClaimedExport) -> None:
        """Let others go on."""
        ...

    def pieces(self, export_id: UUID) -> AsyncIterator[bytes]:
        """The file's pieces in order, each read when it is asked for."""
        ...

    async def replace(self, claimed: ClaimedExport, pieces: AsyncIterator[bytes]) -> bool:
        """Put another file in place of the pieces, in one transaction; False: it is no longer ours."""
        ...

    async def finish(
        self, claimed: ClaimedExport, now: datetime, expires_at: datetime, failure: str | None
    ) -> bool:
        """Ready, or failed for a reason, in which case the pieces go; False: it is no longer ours."""
        ...

    async def ready(self, export_id: UUID, now: datetime) -> Export:
        """A file that can be fetched, whoever's it is. Raise NotFound."""
        ...

    async def remove_expired(self, now: datetime) -> int: ...
