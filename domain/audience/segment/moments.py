"""Dates and times as tags and segments write them, and nothing that two parsers could read differently."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

MOMENT: Final = (
    "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    "(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,6})?(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9]))?"
)
"""A date, or a date and time with a zone (RFC 3339); a regular expression that Python and PostgreSQL read alike."""
_MOMENT: Final = re.compile(MOMENT)


def read_moment(text: str) -> datetime | None:
    """The moment that a text names, a date being its midnight in UTC; None for any other text."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        if len(text) == len("2026-01-01"):
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        moment = datetime.fromisoformat(text[:19])
    except ValueError:
        return None  # no such day
    rest = text[19:]
    if rest.startswith("."):
        digits = re.split("[Z+-]", rest[1:])[0]
        moment = moment.replace(microsecond=int(digits.ljust(6, "0")))
    return moment.replace(tzinfo=_zone(rest))


def _zone(rest: str) -> timezone:
    if rest.endswith("Z"):
        return UTC
    hours, minutes = int(rest[-5:-3]), int(rest[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if rest[-6] == "-" else offset)


def write_moment(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
