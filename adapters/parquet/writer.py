"""Parquet by arro3 (arrow-rs): CSV pages are read a batch at a time and written in row groups, outside of the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from arro3.core import DataType, Field, Schema
from arro3.io import read_csv, write_parquet

from domain.reports.columns import COLUMNS, Kind, Subject

BATCH_ROWS: Final = 16_384
GROUP_ROWS: Final = 131_072
PIECE_BYTES: Final = 4 * 1024**2


def _types() -> Mapping[Kind, DataType]:
    return {
        Kind.INTEGER: DataType.int64(),
        Kind.TIME: DataType.timestamp("ms", tz="UTC"),
        Kind.FLAG: DataType.bool(),
        Kind.DECIMAL: DataType.decimal128(18, 6),
    }


class ArrowParquetWriter:
    """Implements `application.ports.report_rows.ParquetWriter`."""

    async def turned(self, subject: Subject, pages: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        with TemporaryDirectory(prefix="automata-signal-export-") as folder:
            rows, target = Path(folder, "rows"), Path(folder, "columns")
            await asyncio.to_thread(rows.touch)
            async for page in pages:
                await asyncio.to_thread(_append, rows, page)
            await asyncio.to_thread(_turn, subject, rows, target)
            at = 0
            while piece := await asyncio.to_thread(_read, target, at):
                at += len(piece)
                yield piece


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def _turn(subject: Subject, rows: Path, target: Path) -> None:
    types, text = _types(), DataType.string()
    schema = Schema(
        [Field(column.name, types.get(column.kind, text), nullable=True) for column in COLUMNS[subject]]
    )
    reader = read_csv(rows, schema, has_header=False, batch_size=BATCH_ROWS)
    write_parquet(reader, target, compression="zstd(1)", max_row_group_size=GROUP_ROWS)


def _read(path: Path, at: int) -> bytes:
    with path.open("rb") as file:
        file.seek(at)
        return file.read(PIECE_BYTES)
