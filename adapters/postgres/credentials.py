"""Providers' credentials in PostgreSQL, sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.control import transaction
from adapters.postgres.tables.tenants import application, channel_pause
from adapters.postgres.tables.tenants import credential as table
from application.ports.credentials import SealedCredential
from application.ports.vault import Sealed
from domain.applications.channel_state import CredentialSummary
from domain.shared.channels import SubscriptionType
from domain.shared.errors import NotFound
from domain.shared.json_values import Json


@attrs.frozen
class PostgresCredentials:
    """Implements `application.ports.credentials.Credentials`."""

    engine: AsyncEngine

    async def put(
        self,
        application_id: UUID,
        provider: str,
        sealed: Sealed,
        *,
        summary: Mapping[str, Json],
        types: Sequence[SubscriptionType],
        now: datetime,
    ) -> CredentialSummary:
        here = (table.c.application_id == application_id, table.c.provider == provider)
        async with transaction(self.engine) as connection:
            owner = select(application.c.id).where(application.c.id == application_id).with_for_update()
            if (await connection.execute(owner)).first() is None:
                raise NotFound("there is no such application")
            last = (await connection.execute(select(func.max(table.c.version)).where(*here))).scalar()
            version = (last or 0) + 1
            await connection.execute(delete(table).where(*here))
            await connection.execute(
                insert(table).values(
                    application_id=application_id,
                    provider=provider,
                    version=version,
                    ciphertext=sealed.ciphertext,
                    key_id=sealed.key_id,
                    summary=dict(summary),
                    created_at=now,
                )
            )
            await connection.execute(
                delete(channel_pause).where(
                    channel_pause.c.application_id == application_id,
                    channel_pause.c.type.in_([int(type) for type in types]),
                    channel_pause.c.credential_version.is_not(None),
                    or_(
                        channel_pause.c.credential_version < version,
                        channel_pause.c.provider.is_distinct_from(provider),
                    ),
                )
            )
        return CredentialSummary(provider, version, summary, now)

    async def list(self, application_id: UUID) -> Sequence[CredentialSummary]:
        query = select(table.c.provider, table.c.version, table.c.summary, table.c.created_at)
        query = query.where(table.c.application_id == application_id).order_by(
            table.c.provider, table.c.version
        )
        async with transaction(self.engine) as connection:
            return [CredentialSummary(*row) for row in await connection.execute(query)]

    async def delete(self, application_id: UUID, provider: str) -> bool:
        gone = delete(table).where(table.c.application_id == application_id, table.c.provider == provider)
        async with transaction(self.engine) as connection:
            return (await connection.execute(gone)).rowcount > 0

    async def current(self, application_id: UUID, provider: str) -> SealedCredential | None:
        query = (
            select(table)
            .where(table.c.application_id == application_id, table.c.provider == provider)
            .order_by(table.c.version.desc())
            .limit(1)
        )
        async with transaction(self.engine) as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            return None
        return SealedCredential(application_id, provider, row.version, Sealed(row.ciphertext, row.key_id))

    async def count_not_under(self, key_id: str) -> int:
        query = select(func.count()).select_from(table).where(table.c.key_id != key_id)
        async with transaction(self.engine) as connection:
            return (await connection.execute(query)).scalar_one()

    async def not_under(self, key_id: str, *, limit: int, offset: int) -> Sequence[SealedCredential]:
        query = (
            select(table)
            .where(table.c.key_id != key_id)
            .order_by(table.c.application_id, table.c.provider, table.c.version)
            .limit(limit)
            .offset(offset)
        )
        async with transaction(self.engine) as connection:
            return [
                SealedCredential(
                    row.application_id, row.provider, row.version, Sealed(row.ciphertext, row.key_id)
                )
                for row in await connection.execute(query)
            ]

    async def reseal(self, before: SealedCredential, sealed: Sealed) -> bool:
        replace = (
            update(table)
            .where(
                table.c.application_id == before.application_id,
                table.c.provider == before.provider,
                table.c.version == before.version,
                table.c.key_id == before.sealed.key_id,
                table.c.ciphertext == before.sealed.ciphertext,
            )
            .values(ciphertext=sealed.ciphertext, key_id=sealed.key_id)
        )
        async with transaction(self.engine) as connection:
            return (await connection.execute(replace)).rowcount > 0
