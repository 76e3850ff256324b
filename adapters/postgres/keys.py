"""API keys in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import attrs
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.control import transaction
from adapters.postgres.tables.tenants import api_key as table
from adapters.postgres.tables.tenants import application
from application.ports.keys import FoundKey
from domain.applications.api_key import ApiKey
from domain.applications.scopes import Scope
from domain.shared.errors import NotFound

OPERATOR_KEYS_LOCK: Final = 0x41_53_4F_50_4B_59
"""Advisory lock under which operators' keys are added: they have no application row to lock."""


@attrs.frozen
class PostgresKeys:
    """Implements `application.ports.keys.Keys`."""

    engine: AsyncEngine

    async def add(self, key: ApiKey, check: Callable[[Sequence[ApiKey]], None]) -> None:
        async with transaction(self.engine) as connection:
            if key.application_id is None:
                await connection.execute(
                    text("SELECT pg_advisory_xact_lock(:key)"), {"key": OPERATOR_KEYS_LOCK}
                )
            else:
                owner = (
                    select(application.c.id).where(application.c.id == key.application_id).with_for_update()
                )
                if (await connection.execute(owner)).first() is None:
                    raise NotFound("there is no such application")
            check(await _list(connection, key.application_id))
            await connection.execute(insert(table).values(**_row(key)))

    async def find(self, key_id: str) -> FoundKey | None:
        query = (
            select(table, application.c.is_active)
            .outerjoin(application, application.c.id == table.c.application_id)
            .where(table.c.id == key_id)
        )
        async with transaction(self.engine) as connection:
            row = (await connection.execute(query)).mappings().first()
        if row is None:
            return None
        return FoundKey(_key(row), row["application_id"] is None or row["is_active"])

    async def list(self, application_id: UUID | None) -> Sequence[ApiKey]:
        async with transaction(self.engine) as connection:
            return await _list(connection, application_id)

    async def change(
        self, application_id: UUID | None, key_id: str, change: Callable[[ApiKey], None]
    ) -> ApiKey:
        async with transaction(self.engine) as connection:
            query = select(table).where(
                table.c.id == key_id, table.c.application_id.is_not_distinct_from(application_id)
            )
            row = (await connection.execute(query.with_for_update())).mappings().first()
            if row is None:
                raise NotFound("there is no such key")
            key = _key(row)
            change(key)
            await connection.execute(update(table).where(table.c.id == key_id).values(**_row(key)))
        return key

    async def record_use(self, key_id: str, at: datetime) -> None:
        async with transaction(self.engine) as connection:
            await connection.execute(update(table).where(table.c.id == key_id).values(last_used_at=at))


async def _list(connection: AsyncConnection, application_id: UUID | None) -> list[ApiKey]:
    query = (
        select(table)
        .where(table.c.application_id.is_not_distinct_from(application_id))
        .order_by(table.c.created_at.desc(), table.c.id.desc())
    )
    return [_key(row) for row in (await connection.execute(query)).mappings()]


def _row(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "application_id": key.application_id,
        "label": key.label,
        "secret_hash": key.secret_hash,
        "scopes": sorted(key.scopes),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    }


def _key(row: Mapping[Any, Any]) -> ApiKey:
    return ApiKey(
        id=row["id"],
        application_id=row["application_id"],
        label=row["label"],
        secret_hash=row["secret_hash"],
        scopes=frozenset(Scope(name) for name in row["scopes"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
    )
