"""Counting segments over a large audience, as the API does it, one count at a time on warm caches."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from adapters.postgres.engine import open_engine
from adapters.postgres.segment_members import PostgresSegmentMembers
from bootstrap.bench.progress import Stages
from bootstrap.bench.segment_audience import make_audience
from bootstrap.bench.spread import spread
from domain.audience.segment.parse import parse_predicate
from domain.shared.json_values import Json

SEGMENT_SETTINGS = {"shared_buffers": "1GB"}
"""Memory that holds the audience, as docs/segments.md asks for: a million subscriptions are 650 MB."""
WARM_UP = 3
REPEATS = 40

_KOREAN: dict[str, Json] = {"field": "language", "operator": "eq", "value": "ko"}


def _tag(key: str, operator: str, value: Json) -> Json:
    return {"field": "tag", "key": key, "operator": operator, "value": value}


CASES: Mapping[str, dict[str, Json]] = {
    "two tags and a language, 0.4 %": {
        "and": [_tag("grade", "eq", "VIP"), _tag("plan", "eq", "plan-3"), _KOREAN]
    },
    "two tags and a language, 1.3 %": {
        "and": [_tag("grade", "eq", "GOLD"), _tag("plan", "eq", "plan-3"), _KOREAN]
    },
    "two tags and a language, 3.6 %": {
        "and": [_tag("grade", "eq", "GOLD"), _tag("newsletter", "eq", True), _KOREAN]
    },
    "two tags and a language, 12 %": {
        "and": [_tag("grade", "eq", "BASIC"), _tag("newsletter", "eq", True), _KOREAN]
    },
    "a tag, a list's element and a language": {
        "and": [_tag("grade", "in", ["VIP", "GOLD"]), _tag("interests", "has", "interest-3"), _KOREAN]
    },
    "a tag, a range of numbers and a language": {
        "and": [_tag("grade", "eq", "VIP"), _tag("age", "between", [30, 39]), _KOREAN]
    },
    "two ranges of numbers and a language": {
        "and": [_tag("age", "between", [30, 39]), _tag("purchases", "gte", 10), _KOREAN]
    },
    "a date in a tag": {"and": [_tag("joined", "in_last_days", 90)]},
    "a property of the user": {"field": "property", "key": "tier", "operator": "eq", "value": "tier-4"},
    "an old app version": {"field": "app_version", "operator": "lt", "value": "3.10"},
    "active in the last week": {"field": "last_active_at", "operator": "in_last_days", "value": 7},
    "everyone": {"everyone": True},
}
"""What is counted; the first four are what the product promises 300 ms for."""


async def segment_counts(
    database_url: str, subscriptions: int, stages: Stages, repeats: int = REPEATS
) -> dict[str, object]:
    """Fill the database with so many subscriptions of a new application, count, report milliseconds by case."""
    connection = await asyncpg.connect(database_url)
    try:
        with stages.stage(f"making {subscriptions:,} subscriptions", subscriptions) as stage:
            application_id = await make_audience(connection, subscriptions, stage.advance)
    finally:
        await connection.close()
    with stages.stage("counting segments", len(CASES) * repeats) as stage:
        counts: dict[str, object] = {}
        for name, predicate in CASES.items():
            counts[name] = await _measure(database_url, application_id, predicate, repeats)
            stage.advance(repeats)
    return {"subscriptions": subscriptions, "repeats": repeats, **SEGMENT_SETTINGS, "counts": counts}


async def _measure(
    database_url: str, application_id: UUID, predicate: dict[str, Json], repeats: int
) -> dict[str, object]:
    engine = open_engine(database_url, pool_size=1, application_name="bench")
    members = PostgresSegmentMembers(engine)
    tree = parse_predicate(predicate)
    milliseconds: list[float] = []
    matching = 0
    try:
        for _ in range(WARM_UP + repeats):
            started = time.perf_counter()
            found = await members.count(application_id, tree, now=datetime.now(UTC), sample=0)
            milliseconds.append((time.perf_counter() - started) * 1000)
            matching = found.total.matching
    finally:
        await engine.dispose()
    return {"matching": matching, **spread(milliseconds[WARM_UP:])}
