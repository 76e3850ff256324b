"""The same wall time everywhere: when each zone's recipients get it, and what becomes of those whose time has passed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.campaigns.decision import Due, Excluded, Exclusion, Hold
from domain.campaigns.local_delivery import IfPassed, LocalDelivery, local_delivery_from_json
from domain.campaigns.zones import instant_of, wall_at
from domain.shared.json_values import Json
from tests.unit.campaigns.moments import ZONES, at, refusal

CHRISTMAS_EVE = date(2026, 12, 24)
NINE = time(9)


def rule(
    if_passed: IfPassed = IfPassed.NEXT_DAY, day: date | None = CHRISTMAS_EVE, at_: time = NINE
) -> LocalDelivery:
    return LocalDelivery(at=at_, day=day, fallback_zone="Asia/Seoul", if_passed=if_passed)


def due(instant: str) -> Due:
    return Due(at(instant), (Hold.LOCAL_TIME,))


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Pacific/Kiritimati", "2026-12-23T19:00Z"),
        ("Asia/Seoul", "2026-12-24T00:00Z"),
        ("Asia/Kathmandu", "2026-12-24T03:15Z"),
        ("Europe/Berlin", "2026-12-24T08:00Z"),
        ("America/Los_Angeles", "2026-12-24T17:00Z"),
        ("Etc/GMT+12", "2026-12-24T21:00Z"),
    ],
)
def test_every_zone_gets_it_at_nine_by_its_own_clocks(zone: str, expected: str) -> None:
    """From the first to the last on Earth, 26 hours apart."""
    assert rule().due_at(ZoneInfo(zone), at("2026-12-23T00:00Z")) == due(expected)


STARTED = at("2026-12-24T06:00Z")
"""15:00 in Seoul, 07:00 in Berlin."""


@pytest.mark.parametrize(
    ("if_passed", "expected"),
    [
        (IfPassed.SEND_NOW, Due(STARTED)),
        (IfPassed.NEXT_DAY, due("2026-12-25T00:00Z")),
        (IfPassed.SKIP, Excluded(Exclusion.LOCAL_TIME_PASSED)),
    ],
)
def test_where_the_time_has_passed_the_campaign_decides(
    if_passed: IfPassed, expected: Due | Excluded
) -> None:
    """Berlin, where it has not, is untouched."""
    assert rule(if_passed).due_at(ZoneInfo("Asia/Seoul"), STARTED) == expected
    assert rule(if_passed).due_at(ZoneInfo("Europe/Berlin"), STARTED) == due("2026-12-24T08:00Z")


@pytest.mark.parametrize("if_passed", list(IfPassed))
def test_exactly_at_the_time_it_is_due_at_once(if_passed: IfPassed) -> None:
    """The time has not passed yet."""
    assert rule(if_passed).due_at(ZoneInfo("Asia/Seoul"), at("2026-12-24T00:00Z")) == Due(
        at("2026-12-24T00:00Z")
    )


def test_days_after_the_date_the_next_day_is_counted_from_the_start() -> None:
    """Not from the date: nothing is ever due before the campaign starts."""
    assert rule().due_at(ZoneInfo("Asia/Seoul"), at("2026-12-28T06:00Z")) == due("2026-12-29T00:00Z")
    assert rule().due_at(ZoneInfo("Asia/Seoul"), at("2026-12-27T23:00Z")) == due("2026-12-28T00:00Z")


def test_without_a_date_a_run_aims_at_its_own_day_in_the_campaigns_zone() -> None:
    """Everywhere the same day, also where it has not begun yet."""
    daily = rule(day=None)
    started = at("2026-12-23T16:00Z")  # 01:00 on the 24th in Seoul
    assert daily.run_day(started) == CHRISTMAS_EVE
    assert daily.due_at(ZoneInfo("America/Los_Angeles"), started) == due("2026-12-24T17:00Z")
    assert daily.due_at(ZoneInfo("Asia/Seoul"), started) == due("2026-12-24T00:00Z")


def test_where_clocks_skip_the_time_it_is_due_after_the_gap() -> None:
    """And where they show it twice, the first time."""
    night = rule(at_=time(2, 30), day=date(2026, 3, 29))
    assert night.due_at(ZoneInfo("Europe/Berlin"), at("2026-03-28T00:00Z")) == due("2026-03-29T01:00Z")
    night = rule(at_=time(2, 30), day=date(2026, 10, 25))
    assert night.due_at(ZoneInfo("Europe/Berlin"), at("2026-10-24T00:00Z")) == due("2026-10-25T00:30Z")


def test_on_the_day_that_samoa_left_out_it_is_due_when_the_next_begins() -> None:
    """30 December 2011."""
    skipped = rule(day=date(2011, 12, 30))
    assert skipped.due_at(ZoneInfo("Pacific/Apia"), at("2011-12-29T00:00Z")) == due("2011-12-30T10:00Z")


@settings(deadline=None)
@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2000, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC)),
    st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    st.integers(-3, 3),
    st.sampled_from(IfPassed),
)
def test_nothing_is_due_before_the_start_and_the_clock_shows_the_time(
    zone: str, started: datetime, clock: time, days: int, if_passed: IfPassed
) -> None:
    """Unless it is sent at once because it has passed, or the clocks skip it; and never more than a day after its day."""
    place = ZoneInfo(zone)
    day = started.date() + timedelta(days=days)
    decision = rule(if_passed, day, clock).due_at(place, started)
    asked = instant_of(datetime.combine(day, clock), place)
    if isinstance(decision, Excluded):
        assert if_passed is IfPassed.SKIP
        assert asked < started
        return
    assert decision.at >= started
    if asked >= started:
        assert decision.at == asked
    elif if_passed is IfPassed.SEND_NOW:
        assert decision.at == started
    else:
        assert decision.at - started < timedelta(hours=49)
        shown = wall_at(decision.at, place)
        if shown.time() != clock:
            assert shown - wall_at(decision.at - timedelta(microseconds=1), place) > timedelta(minutes=1)


@settings(deadline=None)
@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 1), date(2080, 1, 1)), st.times())
def test_every_zone_lies_within_the_span_of_the_day(zone: str, day: date, clock: time) -> None:
    """Who starts by its beginning misses nobody."""
    first, last = rule(day=day, at_=clock).span(day)
    assert first <= instant_of(datetime.combine(day, clock), ZoneInfo(zone)) <= last


GIVEN: dict[str, Json] = {
    "time": "09:00",
    "date": "2026-12-24",
    "fallback_time_zone": "Asia/Seoul",
    "if_passed": "skip",
}
NOW = at("2026-12-01T00:00Z")


def test_the_rule_survives_the_way_to_the_database_and_back() -> None:
    """With and without a date."""
    assert local_delivery_from_json(GIVEN, now=NOW).to_json() == GIVEN
    daily = {name: value for name, value in GIVEN.items() if name != "date"}
    assert local_delivery_from_json(daily, now=NOW).to_json() == daily


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"time": None}, "time"),
        ({"time": "9:00"}, "time"),
        ({"time": "24:00"}, "time"),
        ({"time": "09:00:30"}, "time"),
        ({"time": 9}, "time"),
        ({"date": "24.12.2026"}, "date"),
        ({"date": "2026-02-29"}, "date"),
        ({"date": "2026-11-29"}, "date"),
        ({"date": "1999-11-29"}, "date"),
        ({"fallback_time_zone": None}, "fallback_time_zone"),
        ({"fallback_time_zone": "Seoul"}, "fallback_time_zone"),
        ({"if_passed": "yesterday"}, "if_passed"),
        ({"time_zone": "Asia/Seoul"}, "time_zone"),
    ],
    ids=str,
)
def test_an_unusable_rule_is_refused_by_name(change: dict[str, Json], field: str) -> None:
    """With the fix."""
    refused = refusal(lambda: local_delivery_from_json({**GIVEN, **change}, now=NOW))
    assert refused.field == f"local_delivery.{field}"


def test_a_date_is_past_only_when_it_has_passed_everywhere() -> None:
    """At 20:59 UTC there is still somebody who can get it."""
    local_delivery_from_json(GIVEN, now=at("2026-12-24T20:59Z"))
    assert (
        refusal(lambda: local_delivery_from_json(GIVEN, now=at("2026-12-24T21:00Z"))).field
        == "local_delivery.date"
    )
    assert local_delivery_from_json(GIVEN, now=None).day == CHRISTMAS_EVE
