"""Spans of time that figures are asked for: hours, days or months of a zone's calendar, built from hours of UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from domain.shared.errors import InvalidInput

HOUR: Final = timedelta(hours=1)
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


class Granularity(StrEnum):
    """How fine a series is; the value is its wire name."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


LONGEST: Final[Mapping[Granularity, timedelta]] = {
    Granularity.HOUR: timedelta(days=93),
    Granularity.DAY: timedelta(days=1_100),
    Granularity.MONTH: timedelta(days=3_700),
}
"""The longest span that is answered at once."""


@attrs.frozen(slots=True)
class Period:
    """From `since` until before `until`, both aware UTC and on the border of a bucket in the zone."""

    since: datetime
    until: datetime
    zone: str
    granularity: Granularity

    @classmethod
    def of(cls, since: datetime, until: datetime, zone: str, granularity: Granularity) -> Period:
        """Widened to whole buckets. Raise InvalidInput naming since, until or zone."""
        place = zone_of(zone)
        for name, moment in (("since", since), ("until", until)):
            if moment.tzinfo is None or not EARLIEST <= moment < LATEST:
                raise InvalidInput(
                    f"{name} is out of range", field=name, fix="send a time with a zone between 2000 and 2200"
                )
        if until <= since:
            raise InvalidInput(
                "until is not after since", field="until", fix="send an until that is later than since"
            )
        if until - since > LONGEST[granularity]:
            raise InvalidInput(
                f"more than {LONGEST[granularity].days} days are asked for by the {granularity}",
                field="since",
                fix="ask for a shorter time, or a coarser granularity",
            )
        begins = bucket_of(since, place, granularity)
        ends = bucket_of(until, place, granularity)
        if ends < until:
            ends = next_bucket(ends, place, granularity)
        period = cls(begins, ends, zone, granularity)
        if any(moment.minute or moment.second for moment in (begins, ends)):
            raise InvalidInput(
                f"{zone} is not a whole number of hours from UTC, and figures are kept by the hour",
                field="zone",
                fix="use a zone whose days begin on a full hour of UTC, such as UTC",
            )
        return period

    def buckets(self) -> list[datetime]:
        """The first moment of each, in UTC and in order."""
        place, found, at = zone_of(self.zone), [], self.since
        while at < self.until:
            found.append(at)
            at = next_bucket(at, place, self.granularity)
        return found


def zone_of(name: str) -> ZoneInfo:
    """Raise InvalidInput naming `zone` for a name that is no IANA zone."""
    try:
        if name:
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise InvalidInput(
        f"{name[:100]!r} is not a time zone", field="zone", fix="use an IANA name, such as Asia/Seoul"
    )


def countable_zone(name: str, *moments: datetime) -> str:
    """The zone itself, or UTC where its days do not begin on full hours of UTC at these moments."""
    place = zone_of(name)
    offsets = [moment.astimezone(place).utcoffset() or timedelta() for moment in moments]
    return "UTC" if any(offset % HOUR for offset in offsets) else name


def bucket_of(moment: datetime, zone: ZoneInfo, granularity: Granularity) -> datetime:
    """The first moment, in UTC, of the bucket that this one is in."""
    local = moment.astimezone(zone)
    if granularity is Granularity.HOUR:
        return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    day = local.date()
    return day_begins(day.replace(day=1) if granularity is Granularity.MONTH else day, zone)


def next_bucket(begins: datetime, zone: ZoneInfo, granularity: Granularity) -> datetime:
    """The first moment of the one after."""
    if granularity is Granularity.HOUR:
        return begins + HOUR
    day = begins.astimezone(zone).date()
    if granularity is Granularity.DAY:
        return day_begins(day + timedelta(days=1), zone)
    return day_begins((day.replace(day=1) + timedelta(days=32)).replace(day=1), zone)


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """The first full hour, in UTC, that the zone's calendar counts to this day.

    Where clocks spring over midnight the day begins at the jump: the naive reading of a midnight that does not exist is an
    hour early or late, so the hours around it are looked at.
    """
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    for shift in (-2, -1, 0, 1, 2):
        at = midnight + shift * HOUR
        if at.astimezone(zone).date() >= day:
            return at
    return midnight


def month_begins(year: int, month: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moments, in UTC, of a month and of the one after."""
    first = date(year, month, 1)
    following = (first + timedelta(days=32)).replace(day=1)
    return day_begins(first, zone), day_begins(following, zone)
