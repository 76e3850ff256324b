"""Values come from recipient, request, tags, properties and device, in this order, and nothing else is kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.templates.variables import gather

SOURCES = ("recipient", "request", "tags", "properties", "device")


def gathered(names: set[str], *sources: dict[str, Any] | None) -> dict[str, Any]:
    return gather(names, *(*sources, *(None,) * (5 - len(sources))))


@pytest.mark.parametrize("strongest", range(5))
def test_the_strongest_source_that_has_a_name_gives_it(strongest: int) -> None:
    sources = [{"name": source} if place >= strongest else {} for place, source in enumerate(SOURCES)]
    assert gathered({"name"}, *sources) == {"name": SOURCES[strongest]}


def test_only_what_the_template_reads_is_kept() -> None:
    """A message stores as little of a person as it can."""
    assert gathered({"a"}, {"a": 1, "b": 2}, {"c": 3}) == {"a": 1}
    assert gathered({"gone"}, {"a": 1}) == {}
    assert gathered(set(), {"a": 1}) == {}


def test_null_is_a_value_and_hides_weaker_ones() -> None:
    """Who sends null for this recipient means it."""
    assert gathered({"a"}, {"a": None}, {"a": 1}) == {"a": None}


def test_an_object_is_taken_whole() -> None:
    """Nothing is merged: the weaker object's other keys are not there."""
    assert gathered({"u", "u.x", "u.y"}, {"u": {"x": 1}}, {"u": {"x": 2, "y": 3}}) == {"u": {"x": 1}}


def test_a_flat_key_is_taken_beside_the_object() -> None:
    """The renderer lets the flat one win, so it must be there."""
    assert gathered({"u", "u.x"}, {"u": {"x": 1}, "u.x": 2}) == {"u": {"x": 1}, "u.x": 2}
    assert gathered({"u", "u.x"}, {"u.x": 2}, {"u": {"x": 1}}) == {"u": {"x": 1}, "u.x": 2}


def test_a_weaker_flat_key_does_not_overrule_a_stronger_object() -> None:
    """Source before shape: what the recipient nests is stronger than what a tag spells flat."""
    assert gathered({"u", "u.x"}, {"u": {"x": 1}}, None, {"u.x": 2}) == {"u": {"x": 1}}
    assert gathered({"u", "u.x"}, {"u": {"y": 1}}, None, {"u.x": 2}) == {"u": {"y": 1}, "u.x": 2}
    assert gathered({"u", "u.x"}, {"u": "text"}, None, {"u.x": 2}) == {"u": "text", "u.x": 2}
    deep = {"a", "a.b", "a.b.c"}
    assert gathered(deep, {"a.b": {"c": 1}}, {"a.b.c": 2}) == {"a.b": {"c": 1}}
    assert gathered(deep, {"a.b.c": 1}, {"a.b": {"c": 2}}) == {"a.b.c": 1, "a.b": {"c": 2}}


NAMES = st.sampled_from(["a", "b", "a.b", "a.b.c", "b.c"])
SCALARS = st.one_of(st.none(), st.integers(0, 3))
OBJECTS = st.dictionaries(
    st.sampled_from(["b", "c"]), SCALARS | st.dictionaries(st.just("c"), SCALARS, max_size=1), max_size=2
)
SOURCE = st.dictionaries(NAMES, SCALARS | OBJECTS, max_size=4)


def resolved(variables: dict[str, Any], path: str) -> tuple[bool, Any]:
    """As a renderer looks a placeholder up: the longest flat key, then what is nested below it."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        key = ".".join(parts[:length])
        if key in variables:
            value = variables[key]
            for part in parts[length:]:
                if not isinstance(value, dict) or part not in value:
                    return False, None
                value = value[part]
            return True, value
    return False, None


@given(st.lists(SOURCE, min_size=1, max_size=5), st.sampled_from(["a", "a.b", "b.c"]))
def test_one_source_alone_is_rendered_as_it_is(sources: list[dict[str, Any]], path: str) -> None:
    """What is gathered from a single source answers a placeholder as the source itself would."""
    parts = path.split(".")
    names = {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
    assert resolved(gathered(names, sources[0]), path) == resolved(sources[0], path)


@given(st.lists(SOURCE, min_size=2, max_size=5))
def test_plain_names_are_answered_by_the_first_that_has_them(sources: list[dict[str, Any]]) -> None:
    found = gathered({"a", "b"}, *sources)
    for name in ("a", "b"):
        first = next((source[name] for source in sources if name in source), "nobody")
        assert found.get(name, "nobody") == first
