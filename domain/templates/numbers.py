"""Keys of a content that are whole numbers: Liquid in one of them is a text that must render to such a number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from domain.shared.channels import Channel
from domain.shared.errors import RenderRefused
from domain.shared.json_values import Json

_COUNT: Final = 10**9

NUMBERS: Final[Mapping[Channel, Mapping[str, int]]] = {
    Channel.PUSH: {"badge": 2**31 - 1},
    Channel.IN_APP: {
        "display.max_total": _COUNT,
        "display.min_gap_s": _COUNT,
        "display.per_session": _COUNT,
        "display.priority": _COUNT,
    },
}
"""By channel, the path of each such key → the largest number that its content may hold; the smallest is 0."""
STAND_IN: Final = 0
"""What stands for a rendered number when the shape of a body is checked."""
_DIGITS: Final = re.compile(r"[0-9]{1,12}")
_SHOWN: Final = 20
"""Characters of a wrong value that an error repeats."""


def number_from(text: str, largest: int, *, field: str) -> int:
    """The number that a rendered text is, blanks around it left out; raise RenderRefused naming the field."""
    stripped = text.strip()
    if _DIGITS.fullmatch(stripped) and int(stripped) <= largest:
        return int(stripped)
    if not stripped:
        raise RenderRefused(
            f"{field} renders to nothing, and it must be a number",
            field=field,
            fix="send the value, or give the placeholder a default of 0",
        )
    raise RenderRefused(
        f"{field} renders to {stripped[:_SHOWN]!r}, which is no whole number from 0 to {largest}",
        field=field,
        fix="send a whole number; the filter round makes one of a fraction",
    )


def with_numbers(channel: Channel, body: Mapping[str, Json]) -> Mapping[str, Json]:
    """The body with a number for each text with Liquid that will be one."""
    for path in NUMBERS.get(channel, ()):
        body = _with_number(body, path.split("."))
    return body


def _with_number(body: Mapping[str, Json], path: list[str]) -> dict[str, Json]:
    filled = dict(body)
    key, *rest = path
    value = filled.get(key)
    if rest and isinstance(value, Mapping):
        filled[key] = _with_number(value, rest)
    elif not rest and isinstance(value, str) and ("{{" in value or "{%" in value):
        filled[key] = STAND_IN
    return filled
