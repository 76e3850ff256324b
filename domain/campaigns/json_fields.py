"""Reads the fields of one JSON object; whatever cannot be used raises InvalidInput with the field's path and the fix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Final, TypeVar

import attrs

from domain.campaigns.zones import zone_named
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json, check_line

Choice = TypeVar("Choice", bound=StrEnum)
Value = TypeVar("Value")

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2200

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_WALL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CLOCK = re.compile(r"\d\d:\d\d", re.ASCII)


@attrs.frozen
class Fields:
    """The members of one JSON object. A member that is null counts as absent."""

    values: Mapping[str, Json]
    path: str
    """Of the object itself; empty when its members stand at the top."""

    @classmethod
    def of(cls, value: Json, path: str, known: Iterable[str]) -> Fields:
        """Refuse what is no object, and members that are not known."""
        names = tuple(known)
        if not isinstance(value, Mapping):
            raise InvalidInput(
                f"{path or 'this'} is not an object",
                field=path,
                fix=f"send an object with {', '.join(names)}",
            )
        made = cls({name: one for name, one in value.items() if one is not None}, path)
        for name in value:
            if name not in names:
                raise made.refused(name[:64], "is not known", f"use {', '.join(names)}")
        return made

    def at(self, name: str) -> str:
        """The path of a member."""
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        return name in self.values

    def get(self, name: str) -> Json:
        return self.values.get(name)

    def required(self, name: str, value: Value | None, example: str) -> Value:
        """The value that was read, or a refusal because the member is absent."""
        if value is None:
            raise self.refused(name, "is missing", f"give {name}, such as {example}")
        return value

    def refused(self, name: str, what: str, fix: str) -> InvalidInput:
        """The error to raise about a member."""
        return InvalidInput(f"{self.at(name)} {what}", field=self.at(name), fix=fix)

    def text(self, name: str, *, longest: int) -> str | None:
        """One line of text."""
        value = self._string(name, f"send text of 1 to {longest} characters")
        return None if value is None else check_line(value, field=self.at(name), longest=longest)

    def whole(self, name: str, low: int, high: int) -> int | None:
        """A whole number within bounds."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            shown = (
                value if isinstance(value, int | float) and not isinstance(value, bool) else "not a number"
            )
            raise self.refused(name, f"is {shown}", f"send a whole number from {low} to {high}")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise self.refused(name, "is not a boolean", "send true or false")
        return value

    def choice(self, name: str, choices: type[Choice]) -> Choice | None:
        """One of the names of an enumeration."""
        value = self.values.get(name)
        if value is None:
            return None
        for one in choices:
            if one.value == value:
                return one
        raise self.refused(name, "is not known", f"use one of {', '.join(choices)}")

    def zone(self, name: str) -> str | None:
        """The name of an IANA zone."""
        value = self._string(name, "use an IANA name, such as Asia/Seoul")
        return None if value is None else zone_named(value, field=self.at(name)).key

    def instant(self, name: str) -> datetime | None:
        """An RFC 3339 time with an offset, as aware UTC."""
        fix = "send an RFC 3339 time with an offset, such as 2026-12-24T09:00:00Z"
        value = self._matching(name, _INSTANT, fix)
        return None if value is None else self._parsed(name, value, fix).astimezone(UTC)

    def wall(self, name: str) -> datetime | None:
        """A date and time without an offset."""
        fix = "send a local date and time without an offset, such as 2026-12-24T09:00"
        value = self._matching(name, _WALL, fix)
        return None if value is None else self._parsed(name, value, fix)

    def day(self, name: str) -> date | None:
        fix = "send a date such as 2026-12-24"
        value = self._matching(name, _DAY, fix)
        return None if value is None else self._parsed(name, value, fix).date()

    def clock(self, name: str) -> time | None:
        """A time of day, to the minute."""
        fix = "send a time from 00:00 to 23:59"
        value = self._matching(name, _CLOCK, fix)
        return None if value is None else self._parsed(name, f"2000-01-01T{value}", fix).time()

    def _string(self, name: str, fix: str) -> str | None:
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return value
        raise self.refused(name, "is not text", fix)

    def _matching(self, name: str, form: re.Pattern[str], fix: str) -> str | None:
        value = self._string(name, fix)
        if value is None or form.fullmatch(value):
            return value
        raise self.refused(name, f"{value[:40]!r} cannot be read", fix)

    def _parsed(self, name: str, value: str, fix: str) -> datetime:
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            raise self.refused(name, f"{value!r} does not exist", fix) from None
        if not FIRST_YEAR <= parsed.year <= LAST_YEAR:
            raise self.refused(name, f"is in the year {parsed.year}", f"use {FIRST_YEAR} to {LAST_YEAR}")
        return parsed


def instant_text(instant: datetime) -> str:
    """RFC 3339 in UTC, with Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
