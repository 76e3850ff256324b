"""JSON as the domain sees it, and what is refused because a database or a provider would refuse it later."""

from __future__ import annotations

import re
from collections.abc import Mapping

from domain.shared.errors import InvalidInput

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

MAX_DEPTH = 16
MAX_EXACT_INTEGER = 2**53


def check_json(value: Json | Mapping[str, Json], *, field: str, depth: int = 0) -> None:
    """Refuse what PostgreSQL or a provider would refuse later: NUL, lone surrogates, huge numbers, deep nesting."""
    if depth > MAX_DEPTH:
        raise InvalidInput(f"{field} is nested deeper than {MAX_DEPTH} levels", field=field, fix="flatten it")
    if isinstance(value, str):
        check_text(value, field=field)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        if abs(value) > MAX_EXACT_INTEGER:
            raise InvalidInput(f"{field} is an integer beyond 2^53", field=field, fix="send it as a string")
    elif isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise InvalidInput(f"{field} is not a finite number", field=field, fix="send a finite number")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            check_text(key, field=f"{field} (a key)")
            check_json(item, field=f"{field}.{key}", depth=depth + 1)
    else:
        for index, item in enumerate(value):
            check_json(item, field=f"{field}[{index}]", depth=depth + 1)


def check_text(value: str, *, field: str) -> None:
    """Refuse NUL and lone surrogates, which neither PostgreSQL nor UTF-8 can hold."""
    if "\x00" in value:
        raise InvalidInput(f"{field} holds a NUL character", field=field, fix="remove \\u0000")
    if value.isascii():
        return
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidInput(
            f"{field} holds half a surrogate pair", field=field, fix="send valid UTF-8"
        ) from None


def storable(text: str) -> str:
    """The text without NUL and lone surrogates: of what a provider says, whom nobody can ask to say it again."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def check_line(value: str, *, field: str, longest: int, shortest: int = 1) -> str:
    """Return a single line of text of allowed length, without control characters; raise InvalidInput otherwise."""
    check_text(value, field=field)
    if not shortest <= len(value) <= longest:
        raise InvalidInput(
            f"{field} has {len(value)} characters", field=field, fix=f"use {shortest} to {longest} characters"
        )
    if _CONTROL.search(value):
        raise InvalidInput(f"{field} holds a control character", field=field, fix="remove control characters")
    return value
