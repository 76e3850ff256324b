"""Runs of a schedule: across both clock changes, midnight, year end and leap days, each exactly once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.campaigns.schedule import AT_ONCE, AtInstant, AtWallTime, Recurring, last_run, runs_between
from domain.campaigns.zones import wall_at
from tests.unit.campaigns.expressions import EXPRESSIONS, parsed
from tests.unit.campaigns.moments import ZONES, at, recurring, wall

BERLIN_2026 = ("2026-03-29T01:00Z", "2026-10-25T01:00Z")
BERLIN_2027 = ("2027-03-28T01:00Z", "2027-10-31T01:00Z")


def runs(schedule: Recurring, after: str, until: str) -> list[str]:
    found = runs_between(schedule, at(after), at(until), limit=10_000)
    return [run.isoformat(timespec="minutes").replace("+00:00", "Z") for run in found]


@pytest.mark.parametrize("year", [2026, 2027])
def test_a_daily_time_that_the_spring_change_skips_runs_when_the_gap_ends(year: int) -> None:
    """02:30 in Berlin: 03:00 on that day, 02:30 on the days around it."""
    change = at({2026: BERLIN_2026, 2027: BERLIN_2027}[year][0])
    schedule = recurring("30 2 * * *", "Europe/Berlin")
    found = list(runs_between(schedule, change - timedelta(hours=20), change + timedelta(hours=40), limit=9))
    assert found == [change, change + timedelta(hours=23, minutes=30)]
    assert wall_at(found[0], ZoneInfo("Europe/Berlin")).time().isoformat("minutes") == "03:00"


@pytest.mark.parametrize("year", [2026, 2027])
def test_a_daily_time_that_the_autumn_change_repeats_runs_the_first_time_only(year: int) -> None:
    """02:30 in Berlin is shown twice: half an hour before the clocks go back, and half an hour after."""
    change = at({2026: BERLIN_2026, 2027: BERLIN_2027}[year][1])
    schedule = recurring("30 2 * * *", "Europe/Berlin")
    found = list(runs_between(schedule, change - timedelta(hours=20), change + timedelta(hours=40), limit=9))
    assert found == [change - timedelta(minutes=30), change + timedelta(hours=24, minutes=30)]


def test_between_the_two_showings_nothing_runs_again() -> None:
    """Asked within the repeated hour, the next run is the next day's."""
    schedule = recurring("30 2 * * *", "Europe/Berlin")
    for minute in range(60):
        second = at("2026-10-25T01:00Z") + timedelta(minutes=minute)
        assert schedule.next_after(second) == at("2026-10-26T01:30Z")


def test_a_quarter_hourly_campaign_runs_once_for_each_time_on_the_clock() -> None:
    """In spring the skipped hour's runs fall together into one, in autumn the repeated hour is passed over."""
    schedule = recurring("*/15 * * * *", "Europe/Berlin")
    spring = runs(schedule, "2026-03-29T00:30Z", "2026-03-29T01:20Z")
    assert spring == ["2026-03-29T00:45Z", "2026-03-29T01:00Z", "2026-03-29T01:15Z"]
    autumn = runs(schedule, "2026-10-25T00:20Z", "2026-10-25T02:20Z")
    assert autumn == ["2026-10-25T00:30Z", "2026-10-25T00:45Z", "2026-10-25T02:00Z", "2026-10-25T02:15Z"]


def test_a_time_in_the_gap_and_the_end_of_the_gap_are_one_run() -> None:
    """02:30 and 03:00 fall on the same instant."""
    schedule = recurring("0,30 2,3 * * *", "Europe/Berlin")
    assert runs(schedule, "2026-03-28T23:00Z", "2026-03-29T04:00Z") == [
        "2026-03-29T01:00Z",
        "2026-03-29T01:30Z",
    ]


