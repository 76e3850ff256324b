"""Alerts in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import attrs
from sqlalchemy import case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.control import transaction
from adapters.postgres.tables.tenants import alert as table
from adapters.postgres.tables.tenants import alert_policy
from domain.alerting.policy import Policy
from domain.applications.channel_state import Alert

COLUMNS: Final = (
    table.c.id,
    table.c.application_id,
    table.c.kind,
    table.c.detail,
    table.c.raised_at,
    table.c.resolved_at,
    table.c.severity,
    table.c.acknowledged_at,
    table.c.acknowledged_by,
    table.c.escalation,
)
"""The members of an Alert, in their order."""
ONCE: Final = ("unknown_outcome_charged", "webhook_disabled")
"""Kinds that report something that is over: who has seen it is done with it."""


@attrs.frozen
class PostgresAlerts:
    """Implements `application.ports.alerts.Alerts`."""

    engine: AsyncEngine

    async def list(
        self, application_id: UUID | None, *, include_resolved: bool, before: UUID | None, limit: int
    ) -> Sequence[Alert]:
        query = select(*COLUMNS).order_by(table.c.id.desc())
        if application_id is not None:
            query = query.where(table.c.application_id == application_id)
        if not include_resolved:
            query = query.where(table.c.resolved_at.is_(None))
        if before is not None:
            query = query.where(table.c.id < before)
        async with transaction(self.engine) as connection:
            return [_alert(row) for row in await connection.execute(query.limit(limit))]

    async def read(self, application_id: UUID, alert_id: UUID) -> Alert | None:
        query = select(*COLUMNS).where(table.c.id == alert_id, table.c.application_id == application_id)
        async with transaction(self.engine) as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else _alert(row)

    async def acknowledge(
        self, application_id: UUID, alert_id: UUID, actor: str, now: datetime
    ) -> Alert | None:
        over = (table.c.kind.in_(ONCE), func.coalesce(table.c.resolved_at, now))
        statement = (
            update(table)
            .where(table.c.id == alert_id, table.c.application_id == application_id)
            .values(
                acknowledged_at=func.coalesce(table.c.acknowledged_at, now),
                acknowledged_by=func.coalesce(table.c.acknowledged_by, actor),
                resolved_at=case(over, else_=table.c.resolved_at),
            )
            .returning(*COLUMNS)
        )
        async with transaction(self.engine) as connection:
            row = (await connection.execute(statement)).first()
        return None if row is None else _alert(row)

    async def policy(self, application_id: UUID) -> Policy | None:
        query = select(alert_policy.c.policy).where(alert_policy.c.application_id == application_id)
        async with transaction(self.engine) as connection:
            found = (await connection.execute(query)).scalar()
        return None if found is None else Policy.from_json(found)

    async def set_policy(self, application_id: UUID, policy: Policy, now: datetime) -> None:
        values = {"policy": policy.to_json(), "updated_at": now}
        statement = insert(alert_policy).values(application_id=application_id, **values)
        async with transaction(self.engine) as connection:
            await connection.execute(
                statement.on_conflict_do_update(index_elements=[alert_policy.c.application_id], set_=values)
            )


def _alert(row: Any) -> Alert:
    return Alert(*row)
