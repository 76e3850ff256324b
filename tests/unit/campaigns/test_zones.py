"""Every IANA zone is known, and every wall time of it is one instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.campaigns.zones import find_zone, instant_of, wall_at, zone_named
from tests.unit.campaigns.moments import ZONES, at, refusal, wall

WALLS = st.datetimes(min_value=datetime(1972, 1, 1), max_value=datetime(2090, 1, 1))


def test_every_iana_zone_is_known() -> None:
    """Also links and names without a slash."""
    assert len(ZONES) > 400
    assert [name for name in ZONES if zone_named(name, field="zone").key != name] == []


@pytest.mark.parametrize(
    "name",
    ["", " ", "Asia", "Asia/Soul", "asia/seoul", "KST", "GMT+9", "../etc/passwd", "/etc/localtime", "localtime",
     "right/UTC", "posix/Asia/Seoul", "Asia/Seoul\x00", "zone.tab", "x" * 10_000],
)  # fmt: skip
def test_a_name_that_is_no_zone_is_refused(name: str) -> None:
    """Files beside the zones and names of the machine's own zone are none."""
    assert find_zone(name) is None
    assert refusal(lambda: zone_named(name, field="quiet_hours.time_zone")).field == "quiet_hours.time_zone"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("Asia/Soul", "Asia/Seoul"), ("asia/seoul", "Asia/Seoul"), ("Europe/Berln", "Europe/Berlin"), ("?", "Asia/Seoul")],
)  # fmt: skip
def test_the_fix_names_the_nearest_zone(wrong: str, right: str) -> None:
    """Or Seoul, when nothing is near."""
    assert right in (refusal(lambda: zone_named(wrong, field="zone")).fix or "")


@pytest.mark.parametrize(
    ("zone", "shown", "instant"),
    [
        ("Asia/Seoul", "2026-12-31T23:59:59", "2026-12-31T14:59:59Z"),
        ("Europe/Berlin", "2026-03-29T01:59", "2026-03-29T00:59Z"),
        ("Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:00Z"),
        ("Europe/Berlin", "2026-03-29T02:30:15.5", "2026-03-29T01:00Z"),
        ("Europe/Berlin", "2026-03-29T02:59:59", "2026-03-29T01:00Z"),
        ("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00Z"),
        ("Europe/Berlin", "2026-10-25T02:00", "2026-10-25T00:00Z"),
        ("Europe/Berlin", "2026-10-25T02:59:59", "2026-10-25T00:59:59Z"),
        ("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00Z"),
        # Half an hour forward and back.
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30Z"),
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45Z"),
        ("Australia/Lord_Howe", "2026-04-05T02:00", "2026-04-04T15:30Z"),
        # Samoa left out the whole of 30 December 2011.
        ("Pacific/Apia", "2011-12-29T23:59", "2011-12-30T09:59Z"),
        ("Pacific/Apia", "2011-12-30T09:00", "2011-12-30T10:00Z"),
        ("Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00Z"),
        # Over midnight: São Paulo sprang from 24:00 to 01:00.
        ("America/Sao_Paulo", "2018-11-04T00:30", "2018-11-04T03:00Z"),
        ("Asia/Kathmandu", "2026-01-01T00:00", "2025-12-31T18:15Z"),
    ],
)  # fmt: skip
def test_a_wall_time_is_one_instant(zone: str, shown: str, instant: str) -> None:
    """In a gap the first one after it, twice on the clock the first time."""
    assert instant_of(wall(shown), ZoneInfo(zone)) == at(instant)


@settings(deadline=None)
@given(WALLS, st.sampled_from(ZONES))
def test_a_wall_time_is_shown_at_its_instant_unless_clocks_skip_it(shown: datetime, zone: str) -> None:
    """Then the clocks show something earlier just before, and something later from the instant on."""
    place = ZoneInfo(zone)
    instant = instant_of(shown, place)
    assert instant.tzinfo is UTC
    if wall_at(instant, place) != shown:
        assert wall_at(instant, place) > shown
        assert wall_at(instant - timedelta(microseconds=1), place) < shown


@settings(deadline=None)
@given(WALLS, st.timedeltas(timedelta(0), timedelta(days=2)), st.sampled_from(ZONES))
def test_a_later_wall_time_is_never_an_earlier_instant(shown: datetime, on: timedelta, zone: str) -> None:
    """So a run after another stays after it, whatever the clocks do."""
    place = ZoneInfo(zone)
    assert instant_of(shown, place) <= instant_of(shown + on, place)


@settings(deadline=None)
@given(WALLS, st.sampled_from(ZONES))
def test_a_wall_time_that_is_shown_twice_is_the_first(shown: datetime, zone: str) -> None:
    """Nothing between a day before and the instant shows the same."""
    place = ZoneInfo(zone)
    instant = instant_of(shown, place)
    second = shown.replace(tzinfo=place, fold=1).astimezone(UTC)
    if wall_at(second, place) == shown:
        assert instant <= second


def test_naive_and_aware_times_are_not_mixed_up() -> None:
    """A mistake of the caller, not of a user."""
    with pytest.raises(ValueError, match="no offset"):
        instant_of(at("2026-01-01T00:00Z"), ZoneInfo("UTC"))
    with pytest.raises(ValueError, match="needs an offset"):
        wall_at(wall("2026-01-01T00:00"), ZoneInfo("UTC"))
