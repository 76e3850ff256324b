"""Writing exports: one at a time, a bounded piece after the other, each committed with the place where it ends.

Whoever dies is followed by another who goes on from the last piece; what never brings a piece fails with a reason.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

import attrs

from application.ports.clock import Clock
from application.ports.exports import ClaimedExport, Exports
from application.ports.report_rows import ParquetWriter, ReportRows
from domain.reports.columns import BOM, Format
from domain.reports.export import CLAIM_LASTS, KEPT, MOST_ATTEMPTS, MOST_BYTES, MOST_ROWS
from domain.shared.errors import SignalError

log = logging.getLogger(__name__)

PAGES_AT_ONCE: Final = 25
"""Pieces of one export before another has its turn."""
TURNING_LASTS: Final = timedelta(minutes=10)
"""Until somebody else may try to make columns of the same rows."""


@attrs.frozen(kw_only=True)
class WriteExports:
    exports: Exports
    report_rows: ReportRows
    parquet_writer: ParquetWriter
    clock: Clock

    async def __call__(self) -> int:
        """Go on with one export; answer whether there was one, or something to tidy."""
        now = self.clock.now()
        removed = await self.exports.remove_expired(now)
        claimed = await self.exports.claim(now, now + CLAIM_LASTS)
        if claimed is None:
            return removed
        if claimed.attempts > MOST_ATTEMPTS:
            await self._finish(claimed, "it could not be written after several attempts")
            return 1
        try:
            await self._write(claimed)
        except SignalError as error:
            log.warning("the export %s stopped and goes on later: %s", claimed.id, error.code)
            await self.exports.release(claimed)
            return 0
        except Exception:
            # A fault of one export must not end the process that writes the others'.
            log.exception("the export %s failed and is tried again", claimed.id)
            await self.exports.release(claimed)
            return 0
        return 1

    async def _write(self, claimed: ClaimedExport) -> None:
        cursor, rows, size = claimed.cursor, claimed.rows, claimed.bytes
        done = claimed.read
        for number in range(PAGES_AT_ONCE):
            if done:
                break
            page = await self.report_rows.page(claimed.report, cursor)
            if claimed.parts == 0 and number == 0 and claimed.report.bom:
                page = attrs.evolve(page, data=BOM + page.data)
            rows, size, cursor = rows + page.rows, size + len(page.data), page.cursor
            if rows > MOST_ROWS or size > MOST_BYTES:
                await self._finish(
                    claimed,
                    f"it has more than {MOST_ROWS:,} rows or {MOST_BYTES:,} bytes: ask for a shorter time",
                )
                return
            if not await self.exports.append(claimed, page, self.clock.now() + CLAIM_LASTS):
                return
            done = cursor is None
        if not done:
            await self.exports.release(claimed)
            return
        if claimed.report.format is Format.PARQUET and not await self._turn(claimed):
            return
        await self._finish(claimed, None)

    async def _turn(self, claimed: ClaimedExport) -> bool:
        """Rows to columns, put in the place of the rows."""
        if not await self.exports.keep(claimed, self.clock.now() + TURNING_LASTS):
            return False
        pages = self.exports.pieces(claimed.id)
        return await self.exports.replace(claimed, self.parquet_writer.turned(claimed.report.subject, pages))

    async def _finish(self, claimed: ClaimedExport, failure: str | None) -> None:
        now = self.clock.now()
        await self.exports.finish(claimed, now, now + KEPT, failure)
