"""Spans of time: whole buckets of a zone's calendar, and clear refusals."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from domain.analytics.dimension import Dimension, parse_filters, parse_groupings, told
from domain.analytics.period import Granularity, Period
from domain.analytics.time_to_open import BOUNDS, median_bound, open_class, share
from domain.shared.errors import InvalidInput

NOON = datetime(2026, 3, 14, 12, 34, 56, tzinfo=UTC)


def test_a_period_is_widened_to_whole_days_of_its_zone() -> None:
    """Seoul's day begins at 15:00 UTC of the day before."""
    period = Period.of(NOON - timedelta(days=1), NOON, "Asia/Seoul", Granularity.DAY)
    assert period.since == datetime(2026, 3, 12, 15, tzinfo=UTC)
    assert period.until == datetime(2026, 3, 14, 15, tzinfo=UTC)
    assert [one.hour for one in period.buckets()] == [15, 15]


def test_days_of_a_zone_that_changes_its_clocks_have_23_to_25_hours() -> None:
    """New York springs forward on 8 March 2026; in Santiago midnight itself is jumped over."""
    begins = datetime(2026, 3, 7, 12, tzinfo=UTC)
    buckets = Period.of(begins, begins + timedelta(days=3), "America/New_York", Granularity.DAY).buckets()
    assert [(after - before) // timedelta(hours=1) for before, after in itertools.pairwise(buckets)] == [
        24,
        23,
        24,
    ]
    jump = datetime(2026, 9, 5, 12, tzinfo=UTC)
    chile = Period.of(jump, jump + timedelta(days=2), "America/Santiago", Granularity.DAY).buckets()
    assert [(after - before) // timedelta(hours=1) for before, after in itertools.pairwise(chile)] == [24, 23]


def test_months_are_those_of_the_calendar() -> None:
    """From any moment of a month on, until the end of the one that `until` is in."""
    period = Period.of(NOON, NOON + timedelta(days=40), "UTC", Granularity.MONTH)
    assert [one.month for one in period.buckets()] == [3, 4]


@pytest.mark.parametrize(
    ("since", "until", "zone", "granularity", "field"),
    [
        (NOON, NOON, "UTC", Granularity.DAY, "until"),
        (NOON, NOON + timedelta(days=94), "UTC", Granularity.HOUR, "since"),
        (NOON, NOON + timedelta(days=1), "Mars/Olympus", Granularity.DAY, "zone"),
        (NOON, NOON + timedelta(days=1), "../etc/passwd", Granularity.DAY, "zone"),
        (NOON, NOON + timedelta(days=1), "Asia/Kolkata", Granularity.DAY, "zone"),
        (datetime(1, 1, 1, tzinfo=UTC), NOON, "UTC", Granularity.DAY, "since"),
        (NOON, datetime(9999, 12, 31, 23, tzinfo=UTC), "UTC", Granularity.DAY, "until"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_its_field(
    since: datetime, until: datetime, zone: str, granularity: Granularity, field: str
) -> None:
    """Every refusal names the field and says what to do."""
    with pytest.raises(InvalidInput) as refused:
        Period.of(since, until, zone, granularity)
    assert refused.value.field == field
    assert refused.value.fix


def test_groupings_and_filters_are_read_by_name() -> None:
    """Names of the wire become what storage compares, and back."""
    assert parse_groupings("channel, campaign_id") == (Dimension.CHANNEL, Dimension.CAMPAIGN)
    found = parse_filters({"channel": "sms", "campaign_id": "none", "country": "KR", "reason": None})
    assert {name: told(name, value) for name, value in found.items()} == {
        Dimension.CHANNEL: "sms", Dimension.CAMPAIGN: None, Dimension.COUNTRY: "KR",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["colour", "channel,channel", "channel,type,reason,country"])
def test_groupings_that_are_none_are_refused(text: str) -> None:
    """Unknown, repeated, or too many."""
    with pytest.raises(InvalidInput) as refused:
        parse_groupings(text)
    assert refused.value.field == "group_by"


def test_classes_of_the_time_to_open_have_their_bounds_below() -> None:
    """A minute sharp is in the first class, what is beyond the last bound in the last."""
    assert [open_class(one) for one in (-1, 0, 60, 60.5, BOUNDS[-1], BOUNDS[-1] + 1)] == [1, 1, 1, 2, 8, 9]
    assert median_bound({1: 2, 2: 2, 3: 1}) == 300
    assert median_bound({9: 3}) is None
    assert median_bound({}) is None
    assert (share(1, 3), share(1, 0)) == (0.333333, None)
