"""Whom a campaign's messages reached, and how far: the one query that segments ask about history.

A campaign's messages lie in the id ranges of its batches, and those of its runs in theirs; each tells what became of it, for
as long as messages are kept.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from domain.audience.segment.fields import Operator

campaign = sa.table("campaign", sa.column("id", sa.Uuid), sa.column("run_of", sa.Uuid))
batch = sa.table(
    "campaign_batch",
    sa.column("campaign_id", sa.Uuid),
    sa.column("min_id", sa.Uuid),
    sa.column("max_id", sa.Uuid),
)
message = sa.table(
    "message",
    sa.column("id", sa.Uuid),
    sa.column("campaign_id", sa.Uuid),
    sa.column("subscription_id", sa.Uuid),
    sa.column("user_id", sa.Uuid),
    sa.column("sent_at", sa.DateTime(timezone=True)),
    sa.column("received_at", sa.DateTime(timezone=True)),
    sa.column("converted_at", sa.DateTime(timezone=True)),
)
REACHED = {
    Operator.SENT: message.c.sent_at,
    Operator.RECEIVED: message.c.received_at,
    Operator.CONVERTED: message.c.converted_at,
}


def reached_by(campaign_id: UUID, reach: Operator, *, users: bool) -> sa.Select[Any]:
    """Ids of the subscriptions, or of the users, whose message came as far as this.

    One range scan per batch: the bounds choose the partitions, and messages of others are hardly met.
    """
    runs = sa.select(campaign.c.id).where(campaign.c.run_of == campaign_id)
    wanted = message.c.user_id if users else message.c.subscription_id
    theirs = (
        sa.select(wanted.label("reached"))
        .where(
            message.c.id.between(batch.c.min_id, batch.c.max_id),
            message.c.campaign_id == batch.c.campaign_id,
            REACHED[reach].is_not(None),
            wanted.is_not(None),
        )
        .offset(0)
        .lateral()
    )
    mine = sa.or_(batch.c.campaign_id == campaign_id, batch.c.campaign_id.in_(runs))
    return sa.select(theirs.c.reached).select_from(batch.join(theirs, sa.true())).where(mine)
