"""Subscriptions and their events in PostgreSQL; works on the connection of a unit of work."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

import attrs
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.column_arrays import arrays, columns_of, insert_sql, update_sql
from adapters.postgres.control import among
from adapters.postgres.reseal import count_not_under, not_under, reindex_suppressions, reseal
from adapters.postgres.subscription_rows import (
    COLUMNS,
    EVENT_COLUMNS,
    event_of,
    event_values,
    subscription_from,
    subscription_values,
)
from adapters.postgres.tables.audience import subscription as table
from adapters.postgres.tables.audience import subscription_event, suppression
from application.ports.subscriptions import Resealed, TokenToReseal
from domain.audience.registration import SealedToken
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import SubscriptionEvent
from domain.audience.suppression import SuppressionReason
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import NotFound

_KEPT: Final = frozenset(
    {"id", "application_id", "type", "created_at", "total_messages_received", "total_messages_converted"}
)
"""Columns that a change never writes: identity, and what receipts keep."""
_CHANGING: Final = tuple(name for name in COLUMNS if name not in _KEPT)
_KEYS: Final = ("id", "application_id")
_UPDATE: Final = update_sql(table, _KEYS, _CHANGING)
_PLACES: Final = [COLUMNS.index(name) for name in (*_KEYS, *_CHANGING)]
_INSERT: Final = insert_sql(table, COLUMNS)
_INSERT_EVENTS: Final = insert_sql(subscription_event, EVENT_COLUMNS)
_SELECT: Final = f"SELECT {columns_of(table, COLUMNS)} FROM subscription WHERE application_id = $1"  # noqa: S608
_LOCK: Final = f"{_SELECT} AND id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE"
_OF_INSTALLS: Final = f"{_SELECT} AND install_id = ANY($2::uuid[]) AND NOT is_archived ORDER BY id"
_FENCED: Final = "SELECT id FROM (SELECT id, application_id FROM subscription WHERE {} OFFSET 0) AS found WHERE application_id = $1"
"""The fence keeps the planner from going through everything of the application instead of through the index that is meant:
without statistics it takes the one for the other."""
_PLACED: Final = _FENCED.format("install_id = ANY($2::uuid[]) AND (NOT is_archived OR api_disabled)")
_COLUMNS: Final = tuple(table.c[name] for name in COLUMNS)
_PUSH: Final = frozenset({SubscriptionType.IOS_PUSH, SubscriptionType.ANDROID_PUSH})
_BUILT_IN: Final = frozenset({SubscriptionType.EMAIL, SubscriptionType.SMS, SubscriptionType.KAKAO_TALK})
_INDEXED: Final = "token_index = ANY($2::bytea[]) AND NOT is_archived"


def _token_queries() -> list[tuple[frozenset[SubscriptionType], str]]:
    """A statement per partial index, each with that index's own condition: the planner proves no union of them."""
    declared = frozenset(type_ for type_ in SubscriptionType if type_ > SubscriptionType.IN_APP_MESSAGE)
    found = [(_PUSH, _FENCED.format(f"{_INDEXED} AND type IN (1, 2)"))]
    for types, condition in ((_BUILT_IN, "type IN (3, 4, 5)"), (declared, "type >= 100")):
        found += [
            (types, _FENCED.format(f"{_INDEXED} AND {condition} AND user_id IS {owner}"))
            for owner in ("NULL", "NOT NULL")
        ]
    return [(types, query) for types, query in found if types]


