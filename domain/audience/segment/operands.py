"""What a condition compares with: read by the kind of field and the operator, refused with the place and the fix."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.audience.device import Permission
from domain.audience.segment.fields import (
    LISTS,
    ORDER,
    PIECES,
    PRESENCE,
    SPANS,
    Field,
    Kind,
    Operator,
    kind_of,
)
from domain.audience.segment.language import LANGUAGE
from domain.audience.segment.moments import read_moment
from domain.audience.segment.predicate import Operand, Value
from domain.audience.segment.version import version_key
from domain.audience.status_catalogue import CodeRange
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json, check_json, check_text

MAX_TEXT: Final = 1_024
MAX_CHOICES: Final = 100
MAX_NAMES: Final = 1_000
"""Values of one list: in general, and of plain texts and ids."""
MAX_DAYS: Final = 36_500
MAX_NUMBER: Final = 2**31 - 1
_NAMED: Final = frozenset({Kind.TEXT, Kind.IDENTITY})
_YEARS: Final = range(1970, 2201)
_BY_ORDER: Final = frozenset({*ORDER, Operator.BETWEEN})
_COUNTRY: Final = re.compile("[A-Z]{2}")

CHOICES: Final[Mapping[Field, tuple[str, ...]]] = {
    Field.CHANNEL: tuple(one.wire for one in Channel),
    Field.TYPE: tuple(one.wire for one in SubscriptionType),
    Field.PERMISSION: tuple(Permission),
    Field.ERROR_CODE_RANGE: tuple(CodeRange),
}

Read = Callable[[Json, str], Value]
"""(value, where it stands) → the value; raises InvalidInput."""


def read_operand(field: Field, operator: Operator, value: Json, place: str) -> Operand:
    """The operand of a condition whose operator fits its field; `place` is where the value stands."""
    kind = kind_of(field)
    if operator in PRESENCE:
        if value is not None:
            raise InvalidInput(f"{operator} compares with nothing", field=place, fix="leave value out")
        return None
    if value is None:
        raise InvalidInput(f"{operator} needs a value", field=place, fix=_WANTED[kind])
    if operator in SPANS:
        return _days(value, place)
    read = _reader(field, kind, operator)
    if operator in LISTS:
        return _list(value, place, read, MAX_NAMES if kind in _NAMED else MAX_CHOICES)
    if operator is Operator.BETWEEN:
        return _range(value, place, read)
    return read(value, place)


def _reader(field: Field, kind: Kind, operator: Operator) -> Read:
    if kind is Kind.FACT:
        if operator in (Operator.BEFORE, Operator.AFTER):
            return _moment
        if operator is Operator.STARTS_WITH:
            return _piece
        if operator is Operator.CONTAINS:
            return _piece_or_scalar
        return _ordered if operator in _BY_ORDER else _scalar
    if operator in PIECES:
        return _piece
    if kind is Kind.CHOICE:
        return lambda value, place: _choice(value, place, CHOICES[field])
    return _READERS[kind]


def _list(value: Json, place: str, read: Read, longest: int) -> tuple[Value, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= longest:
        raise InvalidInput("this takes a list", field=place, fix=f"send a list of 1 to {longest} values")
    found = tuple(read(item, f"{place}[{index}]") for index, item in enumerate(value))
    for index, item in enumerate(found):
        if family(item) is not family(found[0]):
            raise InvalidInput(
                "the values of a list are all texts, all numbers or all booleans",
                field=f"{place}[{index}]",
                fix="put the others into a condition of their own, under an or",
            )
    return found


def _range(value: Json, place: str, read: Read) -> tuple[Value, ...]:
    if not isinstance(value, list) or len(value) != 2:
        raise InvalidInput("between takes two values", field=place, fix="send [lowest, highest]")
    low, high = read(value[0], f"{place}[0]"), read(value[1], f"{place}[1]")
    if family(low) is not family(high):
        raise InvalidInput("both ends must be of one type", field=place, fix="send two numbers or two texts")
    if _is_above(low, high, read):
        raise InvalidInput("nothing lies between these", field=place, fix="send the lower value first")
    return (low, high)


def _is_above(low: Value, high: Value, read: Read) -> bool:
    if isinstance(low, datetime) and isinstance(high, datetime):
        return low > high
    if isinstance(low, int | float) and isinstance(high, int | float):
        return low > high
    if read is _version:
        return (version_key(str(low)) or "") > (version_key(str(high)) or "")
    return str(low) > str(high)


def family(value: object) -> type | None:
    """Which values compare with one another: texts, numbers or booleans; True is no number here."""
    if isinstance(value, bool):
        return bool
    if isinstance(value, int | float):
        return float
    return str if isinstance(value, str) else None


def _scalar(value: Json, place: str) -> Value:
    if isinstance(value, str):
        return _text(value, place)
    if isinstance(value, bool | int | float):
        check_json(value, field=place)
        return value
    raise _wrong(place, Kind.FACT)


def _ordered(value: Json, place: str) -> Value:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidInput(
            "only numbers and texts have an order",
            field=place,
            fix="send a number or a text; for dates use before or after",
        )
    return _scalar(value, place)


def _piece_or_scalar(value: Json, place: str) -> Value:
    """A piece of a text, or an element of a list."""
    return _piece(value, place) if isinstance(value, str) else _scalar(value, place)


def _piece(value: Json, place: str) -> Value:
    text = _text(value, place)
    if not text:
        raise InvalidInput("every text holds the empty text", field=place, fix="send at least one character")
    return text


def _text(value: Json, place: str) -> str:
    if not isinstance(value, str):
        raise _wrong(place, Kind.TEXT)
    check_text(value, field=place)
    if len(value) > MAX_TEXT:
        raise InvalidInput(
            f"the text has {len(value)} characters", field=place, fix=f"use at most {MAX_TEXT}"
        )
    return value


def _language(value: Json, place: str) -> Value:
    text = _text(value, place)
    if not LANGUAGE.fullmatch(text):
        raise _wrong(place, Kind.LANGUAGE)
    return text


def _country(value: Json, place: str) -> Value:
    text = _text(value, place)
    if not _COUNTRY.fullmatch(text):
        raise _wrong(place, Kind.COUNTRY)
    return text


def _choice(value: Json, place: str, choices: tuple[str, ...]) -> Value:
    if not isinstance(value, str) or value not in choices:
        raise InvalidInput(
            f"{value!r:.100} is not one of them", field=place, fix=f"use one of {', '.join(choices)}"
        )
    return value


def _version(value: Json, place: str) -> Value:
    text = _text(value, place)
    if version_key(text) is None:
        raise _wrong(place, Kind.VERSION)
    return text


def _number(value: Json, place: str) -> Value:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_NUMBER:
        raise _wrong(place, Kind.NUMBER)
    return value


def _switch(value: Json, place: str) -> Value:
    if not isinstance(value, bool):
        raise _wrong(place, Kind.SWITCH)
    return value


def _moment(value: Json, place: str) -> Value:
    moment = read_moment(value) if isinstance(value, str) else None
    if moment is None or moment.year not in _YEARS:
        raise _wrong(place, Kind.TIME)
    return moment


def _id(value: Json, place: str) -> Value:
    if isinstance(value, str) and len(value) == 36:
        try:
            return UUID(value)
        except ValueError:
            pass
    raise _wrong(place, Kind.IDENTITY)


def _days(value: Json, place: str) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MAX_DAYS:
        raise InvalidInput(
            "this is no number of days", field=place, fix=f"send a number above 0, at most {MAX_DAYS}"
        )
    return value


def _wrong(place: str, kind: Kind) -> InvalidInput:
    return InvalidInput(f"this is no {_CALLED.get(kind, kind.value)}", field=place, fix=_WANTED[kind])


_CALLED: Final[Mapping[Kind, str]] = {
    Kind.FACT: "value that a tag or property can have",
    Kind.SWITCH: "boolean",
    Kind.IDENTITY: "UUID",
    Kind.CAMPAIGN: "UUID",
}
_WANTED: Final[Mapping[Kind, str]] = {
    Kind.FACT: "send a text, a number or a boolean",
    Kind.TEXT: "send a text",
    Kind.LANGUAGE: "send a language tag, as ko or zh-Hant",
    Kind.COUNTRY: "send an ISO 3166-1 code in capitals, as KR",
    Kind.CHOICE: "send one of the field's names",
    Kind.VERSION: "send a version, as 3.2 or 2.0.0-beta.1",
    Kind.NUMBER: "send a whole number within 32 bits",
    Kind.SWITCH: "send true or false",
    Kind.TIME: "send RFC 3339, as 2026-03-01T09:00:00+09:00, or a date, which is midnight in UTC; from 1970 to 2200",
    Kind.IDENTITY: "send a UUID",
    Kind.CAMPAIGN: "send the campaign's id",
}
_READERS: Final[Mapping[Kind, Read]] = {
    Kind.TEXT: _text,
    Kind.LANGUAGE: _language,
    Kind.COUNTRY: _country,
    Kind.VERSION: _version,
    Kind.NUMBER: _number,
    Kind.SWITCH: _switch,
    Kind.TIME: _moment,
    Kind.IDENTITY: _id,
    Kind.CAMPAIGN: _id,
}
