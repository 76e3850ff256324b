"""Users in PostgreSQL; works on the connection of a unit of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import attrs
from sqlalchemy import func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.control import among
from adapters.postgres.tables.audience import app_user as table
from domain.audience.user import User
from domain.shared.errors import NotFound


@attrs.frozen
class PostgresUsers:
    """Implements `application.ports.users.Users`."""

    connection: AsyncConnection

    async def ensure(self, users: Sequence[User]) -> Mapping[str, tuple[User, bool]]:
        if not users:
            return {}
        # Sorted, so that two calls that name the same users wait for each other instead of for ever.
        rows = [_row(user) for user in sorted(users, key=lambda user: user.external_id)]
        new = insert(table)  # many rows as parameters: one compiled statement for any number
        query = new.on_conflict_do_update(
            index_elements=[table.c.application_id, table.c.external_id],
            set_={
                "is_archived": False,
                "archived_at": None,
                "last_active_at": func.greatest(table.c.last_active_at, new.excluded.last_active_at),
            },
        ).returning(table, literal_column("(xmax = 0)").label("created"))
        found = (await self.connection.execute(query, rows)).mappings()
        return {row["external_id"]: (_user(row), row["created"]) for row in found}

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


def _user(row: Mapping[Any, Any]) -> User:
    return User(**{name: row[name] for name in _FIELDS})


_FIELDS = tuple(field.name for field in attrs.fields(User))
