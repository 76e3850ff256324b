"""Until when a wave may be sent to, and when it opens again."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from domain.campaigns.quiet_hours import QuietHours
from domain.campaigns.sending_window import QuietRules

SEOUL, BERLIN = ZoneInfo("Asia/Seoul"), ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(21), time(8))


def at(text: str, zone: ZoneInfo = SEOUL) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def test_without_rules_a_window_never_closes() -> None:
    window = QuietRules(None, False, SEOUL).window(at("2026-03-01T23:00"))
    assert window is not None
    assert (window.opens, window.closes) == (at("2026-03-01T23:00"), None)


def test_a_loud_hour_is_open_until_the_quiet_ones_begin() -> None:
    window = QuietRules(NIGHT, False, SEOUL).window(at("2026-03-01T12:00"))
    assert window is not None
    assert (window.opens, window.closes) == (at("2026-03-01T12:00"), at("2026-03-01T21:00"))


def test_in_quiet_hours_the_next_window_is_the_morning() -> None:
    window = QuietRules(NIGHT, False, SEOUL).window(at("2026-03-01T23:00"))
    assert window is not None
    assert (window.opens, window.closes) == (at("2026-03-02T08:00"), at("2026-03-02T21:00"))


def test_the_night_of_advertising_is_koreas_wherever_the_recipient_is() -> None:
    """13:00 in Berlin is 21:00 in Seoul in winter."""
    window = QuietRules(None, True, BERLIN).window(at("2026-01-15T12:30", BERLIN))
    assert window is not None
    assert window.closes == at("2026-01-15T13:00", BERLIN)


def test_rules_that_leave_no_hour_together_have_no_window() -> None:
    by_day = QuietHours(time(7), time(22), "Asia/Seoul")
    assert QuietRules(by_day, True, SEOUL).window(at("2026-03-01T12:00")) is None


def test_the_window_is_right_across_both_changes_of_the_clock() -> None:
    """Berlin, 29 March and 25 October 2026: quiet hours begin when the clocks on the wall show it."""
    rules = QuietRules(QuietHours(time(2, 30), time(6)), False, BERLIN)
    spring = rules.window(at("2026-03-29T00:00", BERLIN))
    autumn = rules.window(at("2026-10-25T00:00", BERLIN))
    assert spring is not None
    assert autumn is not None
    assert spring.closes == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert autumn.closes == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    st.times(), st.times(), st.sampled_from(["Asia/Seoul", "Europe/Berlin", "America/New_York", "Pacific/Apia"]),
    st.booleans(),
)  # fmt: skip
def test_a_window_is_loud_from_its_opening_to_its_close(
    instant: datetime, starts: time, ends: time, zone: str, night: bool
) -> None:
    """At its first instant and just before its last nothing is quiet; at its close something is."""
    starts, ends = starts.replace(second=0, microsecond=0), ends.replace(second=0, microsecond=0)
    quiet = None if starts == ends else QuietHours(starts, ends)
    rules = QuietRules(quiet, night, ZoneInfo(zone))
    window = rules.window(instant)
    if window is None:
        return
    assert window.opens >= instant

    def is_quiet(moment: datetime) -> bool:
        korea = QuietHours(time(21), time(8), "Asia/Seoul")
        mine = quiet is not None and quiet.is_quiet(moment, ZoneInfo(zone))
        return mine or (night and korea.is_quiet(moment, ZoneInfo(zone)))

    assert not is_quiet(window.opens)
    if window.closes is not None:
        assert is_quiet(window.closes)
        assert not is_quiet(window.closes - timedelta(microseconds=1))
