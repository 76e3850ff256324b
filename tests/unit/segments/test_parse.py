"""A predicate is read completely or refused with the exact place and a fix; what is read can be written again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.audience.segment.fields import OPERATORS, PRESENCE, Field, Kind, Operator, kind_of, operators_of
from domain.audience.segment.parse import MAX_DEPTH, MAX_NODES, parse_predicate
from domain.audience.segment.predicate import campaigns_of
from domain.audience.segment.to_json import predicate_json
from domain.shared.errors import InvalidInput
from tests.segment_strategies import CAMPAIGNS, Scene, scenes

TAG: dict[str, Any] = {"field": "tag", "key": "grade", "operator": "eq", "value": "VIP"}
ID = "01890000-0000-7000-8000-000000000000"


def tag(operator: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"field": "tag", "key": "k", "operator": operator, "value": value, **more}


def on(field: str, operator: str, value: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


REFUSED: list[tuple[str, Any, str]] = [
    ("no object", [], "predicate"),
    ("nothing", {}, "predicate.field"),
    ("an unknown field", on("tags", "eq", 1), "predicate.field"),
    ("a field that is no text", on([], "eq", 1), "predicate.field"),  # type: ignore[arg-type]
    ("no operator", {"field": "tag", "key": "k"}, "predicate.operator"),
    ("an unknown operator", tag("like", "x"), "predicate.operator"),
    ("an operator of another kind", on("country", "gt", "KR"), "predicate.operator"),
    ("the existence of a channel", on("channel", "exists", None), "predicate.operator"),
    (
        "an operator that is a group",
        {"and": [TAG, on("language", "before", "ko")]},
        "predicate.and[1].operator",
    ),
    ("a tag without a key", on("tag", "eq", 1), "predicate.key"),
    ("a key that is no text", tag("eq", 1, key=1), "predicate.key"),
    ("an empty key", tag("eq", 1, key=""), "predicate.key"),
    ("a key with NUL", tag("eq", 1, key="a\x00"), "predicate.key"),
    ("a key where none belongs", {**on("country", "eq", "KR"), "key": "k"}, "predicate.key"),
    ("an unknown member", {**TAG, "valu": 1}, "predicate.valu"),
    ("two groups", {"and": [TAG], "or": [TAG]}, "predicate.or"),
    ("a group with a field", {"and": [TAG], "field": "tag"}, "predicate.field"),
    ("an empty and", {"and": []}, "predicate.and"),
    ("an or that is no list", {"or": TAG}, "predicate.or"),
    ("a not that is a list", {"not": [TAG]}, "predicate.not"),
    ("everyone, but not", {"everyone": False}, "predicate.everyone"),
    ("a null within", {"or": [TAG, {"not": None}]}, "predicate.or[1].not"),
    ("no value", {"field": "tag", "key": "k", "operator": "eq"}, "predicate.value"),
    ("a value for exists", tag("exists", True), "predicate.value"),
    ("an object as a value", tag("eq", {"a": 1}), "predicate.value"),
    ("a number too large", tag("eq", 2**53 + 1), "predicate.value"),
    ("infinity", tag("gt", float("inf")), "predicate.value"),
    ("a text with NUL", tag("eq", "a\x00"), "predicate.value"),
    ("half a surrogate pair", tag("eq", "\ud800"), "predicate.value"),
    ("a text too long", tag("eq", "x" * 1025), "predicate.value"),
    ("an order of booleans", tag("gt", True), "predicate.value"),
    ("no list", tag("in", "VIP"), "predicate.value"),
    ("an empty list", tag("in", []), "predicate.value"),
    ("a list too long", tag("in", list(range(101))), "predicate.value"),
    ("a mixed list", tag("in", ["a", "b", 1]), "predicate.value[2]"),
    ("a list with null", tag("in", ["a", None]), "predicate.value[1]"),
    ("between of three", tag("between", [1, 2, 3]), "predicate.value"),
    ("between of two types", tag("between", [1, "2"]), "predicate.value"),
    ("between the wrong way round", tag("between", [2, 1]), "predicate.value"),
    (
        "between versions the wrong way round",
        on("app_version", "between", ["1.10", "1.9"]),
        "predicate.value",
    ),
    ("the empty piece", tag("contains", ""), "predicate.value"),
    ("a piece that is a number", tag("starts_with", 1), "predicate.value"),
    ("a moment without a zone", tag("before", "2026-03-01T00:00:00"), "predicate.value"),
    ("a day that there is not", tag("before", "2026-02-30"), "predicate.value"),
    ("a moment of another age", on("created_at", "after", "0001-01-01"), "predicate.value"),
    ("a moment as a number", on("created_at", "after", 1), "predicate.value"),
    ("no days", tag("in_last_days", 0), "predicate.value"),
    ("too many days", on("last_active_at", "in_last_days", 36_501), "predicate.value"),
    ("days that are a text", on("last_active_at", "in_last_days", "30"), "predicate.value"),
    ("a language that is none", on("language", "eq", "Korean, please"), "predicate.value"),
    ("a country in small letters", on("country", "eq", "kr"), "predicate.value"),
    ("an unknown channel", on("channel", "in", ["push", "pigeon"]), "predicate.value[1]"),
    ("an unknown type", on("type", "eq", "push"), "predicate.value"),
    ("a version that is none", on("app_version", "gte", "latest"), "predicate.value"),
    ("a status as a text", on("subscription_status", "eq", "1"), "predicate.value"),
    ("a status as a boolean", on("subscription_status", "eq", True), "predicate.value"),
    ("a status beyond 32 bits", on("subscription_status", "lt", 2**31), "predicate.value"),
    ("a switch as a number", on("subscribed", "eq", 1), "predicate.value"),
    ("an id that is none", on("subscription_id", "eq", "x" * 36), "predicate.value"),
    ("a campaign that is none", on("campaign", "received", "Summer"), "predicate.value"),
    ("a history of nobody", {**on("campaign", "received", ID), "of": "everyone"}, "predicate.of"),
]


@pytest.mark.parametrize(
    ("given_", "place"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_cannot_be_meant_is_refused_with_its_place_and_a_fix(given_: Any, place: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_predicate(given_)
    assert refused.value.field == place
    assert refused.value.fix
    assert refused.value.message


def test_a_bad_operator_is_told_which_there_are() -> None:
    """The message names what was sent, the fix what would do."""
    with pytest.raises(InvalidInput, match=r"'before' is not known for language") as refused:
        parse_predicate(on("language", "before", "ko"))
    assert refused.value.fix == "use one of exists, not_exists, eq, ne, in, not_in"


def nested(depth: int) -> dict[str, Any]:
    tree: dict[str, Any] = TAG
    for _ in range(depth - 1):
        tree = {"not": tree}
    return tree


def test_depth_and_size_are_limited() -> None:
    """As deep and as large as allowed is read, one more is refused where it stands."""
    parse_predicate(nested(MAX_DEPTH))
    with pytest.raises(InvalidInput) as deep:
        parse_predicate(nested(MAX_DEPTH + 1))
    assert deep.value.field == "predicate" + ".not" * MAX_DEPTH
    parse_predicate({"or": [TAG] * (MAX_NODES - 1)})
    with pytest.raises(InvalidInput) as wide:
        parse_predicate({"or": [TAG] * MAX_NODES})
    assert wide.value.field == f"predicate.or[{MAX_NODES - 1}]"


def test_bottomless_nesting_costs_nothing() -> None:
    """Ten thousand levels are refused at the eleventh."""
    with pytest.raises(InvalidInput):
        parse_predicate(nested(10_000))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(scene=scenes())
def test_what_was_read_can_be_written_and_read_again(scene: Scene) -> None:
    """Through JSON text, to the same tree."""
    for tree in (*scene.trees, *scene.conditions):
        parsed = parse_predicate(tree)
        again = parse_predicate(json.loads(json.dumps(predicate_json(parsed))))
        assert again == parsed
        assert predicate_json(again) == predicate_json(parsed)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["and", "field", "operator", "value", "x"]), inner)
    ),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(value=anything)
def test_no_json_at_all_is_more_than_refused(value: Any) -> None:
    """Whatever the shape: a predicate, or InvalidInput."""
    place: str | None = "predicate"
    try:
        parse_predicate(value)
    except InvalidInput as refused:
        place = refused.field
    assert (place or "").startswith("predicate")


def test_every_field_has_a_kind_and_every_operator_a_field() -> None:
    """The catalogue has no gaps."""
    assert {kind_of(field) for field in Field} == set(Kind) == set(OPERATORS)
    assert {operator for field in Field for operator in operators_of(field)} == set(Operator)
    assert all(set(PRESENCE).isdisjoint(operators_of(field)) for field in (Field.CHANNEL, Field.TYPE))


def test_the_campaigns_of_a_predicate_are_known() -> None:
    """However deep they stand."""
    first, second = (str(one) for one in CAMPAIGNS[:2])
    tree = {
        "or": [on("campaign", "sent", first), {"not": {"and": [on("campaign", "converted", second), TAG]}}]
    }
    assert campaigns_of(parse_predicate(tree)) == set(CAMPAIGNS[:2])
    assert campaigns_of(parse_predicate({"everyone": True})) == frozenset()
