"""Saved segments in PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import attrs
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.control import UNIQUE_VIOLATION, among, state_of, transaction
from adapters.postgres.tables.segments import segment as table
from domain.audience.segment.parse import parse_predicate
from domain.audience.segment.predicate import Predicate
from domain.audience.segment.saved_segment import Segment
from domain.audience.segment.to_json import predicate_json
from domain.shared.errors import AlreadyExists, NotFound


@attrs.frozen
class PostgresSegments:
    """Implements `application.ports.segments.Segments`."""

    engine: AsyncEngine

    async def add(self, segment: Segment) -> None:
        async with self._naming() as connection:
            await connection.execute(insert(table).values(**_row(segment)))

    async def get(self, application_id: UUID, segment_id: UUID) -> Segment:
        async with transaction(self.engine) as connection:
            return await _read(connection, application_id, segment_id)

    async def change(
        self, application_id: UUID, segment_id: UUID, change: Callable[[Segment], None]
    ) -> Segment:
        async with self._naming() as connection:
            segment = await _read(connection, application_id, segment_id, lock=True)
            change(segment)
            await connection.execute(update(table).where(table.c.id == segment_id).values(**_row(segment)))
        return segment

    async def list(
        self, application_id: UUID, *, include_archived: bool, after: UUID | None, limit: int
    ) -> Sequence[Segment]:
        query = select(table).where(table.c.application_id == application_id).order_by(table.c.id)
        if not include_archived:
            query = query.where(~table.c.is_archived)
        if after is not None:
            query = query.where(table.c.id > after)
        async with transaction(self.engine) as connection:
            return [_segment(row) for row in (await connection.execute(query.limit(limit))).mappings()]

    async def predicates(self, application_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, Predicate]:
        query = select(table.c.id, table.c.predicate).where(
            table.c.application_id == application_id, among(table.c.id, ids), ~table.c.is_archived
        )
        async with transaction(self.engine) as connection:
            return {row.id: parse_predicate(row.predicate) for row in await connection.execute(query)}

    @asynccontextmanager
    async def _naming(self) -> AsyncIterator[AsyncConnection]:
        """A transaction in which the one thing that may be there already is the name."""
        async with transaction(self.engine) as connection:
            try:
                yield connection
            except DBAPIError as error:
                if state_of(error) != UNIQUE_VIOLATION:
                    raise
                raise AlreadyExists(
                    "there is a segment of this name", field="name", fix="choose another, or archive that one"
                ) from error


async def _read(
    connection: AsyncConnection, application_id: UUID, segment_id: UUID, *, lock: bool = False
) -> Segment:
    query = select(table).where(table.c.application_id == application_id, table.c.id == segment_id)
    row = (await connection.execute(query.with_for_update() if lock else query)).mappings().first()
    if row is None:
        raise NotFound("there is no such segment")
    return _segment(row)


def _row(segment: Segment) -> dict[str, object]:
    row = {field.name: getattr(segment, field.name) for field in attrs.fields(Segment)}
    return row | {"predicate": predicate_json(segment.predicate)}


def _segment(row: Mapping[Any, Any]) -> Segment:
    values = {field.name: row[field.name] for field in attrs.fields(Segment)}
    return Segment(**values | {"predicate": parse_predicate(row["predicate"])})
