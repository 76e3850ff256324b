"""How far a campaign came: sent, received, opened, by one subscription or by any of the same user."""

from __future__ import annotations

import asyncio
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.segment_facts import read_facts
from adapters.postgres.segment_sql import audience_join, segment_condition
from adapters.postgres.tables.audience import subscription
from domain.audience.segment.fields import REACHES, Operator
from domain.audience.segment.parse import parse_predicate
from tests.integration.segments.population import APPLICATION, populate
from tests.segment_strategies import CAMPAIGNS, IDS, NOW

MINE, OTHER = CAMPAIGNS[:2]
MINSU: dict[str, Any] = {
    "external_id": "minsu",
    "properties": {},
    "created_at": NOW,
    "last_active_at": None,
    "is_archived": False,
}


def subscribed(far: int | None, user: int | None = None) -> dict[str, Any]:
    """A subscription whose message of the campaign came so far: 0 not made, 1 made, 2 sent, 3 received, 4 opened."""
    reached = {OTHER: 4} if far is None else {MINE: far}
    times = dict.fromkeys(("created_at", "updated_at"), NOW)
    counts = {"total_messages_received": 0, "total_messages_converted": 0}
    more = {"type": 1, "tags": {}, "test_type": 0, "subscription_status": 1}
    return {**times, **counts, **more, "user": user, "reached": reached}


def test_history_tells_how_far_each_message_came(connection: AsyncConnection, runner: asyncio.Runner) -> None:
    """Opened means received means sent; what was never sent, or was another campaign's, reached nobody."""
    rows = [subscribed(far) for far in (0, 1, 2, 3, 4)] + [subscribed(None), subscribed(None, user=0)]
    rows[3]["user"] = 0  # the last row is another subscription of theirs
    rows[3]["reached"] = {OTHER: 4, MINE: 3}  # a message of another campaign, between those of this one

    async def asked(operator: Operator, of: str) -> list[int]:
        written = {"field": "campaign", "operator": operator.value, "value": str(MINE), "of": of}
        query = (
            sa.select(subscription.c.id)
            .select_from(audience_join())
            .where(segment_condition(parse_predicate(written), now=NOW))
            .order_by(subscription.c.id)
        )
        return [id_.int for id_ in (await connection.execute(query)).scalars()]

    async def look() -> None:
        try:
            await populate(connection, [MINSU], rows)
            mine = {operator: await asked(operator, "subscription") for operator in REACHES}
            assert mine == {Operator.SENT: [3, 4, 5], Operator.RECEIVED: [4, 5], Operator.CONVERTED: [5]}
            theirs = {operator: await asked(operator, "user") for operator in REACHES}
            assert theirs == {Operator.SENT: [4, 7], Operator.RECEIVED: [4, 7], Operator.CONVERTED: []}
            facts = await read_facts(connection, APPLICATION, IDS, [MINE])
            assert facts[IDS[4]].reached == {MINE: frozenset(REACHES)}
            assert facts[IDS[6]].reached == {}
            assert facts[IDS[6]].reached_user == {MINE: {Operator.SENT, Operator.RECEIVED}}
        finally:
            await connection.rollback()

    runner.run(look())
