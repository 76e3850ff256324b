"""When a campaign runs: at once, at an instant, at a wall time of a zone, or again and again by cron in a zone.

A run is due at one instant. Where clocks change, every wall time still gives exactly one: a time that clocks skip is
due at the first instant after the gap, a time that they show twice is due the first time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

import attrs

from domain.campaigns.cron import LONGEST, Cron
from domain.campaigns.json_fields import Fields, instant_text
from domain.campaigns.zones import instant_of, wall_at, zone_named
from domain.shared.json_values import Json

MAX_AHEAD: Final = timedelta(days=731)
"""A campaign is scheduled at most two years ahead: later is a slip of the pen."""

_TICK: Final = timedelta(microseconds=1)
_LAST_YEAR: Final = 9000


@attrs.frozen
class Immediate:
    """Runs when it is launched."""

    def first_run(self, launched_at: datetime) -> datetime | None:
        return launched_at

    def next_after(self, instant: datetime) -> datetime | None:
        """None: there is one run, and the launch is it."""
        return None

    def to_json(self) -> dict[str, Json]:
        return {"type": "immediate"}


@attrs.frozen
class AtInstant:
    """Runs once, at an instant."""

    at: datetime
    """Aware UTC."""

    def first_run(self, launched_at: datetime) -> datetime | None:
        """The instant, also when the launch came too late for it: the downtime policy decides about that."""
        return self.at

    def next_after(self, instant: datetime) -> datetime | None:
        return self.at if self.at > instant else None

    def to_json(self) -> dict[str, Json]:
        return {"type": "scheduled", "at": instant_text(self.at)}


@attrs.frozen
class AtWallTime:
    """Runs once, when the clocks of a zone show a time. Rules of the zone that change until then are followed."""

    at: datetime
    """Naive."""
    time_zone: str

    @property
    def instant(self) -> datetime:
        """Aware UTC."""
        return instant_of(self.at, zone_named(self.time_zone, field="time_zone"))

    def first_run(self, launched_at: datetime) -> datetime | None:
        return self.instant

    def next_after(self, instant: datetime) -> datetime | None:
        return self.instant if self.instant > instant else None

    def to_json(self) -> dict[str, Json]:
        return {"type": "scheduled", "at": self.at.isoformat(), "time_zone": self.time_zone}


@attrs.frozen
class Recurring:
    """Runs whenever the clocks of a zone show a time that the expression names, between two bounds."""

    cron: Cron
    time_zone: str
    starts_at: datetime | None = None
    """No run before this instant."""
    ends_at: datetime | None = None
    """No run after it; a run exactly then still takes place, as UNTIL in RFC 5545."""

    @property
    def zone(self) -> ZoneInfo:
        return zone_named(self.time_zone, field="time_zone")

    def first_run(self, launched_at: datetime) -> datetime | None:
        return self.next_after(launched_at)

    def next_after(self, instant: datetime) -> datetime | None:
        """The first run later than this instant, aware UTC; None when there is none."""
        if self.starts_at is not None:
            instant = max(instant, self.starts_at - _TICK)
        zone = self.zone
        wall = self.cron.next_after(wall_at(instant, zone))
        while wall is not None and wall.year < _LAST_YEAR:
            run = instant_of(wall, zone)
            if run > instant:
                return run if self.ends_at is None or run <= self.ends_at else None
            # The clocks went back: what they show now for the second time was due the first time.
            wall = self.cron.next_after(wall)
        return None

    def run_day(self, run: datetime) -> date:
        """The day that the zone's calendar shows at a run."""
        return wall_at(run, self.zone).date()

    def to_json(self) -> dict[str, Json]:
        shown: dict[str, Json] = {
            "type": "recurring",
            "cron": self.cron.text,
            "time_zone": self.time_zone,
        }
        if self.starts_at is not None:
            shown["starts_at"] = instant_text(self.starts_at)
        if self.ends_at is not None:
            shown["ends_at"] = instant_text(self.ends_at)
        return shown


AT_ONCE: Final = Immediate()
Schedule: TypeAlias = Immediate | AtInstant | AtWallTime | Recurring


