"""Pacing: no second holds more sends than the pace, however chunks come and whichever worker reserves."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.campaigns.pacing import MAX_CHUNK, MAX_RATE, Pacing, Slot, pacing_from_json
from domain.shared.json_values import Json
from tests.unit.campaigns.moments import at, refusal

NOW = at("2026-05-04T03:00Z")
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("rate", "size"), [(1, 1), (7, 7), (499, 499), (500, 500), (501, 500), (MAX_RATE, MAX_CHUNK)]
)
def test_a_chunk_holds_a_seconds_worth_at_most(rate: int, size: int) -> None:
    """And never more than a chunk holds anyway."""
    assert Pacing(rate).chunk_size == size


def test_slots_follow_one_another_without_a_gap() -> None:
    """500 at 500 a second take a second each."""
    pacing = Pacing(500)
    first = pacing.reserve(None, NOW, 500)
    assert first == Slot(NOW, NOW + SECOND)
    assert pacing.reserve(first.ends_at, NOW, 250) == Slot(NOW + SECOND, NOW + 1.5 * SECOND)
    assert first.lease_from == NOW - 2 * SECOND


def test_a_late_worker_shifts_and_does_not_catch_up() -> None:
    """After a pause of ten seconds the next slot begins now."""
    pacing = Pacing(500)
    ended = pacing.reserve(None, NOW, 500).ends_at
    assert pacing.reserve(ended, NOW + 10 * SECOND, 500) == Slot(NOW + 10 * SECOND, NOW + 11 * SECOND)


def test_sends_are_spaced_evenly() -> None:
    """Four a second: one every quarter."""
    pacing = Pacing(4)
    starts = list(pacing.instants(pacing.reserve(None, NOW, 4), 4))
    assert starts == [NOW + n * SECOND / 4 for n in range(4)]


def test_how_long_a_campaign_takes() -> None:
    """A million at 500 a second: 33 minutes and 20 seconds."""
    assert Pacing(500).duration(1_000_000) == timedelta(minutes=33, seconds=20)
    assert Pacing(1).duration(0) == timedelta(0)


@settings(deadline=None)
@given(
    st.integers(1, 900),
    st.lists(st.tuples(st.integers(1, 900), st.integers(0, 3_000_000)), min_size=1, max_size=8),
)
def test_no_second_holds_more_sends_than_the_pace(rate: int, chunks: list[tuple[int, int]]) -> None:
    """In no window of one second, wherever it begins; slots never overlap and no chunk starts before it was reserved."""
    pacing, now, next_at = Pacing(rate), NOW, None
    sends: list[datetime] = []
    for n, pause in chunks:
        now += timedelta(microseconds=pause)
        n = min(n, pacing.chunk_size)
        slot = pacing.reserve(next_at, now, n)
        assert slot.starts_at >= now
        starts = list(pacing.instants(slot, n))
        assert slot.starts_at == starts[0] <= starts[-1] < slot.ends_at
        assert not sends or sends[-1] < slot.starts_at
        sends += starts
        next_at = slot.ends_at
    for index, first in enumerate(sends):
        if index + rate < len(sends):
            assert sends[index + rate] - first >= SECOND


@pytest.mark.parametrize("n", [0, -1, 501])
def test_a_chunk_of_another_size_is_a_mistake_of_the_caller(n: int) -> None:
    """Nothing or more than a second's worth."""
    with pytest.raises(ValueError, match="1 to 500"):
        Pacing(500).reserve(None, NOW, n)


@pytest.mark.parametrize("rate", [0, -5, MAX_RATE + 1])
def test_there_is_no_pace_of_nothing(rate: int) -> None:
    """Not even by way of the code."""
    with pytest.raises(ValueError, match="a pace is"):
        Pacing(rate)


def test_a_pace_survives_the_way_to_the_database_and_back() -> None:
    """And writes what it read."""
    assert pacing_from_json({"per_second": 500}).to_json() == {"per_second": 500}


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        (500, "pacing"),
        ({}, "pacing.per_second"),
        ({"per_second": None}, "pacing.per_second"),
        ({"per_second": 0}, "pacing.per_second"),
        ({"per_second": -1}, "pacing.per_second"),
        ({"per_second": 0.5}, "pacing.per_second"),
        ({"per_second": True}, "pacing.per_second"),
        ({"per_second": "500"}, "pacing.per_second"),
        ({"per_second": MAX_RATE + 1}, "pacing.per_second"),
        ({"per_second": 10**30}, "pacing.per_second"),
        ({"per_minute": 500}, "pacing.per_minute"),
    ],
    ids=str,
)
def test_an_unusable_pace_is_refused_by_name(given_: Json, field: str) -> None:
    """With the fix."""
    assert refusal(lambda: pacing_from_json(given_)).field == field


def test_who_wants_to_stop_a_campaign_is_told_how() -> None:
    """A pace of zero is not the way."""
    assert "pause the campaign" in (refusal(lambda: pacing_from_json({"per_second": 0})).fix or "")
