"""Templates in PostgreSQL; versions are added and never touched again, so what was read of them may be kept."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import attrs
from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.control import transaction
from adapters.postgres.tables.templates import message_template as table
from adapters.postgres.tables.templates import message_template_version as versions
from application.ports.audience import Raced
from application.ports.templates import Change, PinnedTemplate, SavedVersion
from domain.shared.errors import AlreadyExists, NotFound
from domain.templates.source import Source
from domain.templates.template import Template, TemplateVersion
from domain.templates.variant import Variant

CACHED_FOR: Final = 2.0
KEPT_SOURCES: Final = 128
"""Versions kept for sending; one is at most half a mebibyte."""
KEPT_POINTERS: Final = 10_000


class PostgresTemplates:
    """Implements `application.ports.templates.Templates`."""

    def __init__(self, engine: AsyncEngine, *, kept_sources: int = KEPT_SOURCES) -> None:
        self._engine = engine
        self._kept_sources = kept_sources
        self._pointers: dict[tuple[UUID, UUID], tuple[float, Template]] = {}
        self._sources: OrderedDict[tuple[UUID, int], Source] = OrderedDict()

    async def add(self, template: Template, version: TemplateVersion) -> None:
        try:
            async with transaction(self._engine) as connection:
                await connection.execute(insert(table).values(**_row(template)))
                await connection.execute(insert(versions).values(**_version_row(version)))
        except Raced:
            raise _taken(template.name) from None

    async def get(self, application_id: UUID, template_id: UUID) -> tuple[Template, TemplateVersion]:
        async with transaction(self._engine) as connection:
            return await _find(connection, _here(application_id, template_id))

    async def change(
        self, application_id: UUID, template_id: UUID, change: Change
    ) -> tuple[Template, TemplateVersion]:
        template: Template | None = None
        try:
            async with transaction(self._engine) as connection:
                here = _here(application_id, template_id).with_for_update()
                template, active = await _find(connection, here)
                saved = change(template, active)
                if saved is not None:
                    await connection.execute(insert(versions).values(**_version_row(saved)))
                await connection.execute(
                    update(table).where(table.c.id == template_id).values(**_row(template))
                )
                active = await _version(connection, template_id, template.version)
        except Raced:
            raise _taken(template.name if template else "") from None
        self._pointers.pop((application_id, template_id), None)
        return template, active

    async def version(self, application_id: UUID, template_id: UUID, version: int) -> TemplateVersion:
        async with transaction(self._engine) as connection:
            await _find_template(connection, _here(application_id, template_id))
            return await _version(connection, template_id, version)

    async def versions(
        self, application_id: UUID, template_id: UUID, *, before: int | None, limit: int
    ) -> Sequence[SavedVersion]:
        query = (
            select(versions.c.version, versions.c.created_at, versions.c.created_by)
            .where(versions.c.template_id == template_id)
            .order_by(versions.c.version.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(versions.c.version < before)
        async with transaction(self._engine) as connection:
            await _find_template(connection, _here(application_id, template_id))
            return [SavedVersion(*row) for row in await connection.execute(query)]

    async def list(
        self, application_id: UUID, *, include_archived: bool, after: UUID | None, limit: int
    ) -> Sequence[Template]:
        query = (
            select(table).where(table.c.application_id == application_id).order_by(table.c.id).limit(limit)
        )
        if not include_archived:
            query = query.where(~table.c.is_archived)
        if after is not None:
            query = query.where(table.c.id > after)
        async with transaction(self._engine) as connection:
            return [_template(row) for row in (await connection.execute(query)).mappings()]

    async def pinned(
        self, application_id: UUID, template_id: UUID, version: int | None
    ) -> PinnedTemplate | None:
        template = await self._pointer(application_id, template_id)
        if template is not None and version is not None and version > template.latest_version:
            # It may have been saved a moment ago, elsewhere.
            template = await self._pointer(application_id, template_id, fresh=True)
        if template is None or template.is_archived:
            return None
        number = template.version if version is None else version
        if not 1 <= number <= template.latest_version:
            return None
        source = await self._source(template_id, number)
        return PinnedTemplate(template_id, number, source, template.is_active)

    async def _pointer(
        self, application_id: UUID, template_id: UUID, *, fresh: bool = False
    ) -> Template | None:
        """Which version is active, as it was at most two seconds ago; that there is none is never remembered."""
        key = (application_id, template_id)
        cached = self._pointers.get(key)
        if cached is not None and not fresh and cached[0] > time.monotonic():
            return cached[1]
        async with transaction(self._engine) as connection:
            row = (await connection.execute(_here(application_id, template_id))).mappings().first()
        if row is None:
            return None
        if len(self._pointers) >= KEPT_POINTERS:
            self._pointers.clear()
        template = _template(row)
        self._pointers[key] = (time.monotonic() + CACHED_FOR, template)
        return template

    async def _source(self, template_id: UUID, version: int) -> Source:
        key = (template_id, version)
        if key in self._sources:
            self._sources.move_to_end(key)
            return self._sources[key]
        async with transaction(self._engine) as connection:
            found = await _version(connection, template_id, version)
        self._sources[key] = found.source
        while len(self._sources) > self._kept_sources:
            self._sources.popitem(last=False)
        return found.source


def _here(application_id: UUID, template_id: UUID) -> Select[Any]:
    return select(table).where(table.c.application_id == application_id, table.c.id == template_id)


async def _find(connection: AsyncConnection, query: Select[Any]) -> tuple[Template, TemplateVersion]:
    template = await _find_template(connection, query)
    return template, await _version(connection, template.id, template.version)


async def _find_template(connection: AsyncConnection, query: Select[Any]) -> Template:
    row = (await connection.execute(query)).mappings().first()
    if row is None:
        raise NotFound("there is no such template")
    return _template(row)


async def _version(connection: AsyncConnection, template_id: UUID, version: int) -> TemplateVersion:
    query = select(versions).where(versions.c.template_id == template_id, versions.c.version == version)
    row = (await connection.execute(query)).mappings().first()
    if row is None:
        raise NotFound("there is no such version")
    return TemplateVersion(
        template_id=row["template_id"],
        version=row["version"],
        source=Source(
            default=Variant.from_json(dict(row)),
            languages={tag: Variant.from_json(variant) for tag, variant in row["languages"].items()},
            default_language=row["default_language"],
            strict=row["strict"],
        ),
        created_at=row["created_at"],
        created_by=row["created_by"],
    )


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(
        f"there is a template named {name!r}", field="name", fix="use another name, or archive the other one"
    )


def _row(template: Template) -> dict[str, object]:
    return attrs.asdict(template, recurse=False)


def _version_row(version: TemplateVersion) -> dict[str, object]:
    return {
        "template_id": version.template_id,
        "version": version.version,
        **version.source.to_json(),
        "created_at": version.created_at,
        "created_by": version.created_by,
    }


def _template(row: Mapping[Any, Any]) -> Template:
    return Template(**{name: row[name] for name in _FIELDS})


_FIELDS = tuple(field.name for field in attrs.fields(Template))