@attrs.frozen
class PostgresSubscriptions:
    """Implements `application.ports.subscriptions.Subscriptions`."""

    connection: AsyncConnection

    async def lock(self, application_id: UUID, ids: Sequence[UUID]) -> Sequence[Subscription]:
        return await self._locked(application_id, ids)

    async def lock_related(
        self,
        application_id: UUID,
        *,
        indexes: Sequence[bytes],
        install_ids: Sequence[UUID],
        ids: Sequence[UUID] = (),
        types: Collection[SubscriptionType] | None = None,
    ) -> Sequence[Subscription]:
        wanted = set(ids)
        if indexes:
            for served, query in _token_queries():
                if types is None or not served.isdisjoint(types):
                    wanted.update(await self._ids(query, application_id, indexes))
        if install_ids:
            wanted.update(await self._ids(_PLACED, application_id, install_ids))
        return await self._locked(application_id, sorted(wanted))

    async def _ids(self, query: str, application_id: UUID, values: Sequence[object]) -> Sequence[UUID]:
        rows = await self.connection.exec_driver_sql(query, (application_id, list(values)))
        return rows.scalars().all()

    async def _locked(self, application_id: UUID, ids: Sequence[UUID]) -> list[Subscription]:
        if not ids:
            return []
        rows = await self.connection.exec_driver_sql(_LOCK, (application_id, list(ids)))
        return [subscription_from(row) for row in rows]

    async def suppressed(
        self, application_id: UUID, addresses: Sequence[tuple[Channel, bytes]]
    ) -> Mapping[tuple[Channel, bytes], SuppressionReason]:
        query = select(suppression.c.channel, suppression.c.address_index, suppression.c.reason).where(
            suppression.c.application_id == application_id,
            suppression.c.channel.in_(sorted({int(channel) for channel, _ in addresses})),
            among(suppression.c.address_index, sorted({index for _, index in addresses})),
            suppression.c.lifted_at.is_(None),
        )
        return {
            (Channel(row.channel), row.address_index): SuppressionReason(row.reason)
            for row in await self.connection.execute(query)
        }

    async def reindex_suppressions(self, moves: Sequence[tuple[UUID, bytes, bytes, str]]) -> None:
        await reindex_suppressions(self.connection, moves)

    async def of_installs(self, application_id: UUID, install_ids: Sequence[UUID]) -> Sequence[Subscription]:
        rows = await self.connection.exec_driver_sql(_OF_INSTALLS, (application_id, list(install_ids)))
        return [subscription_from(row) for row in rows]

    async def store(
        self,
        *,
        new: Sequence[Subscription],
        changed: Sequence[Subscription],
        events: Sequence[SubscriptionEvent],
    ) -> None:
        givers = [one for one in changed if one.is_archived]
        takers = [one for one in changed if not one.is_archived]
        for some in (givers, takers):
            if some:
                rows = (subscription_values(one) for one in some)
                await self.connection.exec_driver_sql(
                    _UPDATE, arrays([row[at] for at in _PLACES] for row in rows)
                )
        if new:
            # In the order of the tokens: two calls that add the same ones wait for each other, not for ever.
            ordered = sorted(new, key=lambda one: one.token.index if one.token is not None else b"")
            await self.connection.exec_driver_sql(_INSERT, arrays(map(subscription_values, ordered)))
        if events:
            await self.connection.exec_driver_sql(_INSERT_EVENTS, arrays(map(event_values, events)))

    async def get(self, application_id: UUID, subscription_id: UUID) -> Subscription:
        query = select(*_COLUMNS).where(
            table.c.application_id == application_id, table.c.id == subscription_id
        )
        row = (await self.connection.execute(query)).first()
        if row is None:
            raise NotFound("there is no such subscription")
        return subscription_from(row)

    async def list(
        self,
        application_id: UUID,
        *,
        user_id: UUID | None,
        type: SubscriptionType | None,
        subscribed: bool | None,
        include_archived: bool,
        after: UUID | None,
        limit: int,
    ) -> Sequence[Subscription]:
        query = select(*_COLUMNS).where(table.c.application_id == application_id)
        if user_id is not None:
            query = query.where(table.c.user_id == user_id)
        if type is not None:
            query = query.where(table.c.type == int(type))
        if subscribed is not None:
            status = table.c.subscription_status
            query = query.where(status >= 1 if subscribed else status < 1)
        if not include_archived:
            query = query.where(~table.c.is_archived)
        if after is not None:
            query = query.where(table.c.id > after)
        rows = await self.connection.execute(query.order_by(table.c.id).limit(limit))
        return [subscription_from(row) for row in rows]

    async def events(
        self, application_id: UUID, subscription_id: UUID, *, after: UUID | None, limit: int
    ) -> Sequence[SubscriptionEvent]:
        events = subscription_event.c
        query = select(subscription_event).where(
            events.application_id == application_id, events.subscription_id == subscription_id
        )
        if after is not None:
            query = query.where(events.id > after)
        rows = await self.connection.execute(query.order_by(events.id).limit(limit))
        return [event_of(row) for row in rows.mappings()]

    async def count_not_under(self, key_id: str) -> int:
        return await count_not_under(self.connection, key_id)

    async def not_under(self, key_id: str, *, after: UUID | None, limit: int) -> Sequence[TokenToReseal]:
        return await not_under(self.connection, key_id, after=after, limit=limit)

    async def reseal(self, tokens: Sequence[tuple[TokenToReseal, SealedToken]]) -> Resealed:
        return await reseal(self.connection, tokens)
