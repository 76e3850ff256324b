"""One field of a cron expression: numbers, names, lists, ranges, steps, and the days counted from a month's end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

_NO_NAMES: Final[Mapping[str, int]] = {}
_MONTHS: Final = {
    "JAN": 1,
    "FEB": 2,
    "MAR": 3,
    "APR": 4,
    "MAY": 5,
    "JUN": 6,
    "JUL": 7,
    "AUG": 8,
    "SEP": 9,
    "OCT": 10,
    "NOV": 11,
    "DEC": 12,
}
_WEEKDAYS: Final = {"SUN": 0, "MON": 1, "TUE": 2, "WED": 3, "THU": 4, "FRI": 5, "SAT": 6}


class UnreadableField(Exception):
    """Why a field cannot be read, and what to write instead."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


@attrs.frozen
class FieldKind:
    """What one of the five fields may hold."""

    name: str
    low: int
    high: int
    names: Mapping[str, int] = _NO_NAMES

    @property
    def span(self) -> str:
        named = f" or {next(iter(self.names))} to {list(self.names)[-1]}" if self.names else ""
        return f"{self.low} to {self.high}{named}"

    def numbers(self, text: str) -> frozenset[int]:
        """The numbers that a comma-separated list stands for; raise UnreadableField."""
        return frozenset(number for term in text.split(",") for number in self.term(term))

    def term(self, text: str) -> range:
        """`*`, `n`, `a-b`, any of them with `/step`. `n/step` runs from n to the field's end."""
        body, slash, step_text = text.partition("/")
        step = 1
        if slash:
            if not _is_number(step_text) or int(step_text) == 0:
                raise self._unreadable(text, "a step is a whole number from 1 on")
            step = int(step_text)
        if body == "*":
            return range(self.low, self.high + 1, step)
        first_text, dash, last_text = body.partition("-")
        first = self.number(first_text)
        if not dash:
            return range(first, (self.high if slash else first) + 1, step)
        last = self.number(last_text)
        if self.names is _WEEKDAYS and last == 0 and first > 0:
            last = 7  # FRI-SUN
        if last < first:
            fix = f"write {first}-{self.high},{self.low}-{last}"
            raise UnreadableField(f"{self.name} {text!r} runs backwards", fix)
        return range(first, last + 1, step)

    def number(self, text: str) -> int:
        """One number or name."""
        named = self.names.get(text)
        if named is not None:
            return named
        if not _is_number(text):
            raise self._unreadable(text, f"use {self.span}")
        number = int(text)
        if not self.low <= number <= self.high:
            raise UnreadableField(f"{self.name} {number} is out of range", f"use {self.span}")
        return number

    def _unreadable(self, text: str, fix: str) -> UnreadableField:
        return UnreadableField(f"{self.name} {text[:20]!r} cannot be read", fix)


MINUTE: Final = FieldKind("minute", 0, 59)
HOUR: Final = FieldKind("hour", 0, 23)
DAY_OF_MONTH: Final = FieldKind("day-of-month", 1, 31)
MONTH: Final = FieldKind("month", 1, 12, _MONTHS)
DAY_OF_WEEK: Final = FieldKind("day-of-week", 0, 7, _WEEKDAYS)
"""0 and 7 are Sunday."""


@attrs.frozen
class DaysOfMonth:
    numbers: frozenset[int]
    last: bool
    """`L`: the last day of the month, whichever it is."""

    @classmethod
    def read(cls, text: str) -> DaysOfMonth:
        """Numbers as everywhere, and `L`; raise UnreadableField."""
        terms = text.split(",")
        numbers = [term for term in terms if term != "L"]
        found = DAY_OF_MONTH.numbers(",".join(numbers)) if numbers else frozenset()
        return cls(found, len(numbers) < len(terms))


LAST: Final = -1


@attrs.frozen
class DaysOfWeek:
    numbers: frozenset[int]
    """0 is Sunday, 6 Saturday."""
    counted: frozenset[tuple[int, int]]
    """`MON#2`: (1, 2), the second Monday; `FRIL`: (5, LAST), the last Friday."""

    @classmethod
    def read(cls, text: str) -> DaysOfWeek:
        """Numbers and names as everywhere, `day#1` to `day#5` and `dayL`; raise UnreadableField."""
        plain, counted = [], set()
        for term in text.split(","):
            day, hash_, nth = term.partition("#")
            if hash_:
                if nth not in ("1", "2", "3", "4", "5"):
                    raise UnreadableField(
                        f"day-of-week {term[:20]!r} cannot be read", "count from #1 to #5, such as MON#1"
                    )
                counted.add((DAY_OF_WEEK.number(day) % 7, int(nth)))
            elif len(term) > 1 and term.endswith("L"):
                counted.add((DAY_OF_WEEK.number(term[:-1]) % 7, LAST))
            else:
                plain.append(term)
        numbers = DAY_OF_WEEK.numbers(",".join(plain)) if plain else frozenset()
        return cls(frozenset(number % 7 for number in numbers), frozenset(counted))


def _is_number(text: str) -> bool:
    return 0 < len(text) <= 4 and text.isascii() and text.isdigit()