def test_a_year_of_daily_runs_in_berlin_has_one_on_every_day() -> None:
    """None is lost and none is doubled by the two changes."""
    berlin = ZoneInfo("Europe/Berlin")
    for hour in range(24):
        schedule = recurring(f"30 {hour} * * *", "Europe/Berlin")
        for year in (2026, 2027):
            first, last = datetime(year, 1, 1, tzinfo=berlin), datetime(year + 1, 1, 1, tzinfo=berlin)
            days = [wall_at(run, berlin).date() for run in runs_between(schedule, first, last, limit=999)]
            assert len(days) == len(set(days)) == 365


def test_midnight_and_year_end_in_seoul() -> None:
    """The new year begins there at 15:00 UTC on 31 December."""
    assert runs(recurring("59 23 31 12 *", "Asia/Seoul"), "2026-01-01T00:00Z", "2027-12-31T00:00Z") == [
        "2026-12-31T14:59Z"
    ]
    assert runs(recurring("0 0 1 1 *", "Asia/Seoul"), "2026-01-01T00:00Z", "2027-12-31T23:00Z") == [
        "2026-12-31T15:00Z",
        "2027-12-31T15:00Z",
    ]
    assert runs(recurring("0 0 * * *", "Asia/Seoul"), "2026-12-30T14:59Z", "2027-01-01T15:00Z") == [
        "2026-12-30T15:00Z",
        "2026-12-31T15:00Z",
        "2027-01-01T15:00Z",
    ]


def test_the_last_of_february_in_seoul() -> None:
    """`L` is the 28th or the 29th."""
    assert runs(recurring("0 9 L 2 *", "Asia/Seoul"), "2027-01-01T00:00Z", "2029-01-01T00:00Z") == [
        "2027-02-28T00:00Z",
        "2028-02-29T00:00Z",
    ]


def test_lord_howe_changes_by_half_an_hour() -> None:
    """02:15 is skipped in October and 01:45 is shown twice in April."""
    skipped = runs(recurring("15 2 * * *", "Australia/Lord_Howe"), "2026-10-02T20:00Z", "2026-10-04T20:00Z")
    assert skipped == ["2026-10-03T15:30Z", "2026-10-04T15:15Z"]
    twice = runs(recurring("45 1 * * *", "Australia/Lord_Howe"), "2026-04-03T20:00Z", "2026-04-05T20:00Z")
    assert twice == ["2026-04-04T14:45Z", "2026-04-05T15:15Z"]


def test_a_day_that_samoa_left_out_runs_when_the_next_begins() -> None:
    """30 December 2011 does not exist in Apia."""
    found = runs(recurring("0 9 * * *", "Pacific/Apia"), "2011-12-28T20:00Z", "2011-12-31T20:00Z")
    assert found == ["2011-12-29T19:00Z", "2011-12-30T10:00Z", "2011-12-30T19:00Z", "2011-12-31T19:00Z"]


def test_bounds_include_their_own_instants() -> None:
    """A run exactly at the start or at the end takes place."""
    schedule = recurring("0 9 * * *", "UTC", "2026-01-02T09:00Z", "2026-01-04T09:00Z")
    assert runs(schedule, "2025-01-01T00:00Z", "2027-01-01T00:00Z") == [
        "2026-01-02T09:00Z",
        "2026-01-03T09:00Z",
        "2026-01-04T09:00Z",
    ]
    assert schedule.next_after(at("2026-01-04T09:00Z")) is None


def test_iteration_is_bounded() -> None:
    """By number and by time."""
    schedule = recurring("* * * * *", "UTC")
    start = at("2026-01-01T00:00Z")
    assert len(list(runs_between(schedule, start, start + timedelta(days=365), limit=7))) == 7
    assert len(list(runs_between(schedule, start, start + timedelta(minutes=3), limit=7))) == 3
    assert list(runs_between(schedule, start, start, limit=7)) == []


def test_one_time_schedules_run_once() -> None:
    """At their instant, and never after it."""
    once = AtInstant(at("2026-12-24T09:00Z"))
    local = AtWallTime(wall("2026-12-24T18:00"), "Asia/Seoul")
    for schedule in (once, local):
        assert schedule.first_run(at("2026-01-01T00:00Z")) == at("2026-12-24T09:00Z")
        assert schedule.next_after(at("2026-12-24T08:59:59Z")) == at("2026-12-24T09:00Z")
        assert schedule.next_after(at("2026-12-24T09:00Z")) is None
    assert AT_ONCE.first_run(at("2026-01-01T00:00Z")) == at("2026-01-01T00:00Z")
    assert AT_ONCE.next_after(at("2026-01-01T00:00Z")) is None


