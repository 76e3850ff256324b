"""Live counts: by channel, of those who can be reached too, of the caller's own audience only, and in time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ClauseElement, Executable

from adapters.postgres.segment_members import count_query
from adapters.postgres.segment_sql import segment_condition
from application.audience.commands import (
    ArchiveSubscriptionCommand,
    ArchiveUserCommand,
    PutUserCommand,
)
from application.ports.segment_members import ChannelCount, Member
from bootstrap.bench.segment_audience import make_audience
from domain.audience.device import DeviceReport, Permission
from domain.audience.segment.parse import parse_predicate
from domain.audience.subscription_event import ChangeSource
from domain.shared.channels import Channel
from domain.shared.errors import CountTimedOut, InvalidInput, NotFound
from tests.integration.audience.world import ANDROID, EMAIL, IOS, SMS, token
from tests.integration.segments.world import EVERYONE, VIPS, SegmentWorld

NOBODY = ChannelCount()


def tag(key: str, operator: str, value: Any) -> dict[str, Any]:
    return {"field": "tag", "key": key, "operator": operator, "value": value}


async def test_members_are_counted_by_channel_with_those_who_can_be_reached(
    segment_world: SegmentWorld,
) -> None:
    """iPhones and Android phones are one channel; archived subscriptions count for nothing."""
    world = segment_world
    app = await world.app()
    vip = {"tags": {"grade": "VIP"}}
    for type_ in (IOS, ANDROID):
        await world.upload(app, type_, token(), permission=Permission.GRANTED, **vip)
    await world.upload(app, IOS, token(), permission=Permission.DENIED, **vip)
    await world.upload(app, EMAIL, "a@example.com", **vip)
    await world.upload(app, SMS, "+821012345678", tags={"grade": "Gold"})
    gone = await world.upload(app, IOS, token(), permission=Permission.GRANTED, **vip)
    await world.archive_subscription(
        ArchiveSubscriptionCommand(
            application_id=app, subscription_id=gone.subscription.id, source=ChangeSource.API
        )
    )
    found = await world.count(app, (await world.save(app)).id)
    assert found.channels == {
        Channel.PUSH: ChannelCount(3, 2),
        Channel.EMAIL: ChannelCount(1, 1),
        Channel.SMS: NOBODY,
        Channel.KAKAO_TALK: NOBODY,
        Channel.IN_APP: NOBODY,
    }
    assert (found.total, found.sample) == (ChannelCount(4, 3), ())


async def test_a_sample_shows_members_and_no_tokens(segment_world: SegmentWorld) -> None:
    """At most as many as were asked for."""
    world = segment_world
    app = await world.app()
    mine = await world.upload(app, EMAIL, "kim@example.com", external_id="kim", tags={"grade": "VIP"})
    await world.upload(app, EMAIL, "lee@example.com", tags={"grade": "Gold"})
    found = await world.count_audience(app, predicate=VIPS, sample=5)
    assert found.sample == (Member(mine.subscription.id, EMAIL, 1, "kim"),)
    assert "kim@example.com" not in repr(found)
    assert len((await world.count_audience(app, predicate=EVERYONE, sample=1)).sample) == 1
    for sample in (-1, 21):
        with pytest.raises(InvalidInput) as refused:
            await world.count_audience(app, predicate=VIPS, sample=sample)
        assert refused.value.field == "sample"


async def test_targeting_takes_saved_segments_and_inline_predicates(segment_world: SegmentWorld) -> None:
    """Included, less the excluded, on the channels named."""
    world = segment_world
    app = await world.app()
    saved = await world.save(app)
    for address, tags in (
        ("a", {"grade": "VIP"}),
        ("b", {"grade": "VIP", "quiet": True}),
        ("c", {"city": "서울"}),
    ):
        await world.upload(app, EMAIL, f"{address}@example.com", tags=tags)
    await world.upload(app, IOS, token(), tags={"city": "서울"})
    criteria = {
        "include": [str(saved.id), tag("city", "eq", "서울")],
        "exclude": [tag("quiet", "eq", True)],
        "channels": ["email"],
    }
    assert (await world.count_audience(app, targeting_criteria=criteria)).total.matching == 2
    for more in ({}, {"predicate": VIPS, "targeting_criteria": criteria}):
        with pytest.raises(InvalidInput) as refused:
            await world.count_audience(app, **more)
        assert refused.value.field == "predicate"


async def test_nobody_elses_audience_is_counted(segment_world: SegmentWorld) -> None:
    """Everyone means everyone of the application."""
    world = segment_world
    mine, theirs = await world.app(), await world.app()
    await world.upload(theirs, EMAIL, "kim@example.com", external_id="kim")
    assert (await world.count_audience(mine, predicate=EVERYONE, sample=5)).total == NOBODY


async def test_what_is_said_of_a_user_holds_for_each_of_their_subscriptions(
    segment_world: SegmentWorld,
) -> None:
    """Properties, external id, and whether there is a user at all."""
    world = segment_world
    app = await world.app()
    await world.put_user(PutUserCommand(application_id=app, external_id="kim", properties={"tier": 3}))
    for address in ("a", "b"):
        await world.upload(app, EMAIL, f"{address}@example.com", external_id="kim")
    await world.upload(app, EMAIL, "c@example.com")
    asked = [
        ({"field": "property", "key": "tier", "operator": "gte", "value": 3}, 2),
        ({"not": {"field": "property", "key": "tier", "operator": "gte", "value": 3}}, 1),
        ({"field": "external_id", "operator": "starts_with", "value": "k"}, 2),
        ({"field": "has_user", "operator": "eq", "value": False}, 1),
    ]
    for predicate, expected in asked:
        assert (await world.count_audience(app, predicate=predicate)).total.matching == expected, predicate


async def test_an_archived_user_counts_as_none(segment_world: SegmentWorld) -> None:
    """Their subscription stays in the audience, as one that nobody is linked to."""
    world = segment_world
    app = await world.app()
    await world.put_user(PutUserCommand(application_id=app, external_id="kim", properties={"tier": 3}))
    await world.upload(app, EMAIL, "a@example.com", external_id="kim")
    asked = [
        {"field": "has_user", "operator": "eq", "value": True},
        {"field": "property", "key": "tier", "operator": "eq", "value": 3},
        {"field": "external_id", "operator": "eq", "value": "kim"},
    ]
    for expected in (1, 0):
        for predicate in asked:
            found = await world.count_audience(app, predicate=predicate, sample=1)
            assert found.total.matching == expected, predicate
        await world.archive_user(ArchiveUserCommand(application_id=app, user="kim"))
    (left,) = (await world.count_audience(app, predicate=EVERYONE, sample=1)).sample
    assert left.external_id is None


async def test_an_explanation_reads_the_subscription_as_it_is(segment_world: SegmentWorld) -> None:
    """Every condition with what was found; strangers' subscriptions are not found."""
    world = segment_world
    app, other = await world.app(), await world.app()
    mine = await world.upload(
        app, IOS, token(), tags={"grade": "Gold"}, device=DeviceReport(device_language="ko-KR")
    )
    theirs = await world.upload(other, IOS, token())
    tree = {"and": [VIPS, {"field": "language", "operator": "eq", "value": "ko"}]}
    segment = await world.save(app, predicate=tree)
    told = await world.explain(app, segment.id, mine.subscription.id)
    assert (told.holds, [(part.holds, part.found) for part in told.parts]) == (
        False,
        [(False, "Gold"), (True, "ko-KR")],
    )
    with pytest.raises(NotFound):
        await world.explain(app, segment.id, theirs.subscription.id)


