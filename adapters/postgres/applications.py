"""Applications in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import attrs
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.control import transaction
from adapters.postgres.tables.tenants import application as table
from domain.applications.application import Application
from domain.applications.settings import settings_from
from domain.shared.errors import NotFound


@attrs.frozen
class PostgresApplications:
    """Implements `application.ports.applications.Applications`."""

    engine: AsyncEngine

    async def add(self, application: Application) -> None:
        async with transaction(self.engine) as connection:
            await connection.execute(insert(table).values(**_row(application)))

    async def get(self, application_id: UUID) -> Application:
        async with transaction(self.engine) as connection:
            row = (
                (await connection.execute(select(table).where(table.c.id == application_id)))
                .mappings()
                .first()
            )
        return _application(row)

    async def change(self, application_id: UUID, change: Callable[[Application], None]) -> Application:
        async with transaction(self.engine) as connection:
            query = select(table).where(table.c.id == application_id).with_for_update()
            application = _application((await connection.execute(query)).mappings().first())
            change(application)
            await connection.execute(
                update(table).where(table.c.id == application_id).values(**_row(application))
            )
        return application

    async def list(self, *, after: UUID | None, limit: int) -> Sequence[Application]:
        query = select(table).order_by(table.c.id).limit(limit)
        if after is not None:
            query = query.where(table.c.id > after)
        async with transaction(self.engine) as connection:
            return [_application(row) for row in (await connection.execute(query)).mappings()]


def _row(application: Application) -> dict[str, object]:
    return {
        "id": application.id,
        "name": application.name,
        "settings": application.settings.to_json(),
        "is_active": application.is_active,
        "created_at": application.created_at,
        "updated_at": application.updated_at,
    }


def _application(row: Mapping[Any, Any] | None) -> Application:
    if row is None:
        raise NotFound("there is no such application")
    return Application(
        id=row["id"],
        name=row["name"],
        settings=settings_from(row["settings"]),
        is_active=row["is_active"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
