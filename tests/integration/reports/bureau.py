"""Whoever writes exports, on the stores of a workshop."""

from __future__ import annotations

from uuid import UUID

import attrs

from adapters.parquet.writer import ArrowParquetWriter
from adapters.postgres.exports import PostgresExports
from adapters.postgres.report_rows import PostgresReportRows
from application.reports.commands import CreateExportCommand, ExportCommand
from application.reports.create_export import CreateExport
from application.reports.read_exports import LinkedExport, ReadExport
from application.reports.write_exports import WriteExports
from domain.reports.columns import Format, Subject
from domain.reports.download_links import DownloadKeys
from domain.reports.export import Export
from tests.integration.pipeline.workshop import Workshop

KEYS = DownloadKeys([b"k" * 32])


@attrs.define
class Bureau:
    shop: Workshop
    rows_at_once: int = 5
    """Small pages, so that files have many pieces."""

    @property
    def exports(self) -> PostgresExports:
        return PostgresExports(self.shop.engine)

    @property
    def report_rows(self) -> PostgresReportRows:
        return PostgresReportRows(self.shop.engine, rows_at_once=self.rows_at_once)

    @property
    def write(self) -> WriteExports:
        return WriteExports(
            exports=self.exports,
            report_rows=self.report_rows,
            parquet_writer=ArrowParquetWriter(),
            clock=self.shop.clock,
        )

    async def order(
        self, application_id: UUID, subject: Subject, format: Format, **options: object
    ) -> Export:
        create = CreateExport(exports=self.exports, clock=self.shop.clock, identifiers=self.shop.ids)
        command = CreateExportCommand(
            application_id=application_id,
            subject=subject,
            format=format,
            **options,  # type: ignore[arg-type]
        )
        return await create(command)

    async def read(self, export: Export) -> LinkedExport:
        read = ReadExport(exports=self.exports, clock=self.shop.clock, download_keys=KEYS)
        return await read(ExportCommand(application_id=export.report.application_id, export_id=export.id))

    async def file(self, export: Export) -> bytes:
        return b"".join([piece async for piece in self.exports.pieces(export.id)])

    async def written(
        self, application_id: UUID, subject: Subject, format: Format, **options: object
    ) -> bytes:
        """The whole file of a new export."""
        export = await self.order(application_id, subject, format, **options)
        while await self.write():
            pass
        found = await self.read(export)
        assert (found.export.state, found.export.failure) == ("ready", None)
        return await self.file(export)