async def test_a_count_that_takes_too_long_is_given_up_with_advice(engine: AsyncEngine) -> None:
    """And the connection serves the next one."""
    world = SegmentWorld(engine, timeout=timedelta(milliseconds=1))
    app = await _audience(engine, 3_000)
    slow = {"or": [tag(f"t{n}", "contains", "x") for n in range(150)]}
    with pytest.raises(CountTimedOut) as given_up:
        await world.count_audience(app, predicate=slow)
    assert given_up.value.field == "predicate"
    assert given_up.value.fix
    patient = SegmentWorld(engine)
    assert (await patient.count_audience(app, predicate=EVERYONE)).total.matching == 3_000


@pytest.mark.parametrize(
    ("predicate", "index"),
    [
        ({"and": [tag("grade", "eq", "VIP"), tag("plan", "eq", "plan-3")]}, "subscription_tags"),
        ({"and": [tag("grade", "in", ["VIP", "x"]), tag("age", "gte", 30)]}, "subscription_tags"),
        (tag("interests", "has", "interest-3"), "subscription_tags"),
        ({"field": "property", "key": "tier", "operator": "eq", "value": "tier-0"}, "app_user_properties"),
    ],
    ids=["two tags", "one of some", "an element", "a property"],
)
async def test_equalities_are_found_by_an_index(
    engine: AsyncEngine, predicate: dict[str, Any], index: str
) -> None:
    """The plan of a selective count begins at the index, with the application in it, and reads no table through."""
    app = await _audience(engine, 20_000)
    plan = await _plan(engine, app, predicate)
    assert f"Bitmap Index Scan on {index}" in plan
    assert re.search(rf"{index}.*\n\s+Index Cond: .*application_id = ", plan), plan
    assert "Seq Scan on subscription" not in plan


async def test_a_segment_that_asks_nothing_of_users_reads_none(engine: AsyncEngine) -> None:
    """The join is left out."""
    plan = await _plan(engine, await _audience(engine, 1_000), tag("grade", "eq", "VIP"))
    assert "app_user" not in plan


async def _audience(engine: AsyncEngine, subscriptions: int) -> UUID:
    connection = await asyncpg.connect(engine.url.set(drivername="postgresql").render_as_string(False))
    try:
        return await make_audience(connection, subscriptions)
    finally:
        await connection.close()


class Explain(Executable, ClauseElement):
    """EXPLAIN of a query, with the query's own parameters."""

    inherit_cache = False

    def __init__(self, query: sa.Select[Any]) -> None:
        self.query = query


@compiles(Explain)
def _explain(element: Explain, compiler: Any, **more: Any) -> str:
    return f"EXPLAIN {compiler.process(element.query, **more)}"


async def _plan(engine: AsyncEngine, app: UUID, predicate: dict[str, Any]) -> str:
    """The plan of a count, as it is made for its own parameters."""
    holds = segment_condition(parse_predicate(predicate), now=datetime.now(UTC))
    async with engine.connect() as connection:
        await connection.execute(sa.text("SET plan_cache_mode = force_custom_plan"))
        return "\n".join((await connection.execute(Explain(count_query(app, holds)))).scalars())
