"""A random audience in the database: users, subscriptions, and what campaigns sent them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.audience import app_user, subscription
from adapters.system.identifiers import Uuid7
from tests.segment_strategies import IDS, NOW

APPLICATION = UUID(int=0xA)
REACHES = ("sent_at", "received_at", "converted_at")
RECIPIENTS = """
CREATE TABLE IF NOT EXISTS campaign_recipient (
    campaign_id uuid NOT NULL, seq bigint NOT NULL, subscription_id uuid NOT NULL, user_id uuid, message_id uuid,
    UNIQUE (campaign_id, subscription_id)
)
"""
_RECIPIENT = sa.text(
    "INSERT INTO campaign_recipient (campaign_id, seq, subscription_id, user_id, message_id)"
    " VALUES (:campaign, :seq, :subscription, :user, :message)"
)
_MESSAGE = sa.text(
    "INSERT INTO message (id, application_id, subscription_id, content_id, chunk_id, reservation_id, channel, type, lane,"
    " sent_at, received_at, converted_at)"
    " VALUES (:id, :application, :subscription, :id, :id, :id, 1, 1, 1, :sent_at, :received_at, :converted_at)"
)


async def populate(
    connection: AsyncConnection, people: list[dict[str, Any]], rows: list[dict[str, Any]]
) -> None:
    """Store users and subscriptions as `tests.segment_strategies` draws them."""
    users = [{"id": uuid4(), "application_id": APPLICATION, **one} for one in people]
    await connection.execute(sa.insert(app_user), users)
    for place, (id_, row) in enumerate(zip(IDS, rows, strict=False)):
        given = dict(row)
        owner = given.pop("user")
        reached: dict[UUID, int] = given.pop("reached")
        user_id = None if owner is None else users[owner % len(users)]["id"]
        await connection.execute(
            sa.insert(subscription).values(
                id=id_,
                application_id=APPLICATION,
                user_id=user_id,
                token_version=0,
                enabled=True,
                api_disabled=False,
                is_archived=False,
                **given,
            )
        )
        for campaign, far in reached.items():
            await _reach(connection, place, campaign, id_, user_id, far)


async def _reach(
    connection: AsyncConnection, seq: int, campaign: UUID, id_: UUID, user_id: UUID | None, far: int
) -> None:
    """`far` 0: no message was made; 1: made, not sent; 2, 3, 4: sent, received, converted."""
    message = Uuid7().one() if far else None
    await connection.execute(
        _RECIPIENT,
        {"campaign": campaign, "seq": seq, "subscription": id_, "user": user_id, "message": message},
    )
    if message is not None:
        times = {name: NOW if place < far - 1 else None for place, name in enumerate(REACHES)}
        await connection.execute(
            _MESSAGE, {"id": message, "application": APPLICATION, "subscription": id_, **times}
        )
