"""Installs in PostgreSQL; works on the connection of a unit of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import attrs
from sqlalchemy import bindparam, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.control import among
from adapters.postgres.tables.audience import install as table
from domain.audience.install import Install


@attrs.frozen
class PostgresInstalls:
    """Implements `application.ports.installs.Installs`."""

    connection: AsyncConnection

    async def find(
        self, application_id: UUID, install_ids: Sequence[str], *, lock: bool = False
    ) -> Mapping[str, Install]:
        query = (
            select(table)
            .where(table.c.application_id == application_id, among(table.c.install_id, install_ids))
            .order_by(table.c.install_id)
        )
        rows = await self.connection.execute(query.with_for_update() if lock else query)
        return {row["install_id"]: _install(row) for row in rows.mappings()}

    async def ensure(self, installs: Sequence[Install]) -> Mapping[str, tuple[Install, bool]]:
        if not installs:
            return {}
        rows = [attrs.asdict(one) for one in sorted(installs, key=lambda one: one.install_id)]
        new = insert(table)  # many rows as parameters: one compiled statement for any number
        query = new.on_conflict_do_update(
            index_elements=[table.c.application_id, table.c.install_id],
            set_={"last_seen_at": new.excluded.last_seen_at},
        ).returning(table, literal_column("(xmax = 0)").label("created"))
        found = (await self.connection.execute(query, rows)).mappings()
        return {row["install_id"]: (_install(row), row["created"]) for row in found}

    async def save(self, installs: Sequence[Install]) -> None:
        if installs:
            await self.connection.execute(
                update(table)
                .where(
                    table.c.application_id == bindparam("of_application"),
                    table.c.id == bindparam("of_id"),
                )
                .values(
                    secret_hash=bindparam("new_secret_hash"),
                    last_seen_at=bindparam("new_last_seen_at"),
                    confirmed_at=bindparam("new_confirmed_at"),
                ),
                [
                    {
                        "of_application": one.application_id,
                        "of_id": one.id,
                        "new_secret_hash": one.secret_hash,
                        "new_last_seen_at": one.last_seen_at,
                        "new_confirmed_at": one.confirmed_at,
                    }
                    for one in installs
                ],
            )


def _install(row: Mapping[Any, Any]) -> Install:
    return Install(**{name: row[name] for name in _FIELDS})


_FIELDS = tuple(field.name for field in attrs.fields(Install))
