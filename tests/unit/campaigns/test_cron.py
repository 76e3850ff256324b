"""Cron expressions: what they name, what is refused, and that an independent implementation agrees."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from cronsim import CronSim, CronSimError
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.campaigns.cron import Cron
from tests.unit.campaigns.expressions import EXPRESSIONS, parsed
from tests.unit.campaigns.moments import refusal, wall

START = datetime(2026, 1, 1)


def runs(text: str, count: int, start: datetime = START) -> list[str]:
    cron, found = Cron.parse(text, field="cron"), []
    for _ in range(count):
        following = cron.next_after(start)
        assert following is not None
        start = following
        found.append(start.isoformat(timespec="minutes"))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 9 * * *", ["2026-01-01T09:00", "2026-01-02T09:00"]),
        ("*/20 9-10 * * *", ["2026-01-01T09:00", "2026-01-01T09:20", "2026-01-01T09:40", "2026-01-01T10:00"]),
        ("5/25 8 * * *", ["2026-01-01T08:05", "2026-01-01T08:30", "2026-01-01T08:55", "2026-01-02T08:05"]),
        ("0 9 * * mon-fri", ["2026-01-01T09:00", "2026-01-02T09:00", "2026-01-05T09:00"]),
        ("0 9 * * FRI-SUN", ["2026-01-02T09:00", "2026-01-03T09:00", "2026-01-04T09:00", "2026-01-09T09:00"]),
        ("0 9 * * 7", ["2026-01-04T09:00", "2026-01-11T09:00"]),
        ("0 9 * * 0", ["2026-01-04T09:00", "2026-01-11T09:00"]),
        ("30 18 1,15 jan,mar *", ["2026-01-01T18:30", "2026-01-15T18:30", "2026-03-01T18:30"]),
        ("0 0 1-10/3 * *", ["2026-01-04T00:00", "2026-01-07T00:00", "2026-01-10T00:00", "2026-02-01T00:00"]),
        # Neither day field begins with a star: either is enough.
        ("0 12 13 * FRI", ["2026-01-02T12:00", "2026-01-09T12:00", "2026-01-13T12:00", "2026-01-16T12:00"]),
        # One does: both must match.
        ("0 12 */10 * THU", ["2026-01-01T12:00", "2026-05-21T12:00", "2026-06-11T12:00"]),
        ("0 12 L * *", ["2026-01-31T12:00", "2026-02-28T12:00", "2026-03-31T12:00"]),
        ("0 12 1,L 2 *", ["2026-02-01T12:00", "2026-02-28T12:00", "2027-02-01T12:00"]),
        ("0 12 * * MON#1", ["2026-01-05T12:00", "2026-02-02T12:00"]),
        ("0 12 * * FRIL", ["2026-01-30T12:00", "2026-02-27T12:00"]),
        ("0 12 * * 7#1,7L", ["2026-01-04T12:00", "2026-01-25T12:00", "2026-02-01T12:00"]),
        # Leap days, and the one that the year 2100 has not.
        ("0 0 29 2 *", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("0  0   31 12 *", ["2026-12-31T00:00", "2027-12-31T00:00"]),
    ],
)  # fmt: skip
def test_an_expression_names_its_times(text: str, expected: list[str]) -> None:
    """In order, from the start on."""
    assert runs(text, len(expected)) == expected


def test_a_leap_day_is_found_across_the_year_2100() -> None:
    """Eight years without one."""
    assert runs("0 0 29 2 *", 2, datetime(2096, 3, 1))[0] == "2104-02-29T00:00"


def test_the_rarest_day_there_is_is_found() -> None:
    """A leap day that is a fifth Monday comes every 28 years, around 2100 after 40."""
    assert runs("0 0 */14 2 MON#5", 3, datetime(2026, 1, 1))[-1] == "2112-02-29T00:00"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "fields"),
        ("* * * *", "4 fields"),
        ("0 0 9 * * *", "6 fields"),
        ("@daily", "1 fields"),
        ("60 * * * *", "minute 60"),
        ("-1 * * * *", "minute"),
        ("* 24 * * *", "hour 24"),
        ("* * 0 * *", "day-of-month 0"),
        ("* * 32 * *", "day-of-month 32"),
        ("* * ? * MON", "day-of-month '?'"),
        ("* * LW * *", "day-of-month 'LW'"),
        ("* * * 13 *", "month 13"),
        ("* * * JANUARY *", "month 'JANUARY'"),
        ("* * * MON *", "month 'MON'"),
        ("* * * * 8", "day-of-week 8"),
        ("* * * * MON#6", "day-of-week 'MON#6'"),
        ("* * * * #1", "day-of-week ''"),
        ("* * * * L", "day-of-week 'L'"),
        ("*/0 * * * *", "minute '*/0'"),
        ("*/x * * * *", "minute '*/X'"),
        ("1//2 * * * *", "minute '1//2'"),
        ("1-2-3 * * * *", "minute '2-3'"),
        ("1,,2 * * * *", "minute ''"),
        ("* 22-2 * * *", "hour '22-2' runs backwards"),
        ("* * * * SAT-MON", "day-of-week 'SAT-MON' runs backwards"),
        ("٣ * * * *", "minute '٣'"),
        ("1.5 * * * *", "minute '1.5'"),
        ("99999999999999999999 * * * *", "minute"),
        ("0 0 31 2 *", "day-of-month, month and day-of-week never meet"),
        ("0 0 30 FEB *", "never meet"),
        ("0 0 31 4,6,9,11 *", "never meet"),
        ("0 0 */10 2 MON#5", "never meet"),
        ("0 9 * * MON" + " " * 200, "characters"),
    ],
)  # fmt: skip
def test_an_unusable_expression_is_refused_with_the_field_that_is_wrong(text: str, named: str) -> None:
    """And with what to write instead."""
    refused = refusal(lambda: Cron.parse(text, field="schedule.cron"))
    assert refused.field == "schedule.cron"
    assert named in refused.message


def test_a_range_over_midnight_comes_with_its_two_halves() -> None:
    """The fix can be pasted."""
    refused = refusal(lambda: Cron.parse("0 22-2 * * *", field="cron"))
    assert refused.fix == "write 22-23,0-2"
    assert Cron.parse("0 22-23,0-2 * * *", field="cron").hours == (0, 1, 2, 22, 23)


def test_the_text_is_kept_in_capitals_with_single_spaces() -> None:
    """So that it reads back as the same expression."""
    cron = Cron.parse("0  9 * * mon", field="cron")
    assert cron.text == "0 9 * * MON"
    assert Cron.parse(cron.text, field="cron") == cron


STARTS = st.datetimes(min_value=datetime(1999, 1, 1), max_value=datetime(2090, 1, 1))


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS, STARTS)
def test_an_independent_implementation_names_the_same_times(text: str, start: datetime) -> None:
    """cronsim follows Debian's cron; both agree on every time, and on what never comes."""
    cron = parsed(text)
    if cron is None:
        with pytest.raises((CronSimError, StopIteration)):
            next(CronSim(text, start))
        return
    oracle = CronSim(text, start)
    for _ in range(5):
        following = cron.next_after(start)
        assert following == next(oracle)
        assert following is not None
        start = following


