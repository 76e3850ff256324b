"""Rows of reports, a bounded page at a time, already written in the file's own form."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

import attrs

from domain.reports.columns import Subject
from domain.reports.export import Report


@attrs.frozen(slots=True)
class ReportPage:
    """A piece of the file. Pages of one report put together are the whole of it."""

    data: bytes
    rows: int
    cursor: str | None
    """Where the next page begins; None: this was the last."""
    done_share: float


class ReportRows(Protocol):
    async def page(self, report: Report, cursor: str | None) -> ReportPage:
        """The page at the cursor, the first with the header where the form has one. Of Parquet the rows come as CSV without
        one, to be turned into it by `ParquetWriter`. Raise Unavailable."""
        ...


class ParquetWriter(Protocol):
    def turned(self, subject: Subject, pages: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Pages of this subject as the pieces of one Parquet file; in bounded memory, and outside of the loop."""
        ...
