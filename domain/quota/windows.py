"""Quota windows: which local day and month an instant belongs to, and when the next one begins."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from domain.shared.errors import InvalidInput

DEFAULT_TIME_ZONE: Final = "Asia/Seoul"


class WindowKind(StrEnum):
    """The two spans that a quota limits. The value is what the database stores."""

    DAILY = "daily"
    MONTHLY = "monthly"


@attrs.frozen
class Windows:
    """The daily and the monthly window of one instant in one time zone."""

    day: date
    month: date
    """The month's first day."""
    daily_reset: datetime
    """Aware UTC: when the next local day begins."""
    monthly_reset: datetime
    """Aware UTC: when the next local month begins."""


def windows_at(instant: datetime, time_zone: str) -> Windows:
    """The windows that an aware instant belongs to. Raise InvalidInput for a name that is no IANA zone."""
    zone = _zone(time_zone)
    day = _local_date(instant, zone)
    month = day.replace(day=1)
    next_month = (month + timedelta(days=31)).replace(day=1)
    return Windows(day, month, _begins(day + timedelta(days=1), zone), _begins(next_month, zone))


def day_begins(day: date, time_zone: str) -> datetime:
    """The first instant, as aware UTC, at which the zone's calendar shows this day or a later one."""
    return _begins(day, _zone(time_zone))


def _begins(day: date, zone: ZoneInfo) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    begins = midnight.astimezone(UTC)
    if begins.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return begins
    # Clocks sprang over this midnight: the day begins at the jump, wherever in the gap midnight would have been.
    before, after = midnight.replace(fold=1).astimezone(UTC) - timedelta(seconds=1), begins
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=1) // 2)
        if _local_date(middle, zone) >= day:
            after = middle
        else:
            before = middle
    return after


def _local_date(instant: datetime, zone: ZoneInfo) -> date:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(zone).date()


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(
            f"{name!r} is not a time zone", field="time_zone", fix="use an IANA name, such as Asia/Seoul"
        ) from None
