"""Installs in PostgreSQL; works on the connection of a unit of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

import attrs
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.column_arrays import arrays, columns_of, insert_sql, update_sql
from adapters.postgres.tables.audience import install as table
from domain.audience.install import Install

_FIELDS: Final = tuple(field.name for field in attrs.fields(Install))
_VALUES: Final = attrgetter(*_FIELDS)
_FIND: Final = (
    f"SELECT {columns_of(table, _FIELDS)} FROM install "  # noqa: S608
    "WHERE application_id = $1 AND install_id = ANY($2::text[]) ORDER BY install_id"
)
_ENSURE: Final = (
    f"{insert_sql(table, _FIELDS)} ON CONFLICT (application_id, install_id)"
    f" DO UPDATE SET last_seen_at = excluded.last_seen_at RETURNING {columns_of(table, _FIELDS)}, xmax = 0"
)
_KEYS: Final = ("application_id", "id")
_CHANGING: Final = ("secret_hash", "last_seen_at", "confirmed_at")
_SAVE: Final = update_sql(table, _KEYS, _CHANGING)
_SAVED: Final = attrgetter(*_KEYS, *_CHANGING)


@attrs.frozen
class PostgresInstalls:
    """Implements `application.ports.installs.Installs`."""

    connection: AsyncConnection

    async def find(
        self, application_id: UUID, install_ids: Sequence[str], *, lock: bool = False
    ) -> Mapping[str, Install]:
        query = f"{_FIND} FOR UPDATE" if lock else _FIND
        rows = await self.connection.exec_driver_sql(query, (application_id, list(install_ids)))
        return {one.install_id: one for one in map(_install, rows)}

    async def ensure(self, installs: Sequence[Install]) -> Mapping[str, tuple[Install, bool]]:
        if not installs:
            return {}
        # Sorted, so that two calls that name the same installs wait for each other instead of for ever.
        rows = arrays(_VALUES(one) for one in sorted(installs, key=lambda one: one.install_id))
        found = await self.connection.exec_driver_sql(_ENSURE, rows)
        return {
            one.install_id: (one, created) for one, created in ((_install(row), row[-1]) for row in found)
        }

    async def save(self, installs: Sequence[Install]) -> None:
        if installs:
            await self.connection.exec_driver_sql(_SAVE, arrays(_SAVED(one) for one in installs))


def _install(row: Sequence[Any]) -> Install:
    return Install(*row[: len(_FIELDS)])
