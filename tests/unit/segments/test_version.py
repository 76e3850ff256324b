"""Versions sort by precedence, not by text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.audience.segment.version import version_key

ASCENDING = [
    "0.0.0-0",
    "0",
    "0.0.1",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.0.1",
    "1.9",
    "1.10.0",
    "2.0.0-beta",
    "2.0.0",
    "10",
]
"""The middle of it is the example of Semantic Versioning 2.0, section 11."""


def test_versions_sort_as_semantic_versioning_says() -> None:
    """With more parts than three, or fewer."""
    for before, after in pairwise(ASCENDING):
        low, high = version_key(before), version_key(after)
        assert low is not None
        assert high is not None
        assert low < high, (before, after)


@pytest.mark.parametrize(
    ("one", "other"),
    [("1.9", "1.9.0"), ("v1.2", "1.2"), ("1.02", "1.2"), ("1.2+45", "1.2"), ("1-01", "1-1"), ("0", "0.0.0")],
)
def test_different_texts_may_be_the_same_version(one: str, other: str) -> None:
    """Missing parts are zero; leading zeros, a leading v and the build do not count."""
    assert version_key(one) == version_key(other) is not None


@pytest.mark.parametrize(
    "text", ["", "v", "beta", "1.", ".1", "1..2", "1.2-", "1.2 ", "1,2", "１.２", "1" * 129, "1.2-é"]
)
def test_what_is_no_version_has_no_key(text: str) -> None:
    """It is compared with nothing."""
    assert version_key(text) is None


@given(
    one=st.lists(st.integers(0, 10**6), min_size=1, max_size=4),
    other=st.lists(st.integers(0, 10**6), min_size=1, max_size=4),
)
def test_numbers_sort_as_numbers(one: list[int], other: list[int]) -> None:
    """Whatever the number of digits and of parts."""

    def padded(parts: list[int]) -> list[int]:
        return parts + [0] * (4 - len(parts))

    left, right = (version_key(".".join(map(str, parts))) for parts in (one, other))
    assert left is not None
    assert right is not None
    assert (left < right) == (padded(one) < padded(other))
    assert (left == right) == (padded(one) == padded(other))
