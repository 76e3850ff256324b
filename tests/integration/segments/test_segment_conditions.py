"""Every operator of every field, on every value that is hard to tell from another: SQL and domain agree."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.segment_facts import read_facts
from adapters.postgres.segment_sql import audience_join, segment_condition
from adapters.postgres.tables.audience import app_user, subscription
from domain.audience.segment.fields import KINDS, Field, Kind
from domain.audience.segment.matching import matches
from domain.audience.segment.parse import parse_predicate
from tests.integration.segments.population import APPLICATION
from tests.segment_strategies import NOW, askings, oddities

OF_USER = {Field.EXTERNAL_ID, Field.PROPERTY, Field.USER_CREATED_AT, Field.USER_LAST_ACTIVE_AT}
COLUMNS = {
    Field.TAG: "tags",
    Field.PROPERTY: "properties",
    Field.LANGUAGE: "device_language",
    Field.COUNTRY: "country_code",
    Field.USER_CREATED_AT: "created_at",
    Field.USER_LAST_ACTIVE_AT: "last_active_at",
    Field.MESSAGES_RECEIVED: "total_messages_received",
    Field.MESSAGES_CONVERTED: "total_messages_converted",
}
SIMPLE = [
    field
    for field, kind in KINDS.items()
    if kind not in (Kind.CHOICE, Kind.SWITCH, Kind.IDENTITY, Kind.CAMPAIGN)
]
NEVER_NULL = {Field.CREATED_AT, Field.USER_CREATED_AT, Field.EXTERNAL_ID}


@pytest.mark.parametrize("field", SIMPLE, ids=str)
def test_every_operator_agrees_on_every_odd_value(
    connection: AsyncConnection, runner: asyncio.Runner, field: Field
) -> None:
    """One subscription a value, and each condition with its negation: between them they take everybody."""
    values = [one for one in oddities(field) if one is not None or field not in NEVER_NULL]

    async def agree() -> None:
        ids = [UUID(int=place) for place in range(1, len(values) + 2)]
        for id_, value in zip(ids, values, strict=False):
            await store(connection, id_, field, value)
        await store(connection, ids[-1], None, None)
        facts = await read_facts(connection, APPLICATION, ids)
        assert len(facts) == len(ids)
        for asking in [one for plain in askings(field) for one in (plain, {"not": plain})]:
            predicate = parse_predicate(asking)
            query = (
                sa.select(subscription.c.id)
                .select_from(audience_join())
                .where(segment_condition(predicate, now=NOW))
                .order_by(subscription.c.id)
            )
            found = list((await connection.execute(query)).scalars())
            expected = [id_ for id_ in ids if matches(predicate, facts[id_], NOW)]
            assert found == expected, (asking, [values[id_.int - 1] for id_ in {*found} ^ {*expected}])

    async def once() -> None:
        try:
            await agree()
        finally:
            await connection.rollback()

    runner.run(once())


async def store(connection: AsyncConnection, id_: UUID, field: Field | None, value: Any) -> None:
    """A subscription with the value where the field looks; for a field of the user with a user, else without."""
    column = None if field is None else COLUMNS.get(field, field.value)
    given = {column: {"k": value} if column in ("tags", "properties") else value} if column else {}
    owner = {} if field is None or field not in OF_USER else {"user_id": id_}
    if owner:
        user = {"external_id": str(id_), "properties": {}, "created_at": NOW, **given}
        await connection.execute(
            sa.insert(app_user).values(id=id_, application_id=APPLICATION, is_archived=False, **user)
        )
    row = {"tags": {}, "test_type": 0, "created_at": NOW, **({} if owner else given)}
    row = {"total_messages_received": 0, "total_messages_converted": 0, "subscription_status": 1, **row}
    await connection.execute(
        sa.insert(subscription).values(
            id=id_,
            application_id=APPLICATION,
            type=1,
            token_version=0,
            enabled=True,
            api_disabled=False,
            updated_at=NOW,
            is_archived=False,
            **owner,
            **row,
        )
    )
