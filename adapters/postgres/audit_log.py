"""The log of changes in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import attrs
from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.control import transaction
from adapters.postgres.tables.operators import audit_entry as table
from application.ports.audit_log import AuditFilter
from domain.operators.audit import AuditEntry, Outcome
from domain.shared.json_values import Json


@attrs.frozen
class PostgresAuditLog:
    """Implements `application.ports.audit_log.AuditLog`."""

    engine: AsyncEngine

    async def add(self, entry: AuditEntry) -> None:
        values = attrs.asdict(entry, recurse=False) | {
            "outcome": entry.outcome.value,
            "before": dict(entry.before),
            "after": dict(entry.after),
        }
        async with transaction(self.engine) as connection:
            await connection.execute(insert(table).values(**values))

    async def complete(
        self,
        entry_id: UUID,
        outcome: Outcome,
        *,
        subject: str,
        before: Mapping[str, Json],
        after: Mapping[str, Json],
    ) -> None:
        said = func.coalesce(func.nullif(literal(subject), ""), table.c.subject)
        done = (
            update(table)
            .where(table.c.id == entry_id, table.c.outcome == Outcome.STARTED.value)
            .values(outcome=outcome.value, subject=said, before=dict(before), after=dict(after))
        )
        async with transaction(self.engine) as connection:
            await connection.execute(done)

    async def list(self, wanted: AuditFilter, *, before: UUID | None, limit: int) -> Sequence[AuditEntry]:
        query = select(table).order_by(table.c.id.desc()).limit(limit)
        if wanted.application_id is not None:
            query = query.where(table.c.application_id == wanted.application_id)
        if wanted.operator_id is not None:
            query = query.where(table.c.operator_id == wanted.operator_id)
        if wanted.action is not None:
            query = query.where(table.c.action == wanted.action)
        if before is not None:
            query = query.where(table.c.id < before)
        async with transaction(self.engine) as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [AuditEntry(**{**row, "outcome": Outcome(row["outcome"])}) for row in rows]
