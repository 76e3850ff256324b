"""Endpoints in PostgreSQL: their secrets sealed, what they were told, and telling them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import attrs
from sqlalchemy import Row, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.control import transaction
from adapters.postgres.tables.tenants import alert, application
from adapters.postgres.tables.webhooks import webhook_delivery, webhook_event
from adapters.postgres.tables.webhooks import webhook_endpoint as table
from application.ports.vault import Sealed
from application.ports.webhooks import EndpointChange, SealedWebhookSecret
from domain.shared.errors import Conflict, NotFound
from domain.webhooks.endpoint import Delivery, DeliveryState, Endpoint
from domain.webhooks.event_types import ALL, TEST

_TEST = text(
    "WITH told AS (INSERT INTO webhook_event (id, application_id, type, payload, created_at)"
    " SELECT uuidv7(), e.application_id, :type, :payload, :now FROM webhook_endpoint e"
    " WHERE e.id = :endpoint_id AND e.application_id = :application_id RETURNING id)"
    " INSERT INTO webhook_delivery (endpoint_id, event_id, next_at) SELECT :endpoint_id, id, :now FROM told"
    " RETURNING event_id"
)
# The same ids as before: a receiver that kept them knows what it has.
_REPLAY = text(
    "INSERT INTO webhook_delivery AS d (endpoint_id, event_id, next_at)"
    " SELECT e.id, v.id, :now FROM webhook_endpoint e JOIN webhook_event v ON v.application_id = e.application_id"
    " AND v.created_at >= :since AND (:everything = ANY(e.event_types) OR v.type = ANY(e.event_types)"
    "     OR split_part(v.type, '.', 1) || '.*' = ANY(e.event_types))"
    " WHERE e.id = :endpoint_id AND e.application_id = :application_id AND v.type <> :test"
    " ON CONFLICT (endpoint_id, event_id) DO UPDATE SET state = 0, attempts = 0, next_at = excluded.next_at,"
    "     last_error = NULL, last_status = NULL"
)


@attrs.frozen
class PostgresWebhooks:
    """Implements `application.ports.webhooks.Webhooks`."""

    engine: AsyncEngine

    async def add(self, endpoint: Endpoint, secret: Sealed, *, at_most: int) -> None:
        async with transaction(self.engine) as connection:
            owner = select(application.c.id).where(application.c.id == endpoint.application_id)
            if (await connection.execute(owner.with_for_update())).first() is None:
                raise NotFound("there is no such application")
            query = select(func.count()).where(table.c.application_id == endpoint.application_id)
            if (await connection.execute(query)).scalar_one() >= at_most:
                raise Conflict(f"there are {at_most} webhooks already", fix="remove one that is not used")
            await connection.execute(
                insert(table).values(
                    id=endpoint.id,
                    application_id=endpoint.application_id,
                    url=endpoint.url,
                    description=endpoint.description,
                    event_types=list(endpoint.event_types),
                    is_active=endpoint.is_active,
                    secret_ciphertext=secret.ciphertext,
                    secret_key_id=secret.key_id,
                    created_at=endpoint.created_at,
                    updated_at=endpoint.updated_at,
                )
            )

    async def list(self, application_id: UUID) -> Sequence[Endpoint]:
        query = select(table).where(table.c.application_id == application_id).order_by(table.c.id)
        async with transaction(self.engine) as connection:
            return [_endpoint(row) for row in await connection.execute(query)]

    async def read(self, application_id: UUID, endpoint_id: UUID) -> Endpoint | None:
        query = select(table).where(table.c.id == endpoint_id, table.c.application_id == application_id)
        async with transaction(self.engine) as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else _endpoint(row)

    async def change(
        self, application_id: UUID, endpoint_id: UUID, change: EndpointChange, now: datetime
    ) -> Endpoint | None:
        values: dict[str, object] = {"updated_at": now}
        values |= {
            name: value for name, value in attrs.asdict(change, recurse=False).items() if value is not None
        }
        if change.event_types is not None:
            values["event_types"] = list(change.event_types)
        if change.is_active:
            values |= {"failing_since": None, "disabled_reason": None}
        statement = (
            update(table)
            .where(table.c.id == endpoint_id, table.c.application_id == application_id)
            .values(**values)
            .returning(table)
        )
        over = (
            update(alert)
            .where(
                alert.c.application_id == application_id,
                alert.c.kind == "webhook_disabled",
                alert.c.detail["webhook_id"].astext == str(endpoint_id),
                alert.c.resolved_at.is_(None),
            )
            .values(resolved_at=now)
        )
        async with transaction(self.engine) as connection:
            row = (await connection.execute(statement)).first()
            if row is not None and change.is_active:
                await connection.execute(over)
        return None if row is None else _endpoint(row)

    async def remove(self, application_id: UUID, endpoint_id: UUID) -> bool:
        gone = delete(table).where(table.c.id == endpoint_id, table.c.application_id == application_id)
        async with transaction(self.engine) as connection:
            return (await connection.execute(gone)).rowcount > 0

    async def rotate(
        self, application_id: UUID, endpoint_id: UUID, secret: Sealed, *, old_until: datetime, now: datetime
    ) -> bool:
        statement = (
            update(table)
            .where(table.c.id == endpoint_id, table.c.application_id == application_id)
            .values(
                old_ciphertext=table.c.secret_ciphertext,
                old_key_id=table.c.secret_key_id,
                old_until=old_until,
                secret_ciphertext=secret.ciphertext,
                secret_key_id=secret.key_id,
                updated_at=now,
            )
        )
        async with transaction(self.engine) as connection:
            return (await connection.execute(statement)).rowcount > 0

    async def send_test(
        self, application_id: UUID, endpoint_id: UUID, payload: str, now: datetime
    ) -> UUID | None:
        values = {
            "type": TEST,
            "payload": payload,
            "now": now,
            "endpoint_id": endpoint_id,
            "application_id": application_id,
        }
        async with transaction(self.engine) as connection:
            found: UUID | None = (await connection.execute(_TEST, values)).scalar()
            return found

    async def deliveries(
        self,
        application_id: UUID,
        endpoint_id: UUID,
        *,
        state: DeliveryState | None,
        before: UUID | None,
        limit: int,
    ) -> Sequence[Delivery]:
        d, v = webhook_delivery.c, webhook_event.c
        query = (
            select(
                d.event_id, v.type, v.created_at, d.state, d.attempts, d.next_at, d.last_attempt_at, d.last_status,
                d.last_error,
            )
            .join_from(webhook_delivery, webhook_event, v.id == d.event_id)
            .where(d.endpoint_id == endpoint_id, v.application_id == application_id)
            .order_by(d.event_id.desc())
            .limit(limit)
        )  # fmt: skip
        if state is not None:
            query = query.where(d.state == int(state))
        if before is not None:
            query = query.where(d.event_id < before)
        async with transaction(self.engine) as connection:
            return [_delivery(row) for row in await connection.execute(query)]

    async def replay(self, application_id: UUID, endpoint_id: UUID, since: datetime, now: datetime) -> int:
        values = {
            "now": now,
            "since": since,
            "endpoint_id": endpoint_id,
            "application_id": application_id,
            "everything": ALL,
            "test": TEST,
        }
        async with transaction(self.engine) as connection:
            return (await connection.execute(_REPLAY, values)).rowcount

    async def secrets_not_under(self, key_id: str) -> Sequence[SealedWebhookSecret]:
        found: list[SealedWebhookSecret] = []
        query = select(table).where((table.c.secret_key_id != key_id) | (table.c.old_key_id != key_id))
        async with transaction(self.engine) as connection:
            for row in await connection.execute(query.order_by(table.c.id)):
                if row.secret_key_id != key_id:
                    sealed = Sealed(row.secret_ciphertext, row.secret_key_id)
                    found.append(SealedWebhookSecret(row.application_id, row.id, sealed, False))
                if row.old_key_id not in (None, key_id):
                    old = Sealed(row.old_ciphertext, row.old_key_id)
                    found.append(SealedWebhookSecret(row.application_id, row.id, old, True))
        return found

    async def reseal(self, before: SealedWebhookSecret, sealed: Sealed) -> bool:
        ciphertext, key_id = (
            ("old_ciphertext", "old_key_id") if before.is_old else ("secret_ciphertext", "secret_key_id")
        )
        replace = (
            update(table)
            .where(table.c.id == before.endpoint_id, table.c[ciphertext] == before.sealed.ciphertext)
            .values({ciphertext: sealed.ciphertext, key_id: sealed.key_id})
        )
        async with transaction(self.engine) as connection:
            return (await connection.execute(replace)).rowcount > 0


def _endpoint(row: Row[Any]) -> Endpoint:
    return Endpoint(
        row.id, row.application_id, row.url, row.description, tuple(row.event_types), row.is_active, row.failing_since,
        row.disabled_reason, row.created_at, row.updated_at,
    )  # fmt: skip


def _delivery(row: Any) -> Delivery:
    state = DeliveryState(row.state)
    return Delivery(
        row.event_id, row.type, row.created_at, state, row.attempts,
        row.next_at if state is DeliveryState.WAITING else None, row.last_attempt_at, row.last_status, row.last_error,
    )  # fmt: skip
