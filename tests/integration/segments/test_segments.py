"""Saved segments: kept, listed, changed and archived, each application's for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from domain.audience.segment.parse import parse_predicate
from domain.audience.segment.saved_segment import Segment
from domain.shared.errors import AlreadyExists, InvalidInput, NotFound
from tests.integration.segments.world import EVERYONE, VIPS, SegmentWorld

KOREAN = {"field": "language", "operator": "eq", "value": "ko"}


async def test_a_segment_is_kept_as_it_was_saved(segment_world: SegmentWorld) -> None:
    """With its tree, name and times."""
    world = segment_world
    app = await world.app()
    tree = {"and": [VIPS, {"not": {"field": "created_at", "operator": "before", "value": "2026-01-01"}}]}
    saved = await world.save(app, "오래된 VIP", tree)
    assert await world.read_segment(app, saved.id) == saved
    assert saved.predicate == parse_predicate(tree)
    assert (saved.created_at, saved.updated_at) == (world.clock.time, world.clock.time)


async def test_a_change_replaces_what_it_names(segment_world: SegmentWorld) -> None:
    """The rest stays; the time of the change is kept."""
    world = segment_world
    app = await world.app()
    saved = await world.save(app)
    world.clock.turn(hours=1)
    renamed = await world.change_segment(app, saved.id, name="Best", description="who buys most")
    assert (renamed.name, renamed.description, renamed.predicate) == (
        "Best",
        "who buys most",
        saved.predicate,
    )
    again = await world.change_segment(app, saved.id, predicate=KOREAN)
    assert (again.name, again.predicate) == ("Best", parse_predicate(KOREAN))
    assert await world.read_segment(app, saved.id) == again
    assert again.updated_at == world.clock.time > again.created_at


async def test_a_refused_change_changes_nothing(segment_world: SegmentWorld) -> None:
    """Also when only the predicate is bad."""
    world = segment_world
    app = await world.app()
    saved = await world.save(app)
    with pytest.raises(InvalidInput, match="operator is missing"):
        await world.change_segment(app, saved.id, name="New", predicate={"field": "tag", "key": "k"})
    assert await world.read_segment(app, saved.id) == saved


async def test_a_name_stands_for_one_segment_of_an_application(segment_world: SegmentWorld) -> None:
    """Until it is archived; other applications have names of their own."""
    world = segment_world
    app, other = await world.app(), await world.app()
    first = await world.save(app)
    await world.save(other)
    second = await world.save(app, "Others")
    for attempt in (world.save(app), world.change_segment(app, second.id, name="VIPs")):
        with pytest.raises(AlreadyExists) as taken:
            await attempt
        assert taken.value.field == "name"
    await world.archive(app, first.id)
    assert (await world.save(app)).name == "VIPs"


async def test_one_of_two_that_save_the_same_name_at_once_wins(segment_world: SegmentWorld) -> None:
    """The other is told so."""
    world = segment_world
    app = await world.app()
    done = await asyncio.gather(world.save(app), world.save(app), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["AlreadyExists", "Segment"]


async def test_an_archived_segment_can_be_read_but_neither_changed_nor_targeted(
    segment_world: SegmentWorld,
) -> None:
    """It leaves the list; archiving twice keeps the first time."""
    world = segment_world
    app = await world.app()
    saved = await world.save(app)
    archived = await world.archive(app, saved.id)
    world.clock.turn(hours=1)
    assert await world.archive(app, saved.id) == archived == await world.read_segment(app, saved.id)
    assert (await world.list_segments(app)).items == ()
    assert (await world.list_segments(app, include_archived=True)).items == (archived,)
    with pytest.raises(NotFound):
        await world.change_segment(app, saved.id, name="Other")
    with pytest.raises(NotFound) as missing:
        await world.count_audience(app, targeting_criteria={"include": [str(saved.id)]})
    assert missing.value.field == "targeting_criteria.include[0]"


async def test_lists_go_page_by_page_in_the_order_of_creation(segment_world: SegmentWorld) -> None:
    """Every segment once."""
    world = segment_world
    app = await world.app()
    saved = [await world.save(app, f"segment {number}") for number in range(5)]
    found: list[Segment] = []
    cursor = None
    while True:
        page = await world.list_segments(app, limit=2, cursor=cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == saved


ATTEMPTS: dict[str, Callable[[SegmentWorld, UUID, UUID], Awaitable[object]]] = {
    "read": lambda w, app, id_: w.read_segment(app, id_),
    "change": lambda w, app, id_: w.change_segment(app, id_, name="Mine"),
    "archive": lambda w, app, id_: w.archive(app, id_),
    "count": lambda w, app, id_: w.count(app, id_),
    "target": lambda w, app, id_: w.count_audience(app, targeting_criteria={"include": [str(id_)]}),
    "exclude": lambda w, app, id_: w.count_audience(
        app, targeting_criteria={"include": [EVERYONE], "exclude": [str(id_)]}
    ),
    "explain": lambda w, app, id_: w.explain(app, id_, uuid4()),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
async def test_a_segment_of_another_application_is_not_found(
    segment_world: SegmentWorld, attempt: str
) -> None:
    """Whatever is tried with its id; it stays as it was."""
    world = segment_world
    mine, theirs = await world.app(), await world.app()
    saved = await world.save(theirs)
    with pytest.raises(NotFound):
        await ATTEMPTS[attempt](world, mine, saved.id)
    assert await world.read_segment(theirs, saved.id) == saved
    assert (await world.list_segments(mine)).items == ()


async def test_an_application_that_there_is_not_has_no_segments(segment_world: SegmentWorld) -> None:
    """And nothing is counted for it."""
    nobody = uuid4()
    for attempt in (segment_world.save(nobody), segment_world.count_audience(nobody, predicate=EVERYONE)):
        with pytest.raises(NotFound):
            await attempt
