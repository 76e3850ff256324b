"""Times as Korean gateways write them, and how long it is until their next morning or midnight."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SEOUL: Final = ZoneInfo("Asia/Seoul")
MORNING: Final = 8
"""FriendTalk and advertisements are carried from 08:00 on."""


def seconds_until_morning(now: datetime) -> float:
    """Until 08:00 in Seoul."""
    return _seconds_until(now, MORNING)


def seconds_until_midnight(now: datetime) -> float:
    """Until the next day in Seoul."""
    return _seconds_until(now, 0)


def _seconds_until(now: datetime, hour: int) -> float:
    here = now.astimezone(SEOUL)
    then = here.replace(hour=hour, minute=0, second=0, microsecond=0)
    if then <= here:
        then += timedelta(days=1)
    return (then - here).total_seconds()


def parse_time(text: str | None, *, otherwise: datetime) -> datetime:
    """Aware UTC of an ISO time or of `yyyy-MM-dd HH:mm:ss.S`; without a zone it is Seoul's. Unreadable: `otherwise`."""
    if not text:
        return otherwise
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return otherwise
    aware = at if at.tzinfo is not None else at.replace(tzinfo=SEOUL)
    try:
        return aware.astimezone(UTC)
    except OverflowError:
        return otherwise


def in_seoul(at: datetime, pattern: str) -> str:
    """A time as a gateway wants it in a query."""
    return at.astimezone(SEOUL).strftime(pattern)
