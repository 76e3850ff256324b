"""Who is in a segment, counted on the live tables within a few seconds or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import attrs
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.control import state_of, transaction
from adapters.postgres.segment_facts import read_facts
from adapters.postgres.segment_sql import audience_join, segment_condition
from adapters.postgres.tables.audience import app_user, subscription
from application.ports.segment_members import AudienceCount, ChannelCount, Member
from domain.audience.segment.facts import SubscriptionFacts
from domain.audience.segment.predicate import Predicate
from domain.audience.status_catalogue import SUBSCRIBED
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import CountTimedOut, NotFound

QUERY_CANCELED: Final = "57014"
TIMEOUT: Final = timedelta(seconds=10)


@attrs.frozen
class PostgresSegmentMembers:
    """Implements `application.ports.segment_members.SegmentMembers`."""

    engine: AsyncEngine
    timeout: timedelta = TIMEOUT

    async def count(
        self, application_id: UUID, predicate: Predicate, *, now: datetime, sample: int
    ) -> AudienceCount:
        holds = segment_condition(predicate, now=now)
        async with self._within_time() as connection:
            channels = dict.fromkeys(Channel, ChannelCount())
            for type_, *found in await connection.execute(count_query(application_id, holds)):
                channels[SubscriptionType(type_).channel] += ChannelCount(*found)
            members: tuple[Member, ...] = ()
            if sample and any(one.matching for one in channels.values()):
                rows = await connection.execute(_sample_query(application_id, holds).limit(sample))
                members = tuple(
                    Member(row.id, SubscriptionType(row.type), row.subscription_status, row.external_id)
                    for row in rows
                )
        return AudienceCount(channels, members)

    async def facts(
        self, application_id: UUID, subscription_id: UUID, campaigns: Collection[UUID]
    ) -> SubscriptionFacts:
        async with self._within_time() as connection:
            found = await read_facts(connection, application_id, [subscription_id], campaigns)
        if subscription_id not in found:
            raise NotFound("there is no such subscription")
        return found[subscription_id]

    @asynccontextmanager
    async def _within_time(self) -> AsyncIterator[AsyncConnection]:
        """A transaction whose statements are planned for their own parameters, and stopped when they take too long."""
        milliseconds = str(round(self.timeout / timedelta(milliseconds=1)))
        settings = {"statement_timeout": milliseconds, "plan_cache_mode": "force_custom_plan"}
        async with transaction(self.engine) as connection:
            await connection.execute(
                sa.select(*(sa.func.set_config(name, value, True) for name, value in settings.items()))
            )
            try:
                yield connection
            except DBAPIError as error:
                if state_of(error) != QUERY_CANCELED:
                    raise
                raise CountTimedOut(
                    f"counting took longer than {self.timeout.total_seconds():g} seconds",
                    field="predicate",
                    fix="begin with an equality of a tag, under an and, or ask again when less is going on",
                ) from error


def count_query(application_id: UUID, holds: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """(type, matching, subscribed) of the application's subscriptions that are not archived."""
    everyone = sa.func.count()
    reachable = sa.func.count().filter(subscription.c.subscription_status >= SUBSCRIBED)
    return (
        sa.select(subscription.c.type, everyone, reachable)
        .select_from(audience_join())
        .where(subscription.c.application_id == application_id, ~subscription.c.is_archived, holds)
        .group_by(subscription.c.type)
    )


def _sample_query(application_id: UUID, holds: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return (
        sa.select(
            subscription.c.id,
            subscription.c.type,
            subscription.c.subscription_status,
            app_user.c.external_id,
        )
        .select_from(audience_join())
        .where(subscription.c.application_id == application_id, ~subscription.c.is_archived, holds)
    )
