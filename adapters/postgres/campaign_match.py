"""Whom a campaign's targeting matches, as one INSERT into the audience that is being worked out."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from adapters.postgres.segment_sql import audience_join, targeting_condition
from adapters.postgres.tables.audience import app_user, subscription
from application.ports.campaign_audience import AudienceQuery
from domain.campaigns.recipient_zone import TIME_ZONE_KEY

LONGEST_ZONE: Final = 65
"""Characters of a time zone that are read: one more than a name can have."""


def matching(query: AudienceQuery, application_id: UUID, now: datetime) -> sa.Insert:
    """One pass over the application's subscriptions; what no decision depends on is not even read."""
    columns = _facts(query)
    key = [
        sa.cast(columns[name], sa.Text) for name in ("tag_zone", "property_zone", "country", "ad", "night")
    ]
    channel = sa.case({int(one): int(one.channel) for one in query.types}, value=subscription.c.type)
    condition = targeting_condition(query.targeting, query.segments, now=now)
    chosen = (
        sa.select(
            subscription.c.id,
            subscription.c.user_id,
            subscription.c.type,
            channel,
            subscription.c.subscription_status,
            subscription.c.last_active_at,
            subscription.c.created_at,
            sa.func.coalesce(subscription.c.device_language, "") if query.languages else sa.literal(""),
            sa.func.concat_ws("\x1f", *(sa.func.coalesce(one, "") for one in key))
            if query.zones or query.consent
            else sa.literal(""),
            *columns.values(),
        )
        .select_from(audience_join())
        .where(
            subscription.c.application_id == application_id,
            ~subscription.c.is_archived,
            subscription.c.type
            == sa.any_(sa.literal([int(one) for one in query.types], sa.ARRAY(sa.SmallInteger))),
            condition,
        )
    )
    names = (
        "id",
        "user_id",
        "type",
        "channel",
        "status",
        "last_active_at",
        "created_at",
        "language",
        "key",
    )
    table = sa.table("audience", *(sa.column(name) for name in (*names, *columns)))
    return sa.insert(table).from_select([*names, *columns], chosen)


def _facts(query: AudienceQuery) -> dict[str, sa.ColumnElement[Any]]:
    """Columns of `audience` that decisions depend on; NULL for what no decision of this campaign looks at."""
    nothing = sa.null()

    def fact(facts: sa.Column[Any], name: str) -> sa.ColumnElement[Any]:
        return sa.func.nullif(sa.func.left(facts[name].astext, LONGEST_ZONE), "")

    def agreed(name: str) -> sa.ColumnElement[Any]:
        found = sa.func.coalesce(subscription.c.tags[name].astext, app_user.c.properties[name].astext)
        return sa.func.coalesce(sa.func.lower(sa.func.btrim(found)) == "true", sa.false())

    zones, consent = query.zones, query.consent
    return {
        "tag_zone": fact(subscription.c.tags, TIME_ZONE_KEY) if zones else nothing,
        "property_zone": fact(app_user.c.properties, TIME_ZONE_KEY) if zones else nothing,
        "country": subscription.c.country_code if zones or consent else nothing,
        "ad": agreed("ad_consent") if consent else nothing,
        "night": agreed("night_consent") if consent else nothing,
    }