@pytest.mark.parametrize(
    ("shown", "instant"),
    [
        ("2026-03-29T02:30", "2026-03-29T01:00Z"),
        ("2026-10-25T02:30", "2026-10-25T00:30Z"),
        ("2027-03-28T02:30", "2027-03-28T01:00Z"),
        ("2027-10-31T02:30", "2027-10-31T00:30Z"),
    ],
)
def test_a_single_wall_time_in_berlin_is_one_instant_on_every_change(shown: str, instant: str) -> None:
    """Skipped or repeated."""
    assert AtWallTime(wall(shown), "Europe/Berlin").instant == at(instant)


def test_every_zone_carries_a_schedule() -> None:
    """Daily runs in each IANA zone, over both seasons of clock changes: one a day, 20 to 28 hours after the last."""
    for zone in ZONES:
        schedule = recurring("30 2 * * *", zone)
        for start in (at("2026-02-01T00:00Z"), at("2026-09-01T00:00Z")):
            found = list(runs_between(schedule, start, start + timedelta(days=90), limit=999))
            assert len(found) in (89, 90, 91), zone
            spaces = {other - one for one, other in pairwise(found)}
            assert timedelta(hours=20) < min(spaces) <= max(spaces) < timedelta(hours=28), zone


INSTANTS = st.datetimes(
    min_value=datetime(1999, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC)
)


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS, INSTANTS, st.sampled_from(ZONES))
def test_the_next_run_is_strictly_later_and_shows_the_time_asked_for(
    text: str, instant: datetime, zone: str
) -> None:
    """Unless clocks skip it: then it is the first instant of a later time on the clock."""
    cron = parsed(text)
    assume(cron is not None)
    assert cron is not None
    schedule, place, before = Recurring(cron, zone), ZoneInfo(zone), instant
    for _ in range(4):
        run = schedule.next_after(before)
        assert run is not None
        assert run > before
        shown = wall_at(run, place)
        if not (cron.matches_day(shown.date()) and shown.hour in cron.hours and shown.minute in cron.minutes):
            skipped = wall_at(run - timedelta(microseconds=1), place)
            assert shown - skipped > timedelta(minutes=1)
        before = run


@settings(max_examples=300, deadline=None)
@given(INSTANTS, st.integers(0, 23), st.integers(0, 59), st.sampled_from(ZONES))
def test_fixed_times_run_when_an_independent_implementation_says(
    instant: datetime, hour: int, minute: int, zone: str
) -> None:
    """cronsim mimics Debian's cron, which treats clock changes as we do when minute and hour are numbers."""
    place = ZoneInfo(zone)
    # From an hour that is shown twice, cronsim starts at the first of the two: begin outside.
    start = instant.astimezone(place)
    assume(start.fold == 0)
    schedule, text = recurring(f"{minute} {hour} * * *", zone), f"{minute} {hour} * * *"
    oracle = CronSim(text, start)
    run: datetime | None = instant
    for _ in range(3):
        assert run is not None
        run = schedule.next_after(run)
        assert run == next(oracle).astimezone(UTC)


@settings(deadline=None)
@given(
    INSTANTS,
    st.timedeltas(timedelta(0), timedelta(days=3)),
    st.sampled_from(["*/7 * * * *", "0 9 * * *", "30 2 * * *", "0 0 1 * *", "15,45 1-3 * * SUN"]),
    st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "Asia/Seoul", "America/New_York"]),
)
def test_the_last_run_of_a_span_is_the_last_of_all_its_runs(
    after: datetime, span: timedelta, cron: str, zone: str
) -> None:
    """Looked up from the end, it is what walking from the beginning finds."""
    schedule = recurring(cron, zone)
    walked = list(runs_between(schedule, after, after + span, limit=10_000))
    assert last_run(schedule, after, after + span) == (walked[-1] if walked else None)
