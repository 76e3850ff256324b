"""All rules of time of one campaign together: they may not contradict one another, and together they give one decision.

For one recipient the rules apply in this order: local delivery names the instant, quiet hours and the night of
advertising hold it back until both allow it, expiry excludes what would come too late. Recipients who share zone,
channel, consent and country share the decision, so it is asked once for each such group and not for each of a million.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from domain.campaigns.advertising import NO_CONSENT, AdvertisingRules, Consent
from domain.campaigns.decision import Decision, Due, Excluded, Exclusion, Hold
from domain.campaigns.dedupe import Dedupe, dedupe_from_json
from domain.campaigns.downtime import DEFAULT_DOWNTIME, DowntimePolicy, downtime_from_json
from domain.campaigns.frequency_cap import FrequencyCap, Priority, frequency_caps_from_json
from domain.campaigns.json_fields import Fields, instant_text
from domain.campaigns.local_delivery import LocalDelivery, local_delivery_from_json
from domain.campaigns.pacing import Pacing, pacing_from_json
from domain.campaigns.quiet_hours import QuietHours, quiet_hours_from_json
from domain.campaigns.schedule import (
    AT_ONCE,
    AtInstant,
    AtWallTime,
    Recurring,
    Schedule,
    schedule_from_json,
)
from domain.campaigns.zones import zone_named
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json

MIN_EXPIRY: Final = timedelta(minutes=1)
MAX_EXPIRY: Final = timedelta(days=28)
"""FCM keeps a message four weeks at most (FCM HTTP v1, AndroidConfig.ttl)."""

_LONGEST_HOLD: Final = timedelta(days=4)
"""Where the rules leave an hour of the day, it comes within a day or two; where they leave none, it never comes."""


@attrs.frozen
class Recipient:
    """What decides when somebody's message is due."""

    zone: ZoneInfo
    channel: Channel
    consent: Consent = NO_CONSENT
    country: str | None = None


@attrs.frozen(kw_only=True)
class Timing:
    """When a campaign runs, and when its messages are due."""

    schedule: Schedule = AT_ONCE
    downtime: DowntimePolicy = DEFAULT_DOWNTIME
    local_delivery: LocalDelivery | None = None
    quiet_hours: QuietHours | None = None
    expires_after: timedelta | None = None
    """Counted from when the message would be due without any hold. None: the application's default applies."""
    pacing: Pacing | None = None
    frequency_caps: tuple[FrequencyCap, ...] = ()
    priority: Priority = Priority.NORMAL
    dedupe: Dedupe = Dedupe.ALL

    def decide(
        self, recipient: Recipient, started_at: datetime, *, advertising: AdvertisingRules | None = None
    ) -> Decision:
        """When a message of a run that starts at this instant is due. `advertising`: only if the campaign is that."""
        local: Decision = Due(started_at)
        if self.local_delivery is not None:
            local = self.local_delivery.due_at(recipient.zone, started_at)
        if isinstance(local, Excluded):
            return local
        expires_at = None if self.expires_after is None else local.at + self.expires_after
        return self.hold(local, recipient, advertising=advertising, expires_at=expires_at)

    def hold(
        self,
        due: Due,
        recipient: Recipient,
        *,
        advertising: AdvertisingRules | None = None,
        expires_at: datetime | None = None,
    ) -> Decision:
        """Move a message that is due on to the first instant that quiet hours and advertising rules allow.

        Asked again just before sending, it says whether a message that pacing or a pause delayed may still go out.
        """
        latest = due.at + _LONGEST_HOLD
        while due.at <= latest:
            moved = due
            if self.quiet_hours is not None:
                allowed = self.quiet_hours.next_allowed(due.at, recipient.zone)
                moved = moved.until(allowed, Hold.QUIET_HOURS)
            if advertising is not None:
                consented = advertising.decide(
                    moved.at, recipient.channel, recipient.consent, country=recipient.country
                )
                if isinstance(consented, Excluded):
                    return consented
                moved = moved.until(consented.at, Hold.NIGHT_ADVERTISING)
            if moved.at == due.at:
                return due.within(expires_at)
            due = moved
        return Excluded(Exclusion.NO_ALLOWED_HOUR, after=due.holds)

    def check_advertising(self, advertising: AdvertisingRules, *, field: str = "timing") -> None:
        """Refuse quiet hours of a named zone that leave no hour beside the night of advertising."""
        if self.quiet_hours is None or self.quiet_hours.time_zone is None:
            return
        zone = zone_named(self.quiet_hours.time_zone, field="time_zone")
        recipient = Recipient(zone, Channel.PUSH, Consent(ad=True), "KR")
        for day in (datetime(2026, 1, 15), datetime(2026, 7, 15)):
            decision = self.hold(Due(day.replace(tzinfo=zone)), recipient, advertising=advertising)
            if isinstance(decision, Excluded):
                path = f"{field}.quiet_hours" if field else "quiet_hours"
                raise InvalidInput(
                    f"{path} leave no hour for advertising, which is not sent from 21:00 to 08:00 in Korea",
                    field=path,
                    fix="shorten the quiet hours",
                )

    def to_json(self) -> dict[str, Json]:
        shown: dict[str, Json] = {
            "schedule": self.schedule.to_json(),
            "downtime": self.downtime.to_json(),
            "priority": self.priority.value,
            "dedupe": self.dedupe.value,
        }
        for name, rule in (
            ("local_delivery", self.local_delivery),
            ("quiet_hours", self.quiet_hours),
            ("pacing", self.pacing),
        ):
            if rule is not None:
                shown[name] = rule.to_json()
        if self.expires_after is not None:
            shown["expires_after_seconds"] = self.expires_after // timedelta(seconds=1)
        if self.frequency_caps:
            shown["frequency_caps"] = [cap.to_json() for cap in self.frequency_caps]
        return shown


