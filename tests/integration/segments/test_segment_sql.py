"""A segment means the same to PostgreSQL and to the domain."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.segment_facts import read_facts
from adapters.postgres.segment_sql import audience_join, segment_condition
from adapters.postgres.tables.audience import subscription
from domain.audience.segment.matching import explain, matches
from domain.audience.segment.parse import parse_predicate
from domain.audience.segment.predicate import Predicate, campaigns_of
from domain.audience.segment.version import version_key
from tests.integration.segments.population import APPLICATION, populate
from tests.segment_strategies import IDS, NOW, ODD_VERSIONS, Scene, scenes

pytestmark = pytest.mark.slow


async def chosen(connection: AsyncConnection, predicate: Predicate) -> list[Any]:
    query = (
        sa.select(subscription.c.id)
        .select_from(audience_join())
        .where(segment_condition(predicate, now=NOW))
        .order_by(subscription.c.id)
    )
    return list((await connection.execute(query)).scalars())


# A failure names its tree: making it smaller would take longer than reading it.
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(scene=scenes())
def test_random_segments_choose_the_same_people_in_sql_and_in_the_domain(
    connection: AsyncConnection, runner: asyncio.Runner, scene: Scene
) -> None:
    """Whatever the values are: missing, of other types, in any script, almost dates, almost versions."""

    async def agree() -> None:
        trees = [*scene.conditions, *scene.trees]
        parsed = [parse_predicate(tree) for tree in trees]
        campaigns = frozenset[Any]().union(*(campaigns_of(tree) for tree in parsed))
        await populate(connection, scene.people, scene.rows)
        facts = await read_facts(connection, APPLICATION, IDS, campaigns)
        assert len(facts) == len(scene.rows)
        for tree, predicate in zip(trees, parsed, strict=True):
            expected = [id_ for id_ in sorted(facts) if matches(predicate, facts[id_], NOW)]
            assert await chosen(connection, predicate) == expected, tree
            assert [id_ for id_ in sorted(facts) if explain(predicate, facts[id_], NOW).holds] == expected

    async def example() -> None:
        try:
            await agree()
        finally:
            await connection.rollback()

    runner.run(example())


versions = st.sampled_from(ODD_VERSIONS) | st.from_regex(
    r"[vV]?[0-9]{1,3}(\.[0-9]{1,3}){0,4}(-[0-9A-Za-z-]{1,3}(\.[0-9A-Za-z-]{1,3}){0,2})?(\+[0-9A-Za-z.-]{1,3})?",
    fullmatch=True,
)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(some=st.lists(versions, min_size=1, max_size=40))
def test_the_database_works_out_the_same_version_keys(
    connection: AsyncConnection, runner: asyncio.Runner, some: list[str]
) -> None:
    """Of versions, and of texts that are none."""
    query = sa.text(
        "SELECT version_key(v) FROM unnest(CAST(:some AS text[])) WITH ORDINALITY AS t (v, n) ORDER BY n"
    )

    async def keys() -> list[str | None]:
        try:
            return list((await connection.execute(query, {"some": some})).scalars())
        finally:
            await connection.rollback()

    assert runner.run(keys()) == [version_key(one) for one in some]
