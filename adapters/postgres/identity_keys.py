"""Keys that vouch for users in PostgreSQL, sealed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import attrs
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.control import transaction
from adapters.postgres.tables.identity import identity_key as table
from adapters.postgres.tables.tenants import application
from application.ports.identity_keys import SealedIdentityKey
from application.ports.vault import Sealed
from domain.applications.identity_key import IdentityAlgorithm, IdentityKey
from domain.shared.errors import AlreadyExists, Conflict, NotFound


@attrs.frozen
class PostgresIdentityKeys:
    """Implements `application.ports.identity_keys.IdentityKeys`."""

    engine: AsyncEngine

    async def add(self, key: SealedIdentityKey, *, at_most: int) -> None:
        one = key.key
        async with transaction(self.engine) as connection:
            owner = select(application.c.id).where(application.c.id == one.application_id)
            if (await connection.execute(owner.with_for_update())).first() is None:
                raise NotFound("there is no such application")
            query = select(table.c.kid).where(table.c.application_id == one.application_id)
            kids = set((await connection.execute(query)).scalars())
            if one.kid in kids:
                raise AlreadyExists("a key with this kid exists", field="kid", fix="name it otherwise")
            if len(kids) >= at_most:
                raise Conflict(f"there are {at_most} keys already", fix="remove one that is not used")
            await connection.execute(
                insert(table).values(
                    application_id=one.application_id,
                    kid=one.kid,
                    algorithm=one.algorithm.value,
                    ciphertext=key.sealed.ciphertext,
                    key_id=key.sealed.key_id,
                    created_at=one.created_at,
                )
            )

    async def of(self, application_id: UUID) -> Sequence[SealedIdentityKey]:
        query = select(table).where(table.c.application_id == application_id).order_by(table.c.kid)
        async with transaction(self.engine) as connection:
            return [_key(row) for row in await connection.execute(query)]

    async def remove(self, application_id: UUID, kid: str) -> bool:
        gone = delete(table).where(table.c.application_id == application_id, table.c.kid == kid)
        async with transaction(self.engine) as connection:
            return (await connection.execute(gone)).rowcount > 0

    async def not_under(self, key_id: str) -> Sequence[SealedIdentityKey]:
        query = select(table).where(table.c.key_id != key_id).order_by(table.c.application_id, table.c.kid)
        async with transaction(self.engine) as connection:
            return [_key(row) for row in await connection.execute(query)]

    async def reseal(self, before: SealedIdentityKey, sealed: Sealed) -> bool:
        replace = (
            update(table)
            .where(
                table.c.application_id == before.key.application_id,
                table.c.kid == before.key.kid,
                table.c.ciphertext == before.sealed.ciphertext,
            )
            .values(ciphertext=sealed.ciphertext, key_id=sealed.key_id)
        )
        async with transaction(self.engine) as connection:
            return (await connection.execute(replace)).rowcount > 0


def _key(row: Row[Any]) -> SealedIdentityKey:
    return SealedIdentityKey(
        IdentityKey(row.application_id, row.kid, IdentityAlgorithm(row.algorithm), row.created_at),
        Sealed(row.ciphertext, row.key_id),
    )
