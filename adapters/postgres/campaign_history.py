"""Whom a campaign's messages reached, and how far: the one query that segments ask about history.

`campaign_recipient` is the materialised audience of a launched campaign; its message tells what became of it, for as long
as messages are kept.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from domain.audience.segment.fields import Operator

recipient = sa.table(
    "campaign_recipient",
    sa.column("campaign_id", sa.Uuid),
    sa.column("subscription_id", sa.Uuid),
    sa.column("user_id", sa.Uuid),
    sa.column("message_id", sa.Uuid),
)
message = sa.table(
    "message",
    sa.column("id", sa.Uuid),
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

    The first and the last message bound the partitions that are looked into.
    """
    mine = recipient.c.campaign_id == campaign_id
    sent = sa.select(recipient.c.message_id).where(mine, recipient.c.message_id.is_not(None)).limit(1)
    first = sent.order_by(recipient.c.message_id).scalar_subquery()
    last = sent.order_by(recipient.c.message_id.desc()).scalar_subquery()
    wanted = recipient.c.user_id if users else recipient.c.subscription_id
    return (
        sa.select(wanted)
        .join_from(recipient, message, message.c.id == recipient.c.message_id)
        .where(mine, message.c.id >= first, message.c.id <= last, REACHED[reach].is_not(None))
        .where(wanted.is_not(None))
    )
