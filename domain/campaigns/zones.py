"""IANA zones, and what a wall time means in one: exactly one instant, also where clocks change."""

from __future__ import annotations

import difflib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from domain.shared.errors import InvalidInput

EARLIEST_OFFSET: Final = timedelta(hours=14)
"""Pacific/Kiritimati: nobody on Earth sees a wall time earlier."""
LATEST_OFFSET: Final = timedelta(hours=-12)
"""Etc/GMT+12: nobody sees it later."""

_LONGEST_NAME: Final = 64
_SECOND: Final = timedelta(seconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def find_zone(name: str) -> ZoneInfo | None:
    """The zone of this name, spelled as IANA spells it, or None."""
    return _find(name) if len(name) <= _LONGEST_NAME else None


def zone_named(name: str, *, field: str) -> ZoneInfo:
    """The zone of this name; raise InvalidInput naming `field`, with the nearest name that exists."""
    found = find_zone(name)
    if found is None:
        shown = name[:_LONGEST_NAME]
        raise InvalidInput(
            f"{field} {shown!r} is not a time zone",
            field=field,
            fix=f"use an IANA name, such as {_nearest(shown)}",
        )
    return found


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant, as aware UTC, of a naive wall time.

    A wall time that exists twice, because clocks went back, is its first occurrence. One that does not exist, because
    clocks went forward over it, is the first instant after the gap. So a later wall time is never an earlier instant.
    """
    if wall.tzinfo is not None:
        raise ValueError("a wall time has no offset")
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if wall_at(instant, zone) == wall.replace(fold=0):
        return instant
    # PEP 495: in a gap, fold=1 reckons with the offset after it and lands before, fold=0 the other way round.
    before = _seconds(wall.replace(tzinfo=zone, fold=1).astimezone(UTC))
    after = _seconds(instant) + 1
    while after - before > 1:
        middle = (before + after) // 2
        if wall_at(_EPOCH + middle * _SECOND, zone) > wall:
            after = middle
        else:
            before = middle
    return _EPOCH + after * _SECOND


def wall_at(instant: datetime, zone: ZoneInfo) -> datetime:
    """What the zone's clocks show at an aware instant, as a naive time that does not tell first from second."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _seconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _SECOND


@lru_cache(maxsize=4096)
def _find(name: str) -> ZoneInfo | None:
    return ZoneInfo(name) if name in _names() else None


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    # "localtime" is in some systems' folders: it would mean something else on every machine.
    return frozenset(available_timezones()) - {"localtime"}


def _nearest(name: str) -> str:
    by_folded = {known.casefold(): known for known in _names()}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.75)
    return by_folded[close[0]] if close else "Asia/Seoul"
