"""JSON to typed structs, strictly: what PostgreSQL could not store and what the schema does not name is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

import msgspec

from domain.messaging.content import Body, check_json
from domain.shared.errors import InvalidInput
from entrypoints.http.problem import FieldError, InvalidItems, MalformedBody

T = TypeVar("T")

NUL_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
PLACE = re.compile(r" - at `(?:key` in `)?\$\.?([^`]*)`$")
UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.S)
MISSING = re.compile(r"Object missing required field `(.*)`", re.S)
MAX_LINE_ERRORS = 20


class In(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Anything read from a caller: unknown fields are refused."""

    schema_rule: ClassVar[Mapping[str, Any]] = {}
    """JSON Schema keywords beside the struct's own, for what its fields cannot say (one of two shapes)."""


class Out(msgspec.Struct, kw_only=True):
    """Anything told to a caller."""


def refuse_nul(body: bytes | bytearray) -> None:
    """Refuse an escaped NUL anywhere: PostgreSQL's text cannot hold one (a bare one is no JSON at all)."""
    if b"\\u0000" in body and NUL_ESCAPE.search(body):
        raise InvalidInput("the body holds a NUL character", field="body", fix="remove \\u0000")


def decode_json(body: bytes | bytearray, decoder: msgspec.json.Decoder[T], *, prefix: str = "") -> T:
    """Raise MalformedBody for what is no JSON, InvalidInput naming the field for what does not fit the type."""
    refuse_nul(body)
    return _translated(lambda: decoder.decode(body), prefix)


def decode_lines(body: bytes | bytearray, decoder: msgspec.json.Decoder[T]) -> list[T]:
    """NDJSON, one value a line, blank lines ignored; up to 20 bad lines are named as `lines[n]`, from 0."""
    refuse_nul(body)
    try:
        return decoder.decode_lines(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    good: list[T] = []
    errors: list[FieldError] = []
    for number, line in enumerate(bytes(body).split(b"\n")):
        if not line.strip():
            continue
        try:
            good.append(_translated(lambda line=line: decoder.decode(line), f"lines[{number}]"))  # type: ignore[misc]
        except (InvalidInput, MalformedBody) as error:
            errors.append(FieldError(detail=error.message, field=error.field or f"lines[{number}]"))
            if len(errors) == MAX_LINE_ERRORS:
                break
    if errors:
        raise InvalidItems(
            f"{errors[0].field}: {errors[0].detail}", errors, fix="correct the lines named in errors"
        )
    return good


def convert_strings(values: Mapping[str, str], target: type[T], *, where: str) -> T:
    """Texts of a query string or a path to a typed struct; errors name `where` and the parameter."""
    for name, value in values.items():
        if "\x00" in value:
            raise InvalidInput(f"{where} parameter {name} holds a NUL character", field=name, fix="remove it")
    return _translated(lambda: msgspec.convert(values, target, strict=False), "")


def _translated(read: Callable[[], T], prefix: str) -> T:
    try:
        return read()
    except msgspec.ValidationError as error:
        raise _invalid(str(error), prefix) from None
    except msgspec.DecodeError as error:
        detail = str(error)
        reason = "the body is empty or cut off" if "truncated" in detail else detail
        raise MalformedBody(f"{reason}", field=prefix or None, fix="send one valid JSON document") from None
    except UnicodeDecodeError:
        raise MalformedBody("the body is not UTF-8", field=prefix or None, fix="encode it as UTF-8") from None
    except RecursionError:
        raise MalformedBody("the JSON is nested too deeply", field=prefix or None, fix="flatten it") from None


def _invalid(message: str, prefix: str) -> InvalidInput:
    place = ""
    if found := PLACE.search(message):
        place = found.group(1).replace("[...]", "")
        message = message[: found.start()]
    fix = "send a value that fits the schema in /openapi.json"
    if unknown := UNKNOWN.match(message):
        place, fix = _join(place, unknown.group(1)[:100]), "remove it"
    elif missing := MISSING.match(message):
        place, fix = _join(place, missing.group(1)), "add it"
    return InvalidInput(message[:300], field=_join(prefix, place) or "body", fix=fix)


def _join(left: str, right: str) -> str:
    if not left or not right or right.startswith("["):
        return left + right
    return f"{left}.{right}"


def utc(moment: datetime, *, field: str) -> datetime:
    """The moment in UTC; refuse those at the rim of the calendar that have none."""
    if moment.tzinfo is UTC:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(
            f"{field} is out of range", field=field, fix="send a time of this century"
        ) from None


def free_json(value: Body, *, field: str) -> Body:
    """Free-form JSON of a caller, bounded in depth and numbers as the domain asks."""
    check_json(value, field=field)
    return value
