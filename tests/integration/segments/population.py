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
_BATCH = sa.text(
    "INSERT INTO campaign_batch (campaign_id, first_seq, last_seq, wave, min_id, max_id, n, pending, made_at, counted_at)"
    " VALUES (:campaign, :seq, :seq, 0, :message, :message, 1, 1, now(), now())"
)
_MESSAGE = sa.text(
    "INSERT INTO message (id, application_id, subscription_id, user_id, campaign_id, content_id, chunk_id, reservation_id,"
    " channel, type, lane, sent_at, received_at, converted_at)"
    " VALUES (:id, :application, :subscription, :user, :campaign, :id, :id, :id, 1, 1, 1, :sent_at, :received_at,"
    " :converted_at)"
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
    if not far:
        return
    message = Uuid7().one()
    whose = {"campaign": campaign, "subscription": id_, "user": user_id}
    times = {name: NOW if place < far - 1 else None for place, name in enumerate(REACHES)}
    await connection.execute(_BATCH, {"campaign": campaign, "seq": seq, "message": message})
    await connection.execute(_MESSAGE, {"id": message, "application": APPLICATION, **whose, **times})