MEMBERS: Final = (
    "schedule",
    "downtime",
    "local_delivery",
    "quiet_hours",
    "expires_after_seconds",
    "pacing",
    "frequency_caps",
    "priority",
    "dedupe",
)
"""What the JSON of a Timing may hold; all of it may be left out."""


def timing_from_json(value: Json, *, now: datetime | None, field: str = "timing") -> Timing:
    """Read all rules and check them against one another; raise InvalidInput naming the field.

    `now` refuses what is over; None reads what was checked when it was stored. `field=""`: the members stand at the top.
    """
    fields = Fields.of(value, field, MEMBERS)
    get, at = fields.get, fields.at
    shortest, longest = (span // timedelta(seconds=1) for span in (MIN_EXPIRY, MAX_EXPIRY))
    expiry = fields.whole("expires_after_seconds", shortest, longest)
    timing = Timing(
        schedule=schedule_from_json(get("schedule"), now=now, field=at("schedule"))
        if fields.has("schedule")
        else AT_ONCE,
        downtime=downtime_from_json(get("downtime"), field=at("downtime"))
        if fields.has("downtime")
        else DEFAULT_DOWNTIME,
        local_delivery=local_delivery_from_json(get("local_delivery"), now=now, field=at("local_delivery"))
        if fields.has("local_delivery")
        else None,
        quiet_hours=quiet_hours_from_json(get("quiet_hours"), field=at("quiet_hours"))
        if fields.has("quiet_hours")
        else None,
        expires_after=None if expiry is None else timedelta(seconds=expiry),
        pacing=pacing_from_json(get("pacing"), field=at("pacing")) if fields.has("pacing") else None,
        frequency_caps=frequency_caps_from_json(get("frequency_caps"), field=at("frequency_caps"))
        if fields.has("frequency_caps")
        else (),
        priority=fields.choice("priority", Priority) or Priority.NORMAL,
        dedupe=dedupe_from_json(get("dedupe"), field=at("dedupe")) if fields.has("dedupe") else Dedupe.ALL,
    )
    _refuse_contradictions(timing, fields)
    return timing


def _refuse_contradictions(timing: Timing, fields: Fields) -> None:
    schedule, local, quiet = timing.schedule, timing.local_delivery, timing.quiet_hours
    run = schedule.at if isinstance(schedule, AtInstant) else None
    run = schedule.instant if isinstance(schedule, AtWallTime) else run
    if local is not None and local.day is not None:
        if isinstance(schedule, Recurring):
            raise fields.refused(
                "local_delivery.date",
                "contradicts a recurring schedule",
                "leave it out: each run has its own day",
            )
        if run is not None and local.span(local.day)[1] < run:
            raise fields.refused(
                "local_delivery.date",
                f"has passed everywhere when the campaign runs ({instant_text(run)})",
                "choose a later date or an earlier schedule",
            )
    if quiet is None:
        return
    if local is not None and quiet.time_zone is None and quiet.covers(local.at):
        raise fields.refused(
            "local_delivery.time", "lies in the quiet hours", "choose a time outside, or other quiet hours"
        )
    if local is None and run is not None and quiet.time_zone is not None:
        zone = zone_named(quiet.time_zone, field="time_zone")
        if quiet.is_quiet(run, zone):
            raise fields.refused(
                "schedule.at", "lies in the quiet hours", "choose a time outside, or other quiet hours"
            )
