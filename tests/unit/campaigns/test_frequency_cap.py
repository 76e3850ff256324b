"""Frequency caps: nobody gets more than so many messages in any span of time, unless a campaign is essential."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.campaigns.decision import Excluded, Exclusion
from domain.campaigns.frequency_cap import CapScope, FrequencyCap, Priority, capped, frequency_caps_from_json
from domain.shared.json_values import Json
from tests.unit.campaigns.moments import at, refusal

NOW = at("2026-05-04T03:00Z")
DAY, HOUR, TICK = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
CAPPED = Excluded(Exclusion.FREQUENCY_CAPPED)
TWO_A_DAY = FrequencyCap(2, DAY)


def ago(*spans: timedelta) -> list[datetime]:
    return [NOW - span for span in spans]


@pytest.mark.parametrize(
    ("sent", "allowed"),
    [
        ([], True),
        (ago(HOUR), True),
        (ago(HOUR, 2 * HOUR), False),
        (ago(timedelta(0), timedelta(0)), False),
        # The window slides: a day old is old enough, a moment less is not.
        (ago(HOUR, DAY), True),
        (ago(HOUR, DAY - TICK), False),
        (ago(2 * DAY, 3 * DAY, 4 * DAY), True),
        # What is sent later does not count now.
        (ago(-HOUR, -2 * HOUR), True),
    ],
)
def test_a_window_slides(sent: list[datetime], allowed: bool) -> None:
    """Two a day, whatever the order of what was sent."""
    assert TWO_A_DAY.allows(sent, NOW) == TWO_A_DAY.allows(sent[::-1], NOW) == allowed


def test_it_says_when_there_is_room_again() -> None:
    """When the one that makes it one too many is old enough."""
    assert TWO_A_DAY.free_at(ago(HOUR), NOW) == NOW
    assert TWO_A_DAY.free_at(ago(HOUR, 20 * HOUR), NOW) == NOW + 4 * HOUR
    assert TWO_A_DAY.free_at(ago(HOUR, 3 * HOUR, 20 * HOUR), NOW) == NOW + 21 * HOUR


@settings(deadline=None)
@given(
    st.integers(1, 4),
    st.timedeltas(timedelta(minutes=1), timedelta(hours=6)),
    st.lists(st.integers(0, 24 * 60), max_size=40),
)
def test_who_asks_before_each_send_never_exceeds_the_cap(
    messages: int, window: timedelta, minutes: list[int]
) -> None:
    """In no span of the window's length, wherever it begins."""
    cap, sent = FrequencyCap(messages, window), list[datetime]()
    for at_ in sorted(NOW + timedelta(minutes=one) for one in minutes):
        free = cap.free_at(sent, at_)
        assert cap.allows(sent, free)
        assert not (free > at_ and cap.allows(sent, free - TICK))
        if free == at_:
            sent.append(at_)
    for first in sent:
        assert sum(first <= one < first + window for one in sent) <= messages


def test_a_cap_counts_a_person_or_a_device() -> None:
    """A person's devices together, or each for itself."""
    to_user, to_subscription = ago(HOUR, 2 * HOUR), ago(2 * HOUR)
    for scope, expected in ((CapScope.USER, CAPPED), (CapScope.SUBSCRIPTION, None)):
        cap = FrequencyCap(2, DAY, scope)
        assert capped([cap], at=NOW, sent_to_user=to_user, sent_to_subscription=to_subscription) == expected


def test_all_caps_hold() -> None:
    """One a day and three a week: the fourth within a week is one too many."""
    caps = [FrequencyCap(1, DAY), FrequencyCap(3, 7 * DAY)]
    for sent, expected in (
        (ago(2 * DAY, 3 * DAY), None),
        (ago(HOUR), CAPPED),
        (ago(2 * DAY, 3 * DAY, 4 * DAY), CAPPED),
    ):
        assert capped(caps, at=NOW, sent_to_user=sent, sent_to_subscription=[]) == expected
    assert capped([], at=NOW, sent_to_user=ago(HOUR) * 99, sent_to_subscription=[]) is None


def test_an_essential_campaign_is_not_stopped() -> None:
    """A recall reaches everybody; that it counts for others is seen by what was sent."""
    sent = ago(HOUR, 2 * HOUR)
    assert capped([TWO_A_DAY], at=NOW, sent_to_user=sent, sent_to_subscription=sent) == CAPPED
    assert (
        capped(
            [TWO_A_DAY],
            at=NOW,
            sent_to_user=sent,
            sent_to_subscription=sent,
            priority=Priority.ESSENTIAL,
        )
        is None
    )


GIVEN: list[Json] = [
    {"messages": 1, "window_seconds": 86_400, "per": "user"},
    {"messages": 3, "window_seconds": 604_800, "per": "user"},
    {"messages": 1, "window_seconds": 604_800, "per": "subscription"},
]


def test_caps_survive_the_way_to_the_database_and_back() -> None:
    """And write what they read; a cap that does not say whom it counts counts persons."""
    assert [cap.to_json() for cap in frequency_caps_from_json(GIVEN)] == GIVEN
    assert frequency_caps_from_json([]) == ()
    assert frequency_caps_from_json([{"messages": 2, "window_seconds": 86_400}]) == (TWO_A_DAY,)


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        (None, ""),
        ({"messages": 1, "window_seconds": 60}, ""),
        ([{"messages": n, "window_seconds": 60 * n} for n in range(1, 7)], ""),
        ([3], "[0]"),
        ([{}], "[0].messages"),
        ([{"messages": 1}], "[0].window_seconds"),
        ([{"messages": 0, "window_seconds": 60}], "[0].messages"),
        ([{"messages": -1, "window_seconds": 60}], "[0].messages"),
        ([{"messages": 1001, "window_seconds": 60}], "[0].messages"),
        ([{"messages": 1, "window_seconds": 0}], "[0].window_seconds"),
        ([{"messages": 1, "window_seconds": 59}], "[0].window_seconds"),
        ([{"messages": 1, "window_seconds": 91 * 86_400}], "[0].window_seconds"),
        ([{"messages": 1, "window_seconds": 60, "per": "household"}], "[0].per"),
        ([{"messages": 1, "window_seconds": 60, "hours": 1}], "[0].hours"),
        # A cap that another one always reaches first, and one given twice.
        ([GIVEN[0], {"messages": 2, "window_seconds": 3_600}], "[1]"),
        ([GIVEN[0], GIVEN[0]], "[0]"),
    ],
    ids=str,
)
def test_unusable_caps_are_refused_by_name(given_: Json, field: str) -> None:
    """With the fix."""
    assert refusal(lambda: frequency_caps_from_json(given_)).field == f"frequency_caps{field}"
