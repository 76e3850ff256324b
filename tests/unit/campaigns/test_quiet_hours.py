"""Quiet hours: nothing goes out in them, and what was due in them goes out when they are over."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.campaigns.decision import Due, Excluded, Exclusion, Hold
from domain.campaigns.quiet_hours import QuietHours, quiet_hours_from_json
from domain.shared.json_values import Json
from tests.unit.campaigns.moments import ZONES, at, refusal

SEOUL, BERLIN = ZoneInfo("Asia/Seoul"), ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(21), time(8))


@pytest.mark.parametrize(
    ("instant", "allowed"),
    [
        # 20:59:59, 21:00, midnight, 07:59:59, 08:00 in Seoul.
        ("2026-05-04T11:59:59Z", "2026-05-04T11:59:59Z"),
        ("2026-05-04T12:00:00Z", "2026-05-04T23:00:00Z"),
        ("2026-05-04T15:00:00Z", "2026-05-04T23:00:00Z"),
        ("2026-05-04T22:59:59Z", "2026-05-04T23:00:00Z"),
        ("2026-05-04T23:00:00Z", "2026-05-04T23:00:00Z"),
        ("2026-12-31T13:00:00Z", "2026-12-31T23:00:00Z"),
    ],
)
def test_a_night_is_held_until_the_morning(instant: str, allowed: str) -> None:
    """Its first minute is quiet, its last is not part of it; also over the turn of the year."""
    assert NIGHT.next_allowed(at(instant), SEOUL) == at(allowed)


def test_hours_by_day_are_held_until_their_end() -> None:
    """A siesta does not cross midnight."""
    siesta = QuietHours(time(13), time(15, 30))
    assert siesta.next_allowed(at("2026-05-04T04:00Z"), SEOUL) == at("2026-05-04T06:30Z")
    assert siesta.next_allowed(at("2026-05-04T06:30Z"), SEOUL) == at("2026-05-04T06:30Z")
    assert siesta.next_allowed(at("2026-05-04T03:59Z"), SEOUL) == at("2026-05-04T03:59Z")


def test_a_fixed_zone_counts_wherever_the_recipient_is() -> None:
    """And `recipient` means the recipient's own."""
    evening = at("2026-05-04T12:30Z")  # 21:30 in Seoul, 14:30 in Berlin
    assert QuietHours(time(21), time(8), "Asia/Seoul").is_quiet(evening, BERLIN)
    assert not NIGHT.is_quiet(evening, BERLIN)
    assert NIGHT.is_quiet(evening, SEOUL)


@pytest.mark.parametrize(
    ("starts", "ends", "instant", "allowed"),
    [
        # Spring: the end does not exist, so it is the end of the gap.
        ("22:00", "02:30", "2026-03-29T00:30Z", "2026-03-29T01:00Z"),
        # The whole of it does not exist.
        ("02:00", "03:00", "2026-03-29T00:59:59Z", "2026-03-29T00:59:59Z"),
        ("02:00", "03:00", "2026-03-29T01:00Z", "2026-03-29T01:00Z"),
        # Autumn: the end is shown twice. Half an hour is allowed, then it is quiet again.
        ("22:00", "02:30", "2026-10-25T00:15Z", "2026-10-25T00:30Z"),
        ("22:00", "02:30", "2026-10-25T00:45Z", "2026-10-25T00:45Z"),
        ("22:00", "02:30", "2026-10-25T01:00Z", "2026-10-25T01:30Z"),
        # A night of 10 hours and one of 12.
        ("21:00", "08:00", "2026-03-28T20:00Z", "2026-03-29T06:00Z"),
        ("21:00", "08:00", "2026-10-24T19:00Z", "2026-10-25T07:00Z"),
    ],
)  # fmt: skip
def test_clock_changes_are_quiet_by_what_the_clocks_show(
    starts: str, ends: str, instant: str, allowed: str
) -> None:
    """In Berlin."""
    hours = QuietHours(time.fromisoformat(starts), time.fromisoformat(ends))
    assert hours.next_allowed(at(instant), BERLIN) == at(allowed)


def test_a_night_whose_morning_was_left_out_lasts_until_the_next() -> None:
    """Samoa, 29 December 2011: the next morning was that of the 31st."""
    apia = ZoneInfo("Pacific/Apia")
    assert NIGHT.next_allowed(at("2011-12-30T08:00Z"), apia) == at("2011-12-30T18:00Z")


