"""Cron expressions of five fields, read as Vixie cron reads them, asked for wall times; zones are left to schedules.

    minute hour day-of-month month day-of-week

A field is `*`, a number, a name (JAN, MON), a range `a-b`, any of them with a step `/n`, or a comma-separated list of
such terms. Beyond Vixie: `L` is the month's last day, `MON#1` its first Monday, `FRIL` its last Friday.

Days follow crontab(5): when neither day-of-month nor day-of-week begins with `*`, a day matches if either field does;
otherwise if both do.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

import attrs

from domain.campaigns.cron_fields import (
    HOUR,
    LAST,
    MINUTE,
    MONTH,
    DaysOfMonth,
    DaysOfWeek,
    UnreadableField,
)
from domain.shared.errors import InvalidInput

LONGEST: Final = 200
"""Characters of an expression."""
HORIZON_YEARS: Final = 41
"""The calendar shows each of its fourteen kinds of year within forty: what is not found by then never comes."""

_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)


@attrs.frozen
class Cron:
    """A parsed expression. Two expressions are equal when their texts are."""

    text: str
    minutes: tuple[int, ...] = attrs.field(eq=False, repr=False)
    hours: tuple[int, ...] = attrs.field(eq=False, repr=False)
    days: DaysOfMonth = attrs.field(eq=False, repr=False)
    months: frozenset[int] = attrs.field(eq=False, repr=False)
    weekdays: DaysOfWeek = attrs.field(eq=False, repr=False)
    both_days: bool = attrs.field(eq=False, repr=False)
    """Day-of-month and day-of-week must both match, because one of them begins with `*`."""

    @classmethod
    def parse(cls, text: str, *, field: str) -> Cron:
        """Raise InvalidInput naming `field`, and within it the field of the expression that is wrong."""
        parts = text.upper().split()
        if len(text) > LONGEST or len(parts) != 5:
            raise InvalidInput(
                f"{field} has {len(parts)} fields in {len(text)} characters",
                field=field,
                fix=f"write five fields (minute hour day-of-month month day-of-week) in at most {LONGEST} characters,"
                " such as 0 9 * * MON",
            )
        try:
            made = cls(
                text=" ".join(parts),
                minutes=tuple(sorted(MINUTE.numbers(parts[0]))),
                hours=tuple(sorted(HOUR.numbers(parts[1]))),
                days=DaysOfMonth.read(parts[2]),
                months=MONTH.numbers(parts[3]),
                weekdays=DaysOfWeek.read(parts[4]),
                both_days=parts[2].startswith("*") or parts[4].startswith("*"),
            )
        except UnreadableField as unreadable:
            raise InvalidInput(f"{field}: {unreadable.what}", field=field, fix=unreadable.fix) from unreadable
        if made.next_after(datetime(2000, 1, 1)) is None:
            raise InvalidInput(
                f"{field}: day-of-month, month and day-of-week never meet",
                field=field,
                fix="name a day that exists in one of the months; L is a month's last day",
            )
        return made

    def next_after(self, wall: datetime) -> datetime | None:
        """The first wall time later than this one, to the minute; None when there is none within the horizon."""
        earliest = wall.replace(second=0, microsecond=0) + _MINUTE
        for day in self._days_from(earliest.date()):
            first = earliest.time() if day == earliest.date() else time.min
            for hour in self.hours:
                if hour < first.hour:
                    continue
                for minute in self.minutes:
                    if hour > first.hour or minute >= first.minute:
                        return datetime(day.year, day.month, day.day, hour, minute)
        return None

    def matches_day(self, day: date) -> bool:
        """Whether there are runs on this day."""
        if day.month not in self.months:
            return False
        if self.both_days:
            return self._matches_number(day) and self._matches_weekday(day)
        return self._matches_number(day) or self._matches_weekday(day)

    def _days_from(self, day: date) -> Iterator[date]:
        last_year = day.year + HORIZON_YEARS
        while day.year <= last_year:
            if day.month not in self.months:
                day = _next_month(day)
                continue
            if self.matches_day(day):
                yield day
            day += _DAY

    def _matches_number(self, day: date) -> bool:
        if day.day in self.days.numbers:
            return True
        return self.days.last and day.day == monthrange(day.year, day.month)[1]

    def _matches_weekday(self, day: date) -> bool:
        weekday = day.isoweekday() % 7
        if weekday in self.weekdays.numbers:
            return True
        if not self.weekdays.counted:
            return False
        if (weekday, (day.day + 6) // 7) in self.weekdays.counted:
            return True
        is_last = day.day + 7 > monthrange(day.year, day.month)[1]
        return is_last and (weekday, LAST) in self.weekdays.counted


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
