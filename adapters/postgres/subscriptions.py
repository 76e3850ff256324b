"""Subscriptions and their events in PostgreSQL; works on the connection of a unit of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import attrs
from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.control import among
from adapters.postgres.reseal import count_not_under, not_under, reindex_suppressions, reseal
from adapters.postgres.subscription_rows import event_of, event_row, subscription_of, subscription_row
from adapters.postgres.tables.audience import subscription as table
from adapters.postgres.tables.audience import subscription_event, suppression
from application.ports.subscriptions import Resealed, TokenToReseal
from domain.audience.subscription import SealedToken, Subscription
from domain.audience.subscription_event import SubscriptionEvent
from domain.audience.suppression import SuppressionReason
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import NotFound

_KEPT = (
    *("id", "application_id", "type", "created_at"),
    *("total_messages_received", "total_messages_converted", "last_received_at", "last_converted_at"),
    *("language_key", "app_version_key", "sdk_version_key"),
)
"""Columns that a change never writes: identity, what receipts keep, and what the database works out."""

LAST_BUILT_IN = SubscriptionType.IN_APP_MESSAGE

_UPDATE = (
    update(table)
    .where(table.c.id == bindparam("of_id"), table.c.application_id == bindparam("of_application"))
    .values({column.name: bindparam(f"new_{column.name}") for column in table.c if column.name not in _KEPT})
)


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
    ) -> Sequence[Subscription]:
        wanted = set(ids)
        mine = select(table.c.id).where(table.c.application_id == application_id)
        if indexes:
            # Two statements, each with its partial indexes' own condition: the planner proves no union of them.
            live = mine.where(~table.c.is_archived, among(table.c.token_index, indexes))
            declared = tuple(int(type_) for type_ in SubscriptionType if type_ > LAST_BUILT_IN)
            for types in ((1, 2), (3, 4, 5), *([declared] if declared else [])):
                in_types = table.c.type.in_(
                    bindparam(f"types_{types[0]}", list(types), expanding=True, literal_execute=True)
                )
                owners = (
                    (table.c.user_id.is_(None), table.c.user_id.is_not(None)) if types[0] == 3 else (None,)
                )
                for owner in owners:
                    query = live.where(in_types)
                    query = query if owner is None else query.where(owner)
                    wanted.update((await self.connection.execute(query)).scalars())
        if install_ids:
            placed = mine.where(
                among(table.c.install_id, install_ids), or_(~table.c.is_archived, table.c.api_disabled)
            )
            wanted.update((await self.connection.execute(placed)).scalars())
        return await self._locked(application_id, sorted(wanted))

    async def _locked(self, application_id: UUID, ids: Sequence[UUID]) -> list[Subscription]:
        if not ids:
            return []
        query = (
            select(table)
            .where(table.c.application_id == application_id, among(table.c.id, ids))
            .order_by(table.c.id)
            .with_for_update(key_share=True)
        )
        return [subscription_of(row) for row in (await self.connection.execute(query)).mappings()]

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

    async def of_install(self, application_id: UUID, install_id: UUID) -> Sequence[Subscription]:
        query = select(table).where(
            table.c.application_id == application_id,
            table.c.install_id == install_id,
            ~table.c.is_archived,
        )
        rows = await self.connection.execute(query.order_by(table.c.id))
        return [subscription_of(row) for row in rows.mappings()]

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
                rows = [
                    {
                        f"new_{name}": value
                        for name, value in subscription_row(one).items()
                        if name not in _KEPT
                    }
                    | {"of_id": one.id, "of_application": one.application_id}
                    for one in some
                ]
                await self.connection.execute(_UPDATE, rows)
        if new:
            # In the order of the tokens: two calls that add the same ones wait for each other, not for ever.
            ordered = sorted(new, key=lambda one: one.token.index if one.token is not None else b"")
            await self.connection.execute(insert(table), [subscription_row(one) for one in ordered])
        if events:
            await self.connection.execute(insert(subscription_event), [event_row(one) for one in events])

    async def get(self, application_id: UUID, subscription_id: UUID) -> Subscription:
        query = select(table).where(table.c.application_id == application_id, table.c.id == subscription_id)
        row = (await self.connection.execute(query)).mappings().first()
        if row is None:
            raise NotFound("there is no such subscription")
        return subscription_of(row)

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
        query = select(table).where(table.c.application_id == application_id)
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
        return [subscription_of(row) for row in rows.mappings()]

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
