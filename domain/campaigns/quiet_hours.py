"""Quiet hours: a part of the day in which nobody is disturbed; messages are held until it is over."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from domain.campaigns.decision import Decision, Due, Hold
from domain.campaigns.json_fields import Fields
from domain.campaigns.zones import instant_of, wall_at, zone_named
from domain.shared.json_values import Json

RECIPIENT: Final = "recipient"
"""As `time_zone`: every recipient's own."""

_LOOK_AHEAD: Final = 4
"""Days. One is enough, unless clocks skip the end of the window together with the next one (Samoa, 30 December 2011)."""


@attrs.frozen
class QuietHours:
    """From `starts` until just before `ends`, by the clocks on the wall; over midnight when `ends` is the earlier."""

    starts: time
    ends: time
    time_zone: str | None = None
    """None: every recipient's own."""

    def zone_for(self, recipient_zone: ZoneInfo) -> ZoneInfo:
        """The zone whose clocks count for a recipient."""
        if self.time_zone is None:
            return recipient_zone
        return zone_named(self.time_zone, field="time_zone")

    def covers(self, clock: time) -> bool:
        """Whether this time of day is quiet."""
        if self.starts <= self.ends:
            return self.starts <= clock < self.ends
        return clock >= self.starts or clock < self.ends

    def is_quiet(self, instant: datetime, recipient_zone: ZoneInfo) -> bool:
        return self.covers(wall_at(instant, self.zone_for(recipient_zone)).time())

    def next_allowed(self, instant: datetime, recipient_zone: ZoneInfo) -> datetime:
        """The instant itself when it is not quiet, else the end of these quiet hours.

        Where clocks go back over the end, the hours that are quiet again are waited for, too.
        """
        zone = self.zone_for(recipient_zone)
        wall = wall_at(instant, zone)
        if not self.covers(wall.time()):
            return instant
        ends = (
            end
            for day in range(_LOOK_AHEAD)
            for end in _both(datetime.combine(wall.date() + timedelta(days=day), self.ends), zone)
            if end > instant and not self.covers(wall_at(end, zone).time())
        )
        return next(ends)

    def decide(
        self, instant: datetime, recipient_zone: ZoneInfo, *, expires_at: datetime | None = None
    ) -> Decision:
        """When a message may be sent that is due at an instant; excluded when it will have expired by then."""
        allowed = self.next_allowed(instant, recipient_zone)
        return Due(instant).until(allowed, Hold.QUIET_HOURS).within(expires_at)

    def to_json(self) -> dict[str, Json]:
        return {
            "from": self.starts.isoformat("minutes"),
            "to": self.ends.isoformat("minutes"),
            "time_zone": self.time_zone or RECIPIENT,
        }


def quiet_hours_from_json(value: Json, *, field: str = "quiet_hours") -> QuietHours:
    """Read quiet hours; raise InvalidInput naming the field.

    {"from": "21:00", "to": "08:00", "time_zone": "recipient"}
    """
    fields = Fields.of(value, field, ("from", "to", "time_zone"))
    starts = fields.required("from", fields.clock("from"), "21:00")
    ends = fields.required("to", fields.clock("to"), "08:00")
    if starts == ends:
        raise fields.refused("to", "equals from", "leave an hour in which messages may be sent")
    zone = None if fields.get("time_zone") in (None, RECIPIENT) else fields.zone("time_zone")
    return QuietHours(starts, ends, zone)


def _both(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants of a wall time, earlier first: one, or two where clocks go back over it."""
    first = instant_of(wall, zone)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(first.tzinfo)
    return [first, second] if second > first else [first]