def test_lord_howe_changes_by_half_an_hour() -> None:
    """Quiet until 02:15, which does not exist on 4 October 2026: the end is 02:30."""
    hours = QuietHours(time(22), time(2, 15))
    assert hours.next_allowed(at("2026-10-03T15:00Z"), ZoneInfo("Australia/Lord_Howe")) == at(
        "2026-10-03T15:30Z"
    )


CLOCKS = st.builds(time, st.integers(0, 23), st.integers(0, 59))
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC))


@settings(max_examples=400, deadline=None)
@given(CLOCKS, CLOCKS, INSTANTS, st.sampled_from(ZONES))
def test_what_is_allowed_is_never_quiet_and_what_is_held_was(
    starts: time, ends: time, instant: datetime, zone: str
) -> None:
    """Allowed at once if it is not quiet; else later, by at most two days, and asking again changes nothing."""
    assume(starts != ends)
    hours, place = QuietHours(starts, ends), ZoneInfo(zone)
    allowed = hours.next_allowed(instant, place)
    assert not hours.is_quiet(allowed, place)
    assert (allowed == instant) == (not hours.is_quiet(instant, place))
    assert instant <= allowed < instant + timedelta(days=2)
    assert hours.next_allowed(allowed, place) == allowed


@settings(deadline=None)
@given(CLOCKS, CLOCKS, INSTANTS, st.sampled_from(ZONES), st.integers(0, 999))
def test_a_hold_ends_as_soon_as_it_can(
    starts: time, ends: time, instant: datetime, zone: str, thousandths: int
) -> None:
    """At any moment in between it is quiet, unless the clocks went back out of the quiet hours and into them again."""
    assume(starts != ends)
    hours, place = QuietHours(starts, ends), ZoneInfo(zone)
    allowed = hours.next_allowed(instant, place)
    between = instant + (allowed - instant) * thousandths // 1_000
    changes = instant.astimezone(place).utcoffset() != allowed.astimezone(place).utcoffset()
    assume(allowed > instant and not changes)
    assert hours.is_quiet(between, place)


def test_who_would_get_it_too_late_is_left_out() -> None:
    """A message that expires during the night is not sent in the morning; else it keeps its expiry."""
    evening, morning, noon = at("2026-05-04T12:00Z"), at("2026-05-04T23:00Z"), at("2026-05-04T03:00Z")
    held = (Hold.QUIET_HOURS,)
    assert NIGHT.decide(evening, SEOUL) == Due(morning, held)
    later = morning + timedelta(microseconds=1)
    assert NIGHT.decide(evening, SEOUL, expires_at=later) == Due(morning, held, later)
    assert NIGHT.decide(evening, SEOUL, expires_at=morning) == Excluded(Exclusion.EXPIRED, held)
    assert NIGHT.decide(noon, SEOUL, expires_at=evening) == Due(noon, (), evening)
    assert NIGHT.decide(noon, SEOUL, expires_at=noon) == Excluded(Exclusion.EXPIRED)


@pytest.mark.parametrize(
    "given_",
    [
        {"from": "21:00", "to": "08:00", "time_zone": "recipient"},
        {"from": "13:00", "to": "15:30", "time_zone": "Europe/Madrid"},
        {"from": "22:00", "to": "00:00", "time_zone": "recipient"},
    ],
    ids=str,
)
def test_quiet_hours_survive_the_way_to_the_database_and_back(given_: dict[str, Json]) -> None:
    """And write what they read; without a zone it is the recipient's."""
    assert quiet_hours_from_json(given_).to_json() == given_
    assert quiet_hours_from_json({"from": "21:00", "to": "08:00"}) == NIGHT


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        ("21-8", "quiet_hours"),
        ({"to": "08:00"}, "quiet_hours.from"),
        ({"from": "21:00"}, "quiet_hours.to"),
        ({"from": "21", "to": "08:00"}, "quiet_hours.from"),
        ({"from": "21:00", "to": "24:00"}, "quiet_hours.to"),
        ({"from": "21:00", "to": "21:00"}, "quiet_hours.to"),
        ({"from": "21:00", "to": "08:00", "time_zone": "Mars/Olympus"}, "quiet_hours.time_zone"),
        ({"from": "21:00", "to": "08:00", "days": ["MON"]}, "quiet_hours.days"),
    ],
    ids=str,
)
def test_unusable_quiet_hours_are_refused_by_name(given_: Json, field: str) -> None:
    """Also a window that would leave no minute of the day."""
    assert refusal(lambda: quiet_hours_from_json(given_)).field == field
