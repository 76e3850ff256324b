"""An instant belongs to the local day and month, also where clocks change at midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.quota.windows import day_begins, windows_at
from domain.shared.errors import InvalidInput

ZONES = [
    "Asia/Seoul",
    "UTC",
    "America/New_York",
    "Europe/London",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "America/Havana",
    "Asia/Beirut",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("instant", "zone", "day", "month", "reset", "monthly_reset"),
    [
        # Korea is nine hours ahead: the new day begins at 15:00 UTC.
        ("2025-01-31T14:59:59Z", "Asia/Seoul", "2025-01-31", "2025-01-01", "2025-01-31T15:00Z", "2025-01-31T15:00Z"),
        ("2025-01-31T15:00:00Z", "Asia/Seoul", "2025-02-01", "2025-02-01", "2025-02-01T15:00Z", "2025-02-28T15:00Z"),
        # A day of 23 hours and one of 25.
        ("2025-03-09T05:00:00Z", "America/New_York", "2025-03-09", "2025-03-01", "2025-03-10T04:00Z", "2025-04-01T04:00Z"),
        ("2025-11-02T04:00:00Z", "America/New_York", "2025-11-02", "2025-11-01", "2025-11-03T05:00Z", "2025-12-01T05:00Z"),
        # The clock sprang from 24:00 to 01:00: the day began at the jump.
        ("2018-11-03T12:00:00Z", "America/Sao_Paulo", "2018-11-03", "2018-11-01", "2018-11-04T03:00Z", "2018-12-01T02:00Z"),
        # Samoa left out 30 December 2011: after the 29th comes the 31st.
        ("2011-12-29T20:00:00Z", "Pacific/Apia", "2011-12-29", "2011-12-01", "2011-12-30T10:00Z", "2011-12-31T10:00Z"),
        # Toronto sprang from 23:30 to 00:30: midnight lay inside the gap.
        ("1919-03-30T20:00:00Z", "America/Toronto", "1919-03-30", "1919-03-01", "1919-03-31T04:30Z", "1919-04-01T04:00Z"),
        ("2024-02-29T00:00:00Z", "UTC", "2024-02-29", "2024-02-01", "2024-03-01T00:00Z", "2024-03-01T00:00Z"),
        ("2024-12-31T23:59:59Z", "UTC", "2024-12-31", "2024-12-01", "2025-01-01T00:00Z", "2025-01-01T00:00Z"),
    ],
)  # fmt: skip
def test_an_instant_has_its_local_day_and_month_and_their_ends(
    instant: str, zone: str, day: str, month: str, reset: str, monthly_reset: str
) -> None:
    windows = windows_at(at(instant), zone)
    assert (windows.day, windows.month) == (date.fromisoformat(day), date.fromisoformat(month))
    assert (windows.daily_reset, windows.monthly_reset) == (at(reset), at(monthly_reset))
    assert windows.daily_reset.tzinfo is UTC


@given(
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2037, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(ZONES),
)
def test_a_window_lasts_exactly_until_its_reset(instant: datetime, zone: str) -> None:
    windows = windows_at(instant, zone)
    assert instant < windows.daily_reset <= windows.monthly_reset
    tick = timedelta(microseconds=1)
    assert windows_at(windows.daily_reset - tick, zone).day == windows.day
    assert windows_at(windows.daily_reset, zone).day > windows.day
    assert windows_at(windows.monthly_reset - tick, zone).month == windows.month
    assert windows_at(windows.monthly_reset, zone).month > windows.month
    assert windows_at(windows.monthly_reset, zone).day.day == 1


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2037, 1, 1)), st.sampled_from(ZONES))
def test_a_day_begins_at_its_first_instant(day: date, zone: str) -> None:
    begins = day_begins(day, zone)
    assert windows_at(begins, zone).day >= day
    assert windows_at(begins - timedelta(microseconds=1), zone).day < day


@pytest.mark.parametrize("zone", ["Asia/Soul", "", "../etc/passwd", "Asia"])
def test_a_name_that_is_no_zone_is_refused(zone: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        windows_at(datetime.now(UTC), zone)
    assert refused.value.field == "time_zone"
