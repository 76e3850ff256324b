"""Users in PostgreSQL; works on the connection of a unit of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import attrs
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.column_arrays import arrays, columns_of, insert_sql
from adapters.postgres.control import among
from adapters.postgres.engine import to_json
from adapters.postgres.tables.audience import app_user as table
from domain.audience.user import User
from domain.shared.errors import NotFound

_FIELDS: Final = tuple(field.name for field in attrs.fields(User))
_ENSURE: Final = (
    f"{insert_sql(table, _FIELDS)} ON CONFLICT (application_id, external_id) DO UPDATE"
    " SET is_archived = false, archived_at = NULL,"
    " last_active_at = greatest(app_user.last_active_at, excluded.last_active_at)"
    f" RETURNING {columns_of(table, _FIELDS)}, xmax = 0"
)


@attrs.frozen
class PostgresUsers:
    """Implements `application.ports.users.Users`."""

    connection: AsyncConnection

    async def ensure(self, users: Sequence[User]) -> Mapping[str, tuple[User, bool]]:
        if not users:
            return {}
        # Sorted, so that two calls that name the same users wait for each other instead of for ever.
        rows = arrays(_written(user) for user in sorted(users, key=lambda user: user.external_id))
        found = [(_read(row), row[-1]) for row in await self.connection.exec_driver_sql(_ENSURE, rows)]
        return {user.external_id: (user, created) for user, created in found}

    async def find(self, application_id: UUID, user: UUID | str, *, lock: bool = False) -> User:
        which = table.c.external_id == user if isinstance(user, str) else table.c.id == user
        query = select(table).where(table.c.application_id == application_id, which)
        row = (await self.connection.execute(query.with_for_update() if lock else query)).mappings().first()
        if row is None:
            raise NotFound("there is no such user")
        return _user(row)

    async def save(self, user: User) -> None:
        await self.connection.execute(
            update(table)
            .where(table.c.application_id == user.application_id, table.c.id == user.id)
            .values(**_row(user))
        )

    async def touch(self, application_id: UUID, user_ids: Sequence[UUID], now: datetime) -> None:
        if not user_ids:
            return
        await self.connection.execute(
            update(table)
            .where(table.c.application_id == application_id, among(table.c.id, user_ids))
            .values(last_active_at=func.greatest(table.c.last_active_at, now))
        )

    async def list(
        self, application_id: UUID, *, include_archived: bool, after: UUID | None, limit: int
    ) -> Sequence[User]:
        query = (
            select(table).where(table.c.application_id == application_id).order_by(table.c.id).limit(limit)
        )
        if not include_archived:
            query = query.where(~table.c.is_archived)
        if after is not None:
            query = query.where(table.c.id > after)
        return [_user(row) for row in (await self.connection.execute(query)).mappings()]

    async def external_ids(self, application_id: UUID, user_ids: Sequence[UUID]) -> Mapping[UUID, str]:
        query = select(table.c.id, table.c.external_id).where(
            table.c.application_id == application_id, among(table.c.id, user_ids)
        )
        return {row.id: row.external_id for row in await self.connection.execute(query)}


def _row(user: User) -> dict[str, object]:
    return attrs.asdict(user, recurse=False) | {"properties": dict(user.properties)}


def _written(user: User) -> tuple[object, ...]:
    """In the order of the fields; properties as JSON text."""
    return tuple(
        to_json(dict(user.properties)) if name == "properties" else getattr(user, name) for name in _FIELDS
    )


def _read(row: Sequence[Any]) -> User:
    """From a row that begins with the fields."""
    return User(*row[: len(_FIELDS)])


def _user(row: Mapping[Any, Any]) -> User:
    return User(**{name: row[name] for name in _FIELDS})