@settings(deadline=None)
@given(EXPRESSIONS, STARTS)
def test_times_strictly_increase_and_match_their_fields(text: str, start: datetime) -> None:
    """Each is a whole minute whose hour, minute and day the expression names."""
    cron = parsed(text)
    found = [start]
    if cron is None:
        return
    for _ in range(4):
        following = cron.next_after(found[-1])
        assert following is not None
        found.append(following)
    assert all(one < other for one, other in pairwise(found))
    for one in found[1:]:
        assert (one.second, one.microsecond) == (0, 0)
        assert one.hour in cron.hours
        assert one.minute in cron.minutes
        assert cron.matches_day(one.date())


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_an_expression_or_is_refused(text: str) -> None:
    """Nothing else ever comes out of reading it."""
    parsed(text)


def test_seconds_are_passed_over() -> None:
    """A time within the minute is after its beginning."""
    cron = Cron.parse("0 9 * * *", field="cron")
    assert cron.next_after(wall("2026-01-01T08:59:59.999999")) == wall("2026-01-01T09:00")
    assert cron.next_after(wall("2026-01-01T09:00:00")) == wall("2026-01-02T09:00")
    assert cron.next_after(wall("2026-01-01T09:00:30")) == wall("2026-01-02T09:00")


def test_a_day_matches_as_a_calendar_shows_it() -> None:
    """1 January 2026 was a Thursday."""
    cron = Cron.parse("0 9 * * THU", field="cron")
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(8)]
    assert [cron.matches_day(day) for day in days] == [True, False, False, False, False, False, False, True]
