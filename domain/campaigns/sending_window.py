"""How long a wave of recipients may be sent to once it is due: until quiet hours or the night of advertising begin again."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import attrs

from domain.campaigns.advertising import KOREA, NIGHT
from domain.campaigns.quiet_hours import QuietHours
from domain.campaigns.zones import instant_of, wall_at, zone_named

DAYS_AHEAD = 3


@attrs.frozen(slots=True)
class SendingWindow:
    """Half open: from `opens` until just before `closes`, both aware UTC."""

    opens: datetime
    closes: datetime | None
    """None: it stays open."""


@attrs.frozen(slots=True)
class QuietRules:
    """What keeps one wave from being sent at some hours."""

    quiet_hours: QuietHours | None
    night_held: bool
    """The night rule of Korean advertising applies to this wave."""
    zone: ZoneInfo
    """The recipients' own."""

    def window(self, instant: datetime) -> SendingWindow | None:
        """The window that is open at an instant, or the next one; None when there is no hour left at all."""
        rules = self._rules()
        opens = instant
        for _ in range(2 * DAYS_AHEAD):
            moved = opens
            for quiet, zone in rules:
                moved = quiet.next_allowed(moved, zone)
            if moved == opens:
                break
            opens = moved
        else:
            return None
        closing = [_next_quiet(quiet, zone, opens) for quiet, zone in rules]
        return SendingWindow(opens, min(closing, default=None))

    def _rules(self) -> list[tuple[QuietHours, ZoneInfo]]:
        rules = [] if self.quiet_hours is None else [(self.quiet_hours, self.quiet_hours.zone_for(self.zone))]
        if self.night_held:
            rules.append((NIGHT, zone_named(KOREA, field="time_zone")))
        return rules


def _next_quiet(quiet: QuietHours, zone: ZoneInfo, instant: datetime) -> datetime:
    """The first instant after a loud one at which it is quiet again."""
    today = wall_at(instant, zone).date()
    starts = (
        instant_of(datetime.combine(today + timedelta(days=day), quiet.starts), zone)
        for day in range(DAYS_AHEAD + 1)
    )
    return next(start for start in starts if start > instant and quiet.is_quiet(start, zone))
