"""Filters pay before they run, and those that could build something huge are asked for the size first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid.builtin.filters import array, string

from adapters.templating.environment import MessageEnvironment
from adapters.templating.filters import PricedFilter, priced_filters
from adapters.templating.limits import BUDGET, MAX_HANDLED, MAX_VALUE, Budget, LimitReached, weight

FILTERS = priced_filters(MessageEnvironment(html=False, strict=False))
SMALL = st.text(st.sampled_from("ab-"), max_size=8)


def never(*_: Any, **__: Any) -> object:
    raise AssertionError("the filter must not run")


@given(SMALL, SMALL, SMALL)
def test_the_size_of_a_replacement_is_known_before(text: str, old: str, new: str) -> None:
    """Never less than what comes out, also for an empty search."""
    expected = FILTERS["replace"].expected
    assert expected is not None
    assert expected(text, (old, new)) >= len(string.replace(text, old, new))
    assert expected(text, (old,)) >= len(string.replace(text, old))


@given(st.lists(SMALL | st.integers(-9, 9), max_size=6), SMALL)
def test_the_size_of_a_joined_list_is_known_before(items: list[Any], separator: str) -> None:
    """Never less than what comes out, but for the digits of numbers."""
    expected = FILTERS["join"].expected
    assert expected is not None
    found = array.join(items, separator, environment=MessageEnvironment(html=False, strict=False))
    numbers = sum(len(str(one)) for one in items if isinstance(one, int))
    assert expected(items, (separator,)) + numbers >= len(str(found))


def test_what_would_get_too_large_is_not_begun() -> None:
    """The refusal comes before the work."""
    priced = PricedFilter("huge", never, 1, expected=lambda value, arguments: MAX_VALUE + 1)
    with pytest.raises(LimitReached):
        priced(Budget(), "x")


def test_what_cannot_be_paid_is_not_begun() -> None:
    """A long text costs by its length, and a surcharge comes on top."""
    for priced in (
        PricedFilter("slow", never, 1_000_000),
        PricedFilter("pairs", never, 0, surcharge=lambda value: BUDGET),
    ):
        with pytest.raises(LimitReached):
            priced(Budget(), "x" * 1_000)
    with pytest.raises(LimitReached):
        PricedFilter("long", never, 1)(Budget(), "x" * (MAX_HANDLED + 1))


def test_a_filter_that_only_hands_on_costs_one_unit() -> None:
    """Whatever it hands on."""
    budget = Budget()
    assert FILTERS["default"](budget, "x" * 10_000, "y") == "x" * 10_000
    assert FILTERS["size"](budget, ["x"] * 1_000) == 1_000
    assert budget.left == BUDGET - 2


def test_a_long_list_is_weighed_by_its_items() -> None:
    """Handling an item costs more than copying its characters; what is too long stops the weighing."""
    assert weight("abc") == 3
    assert weight([]) > 0
    assert weight(["ab", {"k": "v"}]) > weight(["ab"])
    for value in (["x"] * 100_000, {str(one): one for one in range(100_000)}, range(10**9)):
        with pytest.raises(LimitReached):
            weight(value)
