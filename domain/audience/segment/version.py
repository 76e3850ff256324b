"""Semantic versions as sort keys: two versions compare as their keys do, character by character.

The database has the same function (`version_key`, migration 0003) and keeps the keys of app and SDK versions; a property
test holds the two together.
"""

from __future__ import annotations

import re
from typing import Final

MAX_VERSION: Final = 128
_VERSION = re.compile(
    r"[vV]?(?P<numbers>[0-9]+(?:\.[0-9]+)*)"
    r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
    r"(?:\+[0-9A-Za-z.-]+)?"
)
_PRE_RELEASE: Final = "!"
_RELEASE: Final = "#"
"""Both sort below a digit, so that 1.9 comes before 1.9.0.1, and 1.9-beta before either."""


def version_key(version: str) -> str | None:
    """The key of a version; None for a text that is none.

    Precedence is that of Semantic Versioning 2.0 (section 11), for any number of parts: parts that are missing are zero
    (1.9 = 1.9.0), a leading `v` and the build after `+` do not count.
    """
    found = _VERSION.fullmatch(version)
    if found is None or len(version) > MAX_VERSION:
        return None
    numbers = [_number(part) for part in found["numbers"].split(".")]
    while numbers and numbers[-1] == _number("0"):
        numbers.pop()
    key = "".join(numbers)
    if found["pre"] is None:
        return key + _RELEASE
    return key + _PRE_RELEASE + " ".join(_identifier(part) for part in found["pre"].split("."))


def _number(digits: str) -> str:
    """Sorts by value: how many digits, then the digits."""
    shortest = digits.lstrip("0") or "0"
    return f"{len(shortest):03}{shortest}"


def _identifier(part: str) -> str:
    """Numbers come before words; a blank, which no word holds, ends each, so that fewer come before more."""
    return f"0{_number(part)}" if part.isdigit() else f"1{part}"
