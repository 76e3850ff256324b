"""Alerts in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import attrs
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.control import transaction
from adapters.postgres.tables.tenants import alert as table
from domain.applications.channel_state import Alert


@attrs.frozen
class PostgresAlerts:
    """Implements `application.ports.alerts.Alerts`."""

    engine: AsyncEngine

    async def list(
        self, application_id: UUID | None, *, include_resolved: bool, before: UUID | None, limit: int
    ) -> Sequence[Alert]:
        query = select(
            table.c.id,
            table.c.application_id,
            table.c.kind,
            table.c.detail,
            table.c.raised_at,
            table.c.resolved_at,
        ).order_by(table.c.id.desc())
        if application_id is not None:
            query = query.where(table.c.application_id == application_id)
        if not include_resolved:
            query = query.where(table.c.resolved_at.is_(None))
        if before is not None:
            query = query.where(table.c.id < before)
        async with transaction(self.engine) as connection:
            return [Alert(*row) for row in await connection.execute(query.limit(limit))]
