"""What is known of subscriptions, read as the domain's evaluator wants it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.campaign_history import REACHED, reached_by
from adapters.postgres.control import among
from adapters.postgres.segment_sql import audience_join
from adapters.postgres.tables.audience import app_user, subscription
from domain.audience.device import Permission
from domain.audience.segment.facts import SubscriptionFacts, UserFacts
from domain.audience.segment.fields import Operator
from domain.shared.channels import SubscriptionType

_SAME = (
    *("id", "created_at", "tags", "device_language", "country_code", "app_version", "sdk_version"),
    *("device_model", "device_os", "test_type", "subscription_status", "subscribed_at", "unsubscribed_at"),
    *("last_active_at", "last_received_at", "last_converted_at"),
)
"""Fields whose column has the same name and the same kind of value."""


async def read_facts(
    connection: AsyncConnection,
    application_id: UUID,
    subscription_ids: Collection[UUID],
    campaign_ids: Collection[UUID] = (),
) -> dict[UUID, SubscriptionFacts]:
    """Of those subscriptions that the application has and that are not archived; with their part in the campaigns."""
    mine = sa.and_(
        subscription.c.application_id == application_id,
        among(subscription.c.id, subscription_ids),
        ~subscription.c.is_archived,
    )
    query = (
        sa.select(
            subscription,
            app_user.c.id.label("linked_user"),
            app_user.c.external_id,
            app_user.c.created_at.label("user_created_at"),
            app_user.c.last_active_at.label("user_last_active_at"),
            app_user.c.properties,
        )
        .select_from(audience_join())
        .where(mine)
    )
    rows = list((await connection.execute(query)).mappings())
    reached = await _reached(connection, subscription.c.id, [row["id"] for row in rows], campaign_ids)
    users = [row["linked_user"] for row in rows if row["linked_user"] is not None]
    reached_users = await _reached(connection, app_user.c.id, users, campaign_ids)
    return {
        row["id"]: _facts(row, reached.get(row["id"], {}), reached_users.get(row["linked_user"], {}))
        for row in rows
    }


async def _reached(
    connection: AsyncConnection,
    column: sa.Column[Any],
    ids: Collection[UUID],
    campaign_ids: Collection[UUID],
) -> dict[UUID, dict[UUID, frozenset[Operator]]]:
    """Subscription or user → campaign → how far its message came."""
    found: dict[UUID, dict[UUID, frozenset[Operator]]] = {}
    for campaign_id in campaign_ids:
        for reach in REACHED:
            theirs = reached_by(campaign_id, reach, users=column.table is app_user)
            query = sa.select(column).where(among(column, ids), column.in_(theirs))
            for id_ in (await connection.execute(query)).scalars():
                so_far = found.setdefault(id_, {})
                so_far[campaign_id] = so_far.get(campaign_id, frozenset()) | {reach}
    return found


def _facts(
    row: Mapping[Any, Any],
    reached: Mapping[UUID, frozenset[Operator]],
    reached_user: Mapping[UUID, frozenset[Operator]],
) -> SubscriptionFacts:
    user = None
    if row["linked_user"] is not None:
        user = UserFacts(
            external_id=row["external_id"],
            created_at=row["user_created_at"],
            last_active_at=row["user_last_active_at"],
            properties=row["properties"],
        )
    return SubscriptionFacts(
        **{name: row[name] for name in _SAME},
        type=SubscriptionType(row["type"]),
        permission=None if row["permission"] is None else Permission(row["permission"]),
        messages_received=row["total_messages_received"],
        messages_converted=row["total_messages_converted"],
        user=user,
        reached=reached,
        reached_user=reached_user,
    )
