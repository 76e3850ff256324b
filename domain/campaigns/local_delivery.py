"""Delivery at the same wall time everywhere: each recipient's message is due when the clocks where they live show it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import attrs

from domain.campaigns.decision import Decision, Due, Excluded, Exclusion, Hold
from domain.campaigns.json_fields import Fields, instant_text
from domain.campaigns.zones import EARLIEST_OFFSET, LATEST_OFFSET, instant_of, wall_at, zone_named
from domain.shared.json_values import Json


class IfPassed(StrEnum):
    """What becomes of a recipient whose clocks have passed the time when the campaign starts."""

    SEND_NOW = "send_now"
    NEXT_DAY = "next_day"
    SKIP = "skip"


@attrs.frozen(kw_only=True)
class LocalDelivery:
    """Due at `at` of one day, by the clocks of each recipient's zone."""

    at: time
    day: date | None = None
    """None: the day that the fallback zone's calendar shows when the run starts."""
    fallback_zone: str
    """For recipients whose zone is not known."""
    if_passed: IfPassed = IfPassed.NEXT_DAY

    def run_day(self, started_at: datetime) -> date:
        """The day that a run which starts at this instant aims at."""
        if self.day is not None:
            return self.day
        return wall_at(started_at, zone_named(self.fallback_zone, field="fallback_time_zone")).date()

    def due_at(self, zone: ZoneInfo, started_at: datetime) -> Decision:
        """When a recipient's message is due; one answer for all recipients of a zone."""
        day = self.run_day(started_at)
        due = instant_of(datetime.combine(day, self.at), zone)
        if due >= started_at:
            return Due(started_at).until(due, Hold.LOCAL_TIME)
        if self.if_passed is IfPassed.SKIP:
            return Excluded(Exclusion.LOCAL_TIME_PASSED)
        if self.if_passed is IfPassed.SEND_NOW:
            return Due(started_at)
        today = max(day, wall_at(started_at, zone).date())
        due = instant_of(datetime.combine(today, self.at), zone)
        if due < started_at:
            due = instant_of(datetime.combine(today + timedelta(days=1), self.at), zone)
        return Due(started_at).until(due, Hold.LOCAL_TIME)

    def span(self, day: date) -> tuple[datetime, datetime]:
        """The first and the last instant at which any zone on Earth shows the time on this day.

        A run that starts by the first reaches everybody on the day itself; after the second, all have passed the time.
        """
        wall = datetime.combine(day, self.at, UTC)
        return wall - EARLIEST_OFFSET, wall - LATEST_OFFSET

    def to_json(self) -> dict[str, Json]:
        shown: dict[str, Json] = {
            "time": self.at.isoformat("minutes"),
            "fallback_time_zone": self.fallback_zone,
            "if_passed": self.if_passed.value,
        }
        if self.day is not None:
            shown["date"] = self.day.isoformat()
        return shown


def local_delivery_from_json(
    value: Json, *, now: datetime | None, field: str = "local_delivery"
) -> LocalDelivery:
    """Read the rule; raise InvalidInput naming the field. `now` refuses a time that has passed everywhere.

    {"time": "09:00", "date": "2026-12-24", "fallback_time_zone": "Asia/Seoul", "if_passed": "next_day"}
    """
    fields = Fields.of(value, field, ("time", "date", "fallback_time_zone", "if_passed"))
    made = LocalDelivery(
        at=fields.required("time", fields.clock("time"), "09:00"),
        day=fields.day("date"),
        fallback_zone=fields.required("fallback_time_zone", fields.zone("fallback_time_zone"), "Asia/Seoul"),
        if_passed=fields.choice("if_passed", IfPassed) or IfPassed.NEXT_DAY,
    )
    if now is not None and made.day is not None and made.span(made.day)[1] <= now:
        ended = instant_text(made.span(made.day)[1])
        raise fields.refused("date", f"is in the past everywhere since {ended}", "choose a later date")
    return made