def runs_between(schedule: Schedule, after: datetime, until: datetime, *, limit: int) -> Iterator[datetime]:
    """Runs later than `after` and not later than `until`, in order, at most `limit` of them."""
    for _ in range(limit):
        run = schedule.next_after(after)
        if run is None or run > until:
            return
        yield run
        after = run


def last_run(schedule: Schedule, after: datetime, until: datetime) -> datetime | None:
    """The latest run later than `after` and not later than `until`.

    It looks back from the end over spans that double, so it costs the same after a minute and after a year.
    """
    span = timedelta(minutes=1)
    while True:
        since = max(after, until - span)
        run = schedule.next_after(since)
        if run is not None and run <= until:
            break
        if since == after:
            return None
        span *= 2
    while (later := schedule.next_after(run)) is not None and later <= until:
        run = later
    return run


def schedule_from_json(value: Json, *, now: datetime | None, field: str = "schedule") -> Schedule:
    """Read a schedule; raise InvalidInput naming the field.

    `now` refuses what is over or too far away; None reads what was checked when it was stored.

        {"type": "immediate"}
        {"type": "scheduled", "at": "2026-12-24T09:00:00Z"}
        {"type": "scheduled", "at": "2026-12-24T18:00", "time_zone": "Asia/Seoul"}
        {"type": "recurring", "cron": "0 9 * * MON", "time_zone": "Asia/Seoul", "starts_at": …, "ends_at": …}
    """
    known = ("type", "at", "time_zone", "cron", "starts_at", "ends_at")
    fields = Fields.of(value, field, known)
    kind = fields.required("type", fields.get("type"), "immediate, scheduled or recurring")
    if kind == "immediate":
        _refuse_others(fields, "immediate")
        return AT_ONCE
    if kind == "scheduled":
        _refuse_others(fields, "scheduled", "at", "time_zone")
        return _scheduled(fields, now)
    if kind == "recurring":
        _refuse_others(fields, "recurring", "cron", "time_zone", "starts_at", "ends_at")
        return _recurring(fields, now)
    raise fields.refused("type", "is not known", "use immediate, scheduled or recurring")


def _refuse_others(fields: Fields, kind: str, *own: str) -> None:
    for name in fields.values:
        if name != "type" and name not in own:
            raise fields.refused(name, f"contradicts type {kind}", f"leave {name} out or choose another type")


def _scheduled(fields: Fields, now: datetime | None) -> AtInstant | AtWallTime:
    made: AtInstant | AtWallTime
    zone = fields.zone("time_zone")
    if zone is None:
        at = fields.required("at", fields.instant("at"), "2026-12-24T09:00:00Z")
        made, run = AtInstant(at), at
    else:
        wall = fields.required("at", fields.wall("at"), "2026-12-24T18:00")
        made = AtWallTime(wall, zone)
        run = made.instant
    if now is not None and run <= now:
        raise fields.refused("at", f"is in the past ({instant_text(run)})", "choose a later time")
    if now is not None and run - now > MAX_AHEAD:
        raise fields.refused("at", f"is later than {instant_text(now + MAX_AHEAD)}", "choose an earlier time")
    return made


def _recurring(fields: Fields, now: datetime | None) -> Recurring:
    text = fields.required("cron", fields.text("cron", longest=LONGEST), "0 9 * * MON")
    made = Recurring(
        cron=Cron.parse(text, field=fields.at("cron")),
        time_zone=fields.required("time_zone", fields.zone("time_zone"), "Asia/Seoul"),
        starts_at=fields.instant("starts_at"),
        ends_at=fields.instant("ends_at"),
    )
    if made.starts_at is not None and made.ends_at is not None and made.ends_at < made.starts_at:
        raise fields.refused("ends_at", "is before starts_at", "choose a later end")
    if now is None:
        return made
    if made.ends_at is not None and made.ends_at <= now:
        raise fields.refused("ends_at", "is in the past", "choose a later end, or none")
    if made.starts_at is not None and made.starts_at - now > MAX_AHEAD:
        raise fields.refused("starts_at", "is more than two years ahead", "choose an earlier start")
    if made.next_after(now) is None:
        raise fields.refused("cron", "has no run between start and end", "choose a later end, or other times")
    return made
