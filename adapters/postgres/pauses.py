"""Held channels in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import attrs
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.control import transaction
from adapters.postgres.tables.tenants import alert
from adapters.postgres.tables.tenants import channel_pause as table
from domain.applications.channel_state import ChannelPause
from domain.shared.channels import SubscriptionType


@attrs.frozen
class PostgresPauses:
    """Implements `application.ports.pauses.Pauses`."""

    engine: AsyncEngine

    async def list(self, application_id: UUID) -> Sequence[ChannelPause]:
        query = select(table).where(table.c.application_id == application_id).order_by(table.c.type)
        async with transaction(self.engine) as connection:
            return [_pause(row) for row in (await connection.execute(query)).mappings()]

    async def add(self, pause: ChannelPause) -> ChannelPause:
        values = attrs.asdict(pause) | {"type": int(pause.type), "detail": dict(pause.detail)}
        here = select(table).where(
            table.c.application_id == pause.application_id, table.c.type == int(pause.type)
        )
        async with transaction(self.engine) as connection:
            await connection.execute(insert(table).values(**values).on_conflict_do_nothing())
            return _pause((await connection.execute(here)).mappings().one())

    async def remove(self, application_id: UUID, type: SubscriptionType) -> bool:
        gone = delete(table).where(table.c.application_id == application_id, table.c.type == int(type))
        settled = (
            update(alert)
            .where(
                alert.c.application_id == application_id,
                alert.c.kind.in_(("channel_paused", "mass_token_damage")),
                alert.c.detail["type"].as_integer() == int(type),
                alert.c.resolved_at.is_(None),
            )
            .values(resolved_at=func.now())
        )
        async with transaction(self.engine) as connection:
            removed = (await connection.execute(gone)).rowcount > 0
            if removed:
                await connection.execute(settled)
            return removed

    async def lift_faults(self, application_id: UUID, types: Sequence[SubscriptionType]) -> None:
        gone = delete(table).where(
            table.c.application_id == application_id,
            table.c.type.in_([int(type) for type in types]),
            table.c.credential_version.is_not(None),
        )
        async with transaction(self.engine) as connection:
            await connection.execute(gone)


def _pause(row: Mapping[Any, Any]) -> ChannelPause:
    return ChannelPause(
        application_id=row["application_id"],
        type=SubscriptionType(row["type"]),
        reason=row["reason"],
        detail=row["detail"],
        credential_version=row["credential_version"],
        paused_at=row["paused_at"],
    )
