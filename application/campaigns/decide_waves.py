"""From groups of people to waves: each group is judged once by the rules of time, however many people it holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import attrs

from application.ports.campaign_audience import Group, Verdict, Wave
from domain.campaigns.advertising import AdvertisingRules, Consent
from domain.campaigns.decision import Due, Excluded, Exclusion
from domain.campaigns.recipient_zone import TIME_ZONE_KEY, zone_of_recipient
from domain.campaigns.sending_window import QuietRules
from domain.campaigns.timing import Recipient, Timing
from domain.campaigns.zones import zone_named
from domain.shared.channels import Channel, SubscriptionType


@attrs.frozen(slots=True)
class Waves:
    """Waves in the order in which they are sent, and what becomes of each group."""

    waves: tuple[Wave, ...]
    verdicts: tuple[Verdict, ...]


@attrs.frozen(slots=True)
class _Place:
    """What the people of one wave have in common; waves are numbered in this order."""

    due_at: datetime
    zone: str
    type: SubscriptionType
    night_held: bool

    @property
    def order(self) -> tuple[datetime, str, int, bool]:
        return self.due_at, self.zone, int(self.type), self.night_held


@attrs.frozen(slots=True)
class _Judged:
    group: Group
    place: _Place | None
    reason: str | None
    note: str | None
    expires_at: datetime | None = None
    closes: datetime | None = None
    holds: tuple[str, ...] = ()


def needs_zones(timing: Timing) -> bool:
    """Whether somebody's own time zone matters to this campaign."""
    quiet = timing.quiet_hours
    return timing.local_delivery is not None or (quiet is not None and quiet.time_zone is None)


def decide_waves(
    timing: Timing,
    groups: Sequence[Group],
    *,
    started_at: datetime,
    home_zone: ZoneInfo,
    advertising: AdvertisingRules | None,
) -> Waves:
    """`home_zone` is the application's; `advertising` is None unless the campaign is that."""
    judged = [_judge(timing, group, started_at, home_zone, advertising) for group in groups]
    places = sorted({one.place for one in judged if one.place is not None}, key=lambda place: place.order)
    numbers = {place: number for number, place in enumerate(places)}
    first = {one.place: one for one in reversed(judged) if one.place is not None}
    zoned = needs_zones(timing)
    return Waves(
        tuple(
            Wave(
                number=number,
                type=place.type,
                zone=place.zone if zoned else None,
                night_held=place.night_held,
                due_at=place.due_at,
                expires_at=first[place].expires_at,
                open_from=None,
                open_until=first[place].closes,
                holds=first[place].holds,
            )
            for place, number in numbers.items()
        ),
        tuple(
            Verdict(
                group=one.group,
                wave=None if one.place is None else numbers[one.place],
                reason=one.reason,
                zone_note=one.note,
            )
            for one in judged
        ),
    )


def _judge(
    timing: Timing,
    group: Group,
    started_at: datetime,
    home_zone: ZoneInfo,
    advertising: AdvertisingRules | None,
) -> _Judged:
    zone, note = _zone(timing, group, home_zone)
    consent = Consent(group.ad_consent, group.night_consent)
    recipient = Recipient(zone, group.type.channel, consent, group.country)
    decision = timing.decide(recipient, started_at, advertising=advertising)
    if isinstance(decision, Excluded):
        return _Judged(group, None, decision.reason.value, note)
    night_held = advertising is not None and _held_at_night(advertising, recipient)
    window = QuietRules(timing.quiet_hours, night_held, zone).window(decision.at)
    if window is None:
        return _Judged(group, None, Exclusion.NO_ALLOWED_HOUR.value, note)
    place = _Place(decision.at, zone.key if needs_zones(timing) else "", group.type, night_held)
    return _Judged(
        group,
        place,
        None,
        note,
        _expiry(timing, zone, started_at),
        window.closes,
        tuple(hold.value for hold in decision.holds),
    )


def _zone(timing: Timing, group: Group, home_zone: ZoneInfo) -> tuple[ZoneInfo, str | None]:
    """The zone that counts for a group, and what was wrong with the zones that were named."""
    if not needs_zones(timing):
        return home_zone, None
    local = timing.local_delivery
    found = zone_of_recipient(
        tags={TIME_ZONE_KEY: group.tag_zone},
        properties={TIME_ZONE_KEY: group.property_zone},
        country=group.country,
        fallback=home_zone.key if local is None else local.fallback_zone,
    )
    note = "; ".join(one.reason for one in found.invalid) or None
    return zone_named(found.name, field="time_zone"), note


def _held_at_night(advertising: AdvertisingRules, recipient: Recipient) -> bool:
    if not advertising.protects(recipient.country) or recipient.consent.night:
        return False
    return not (recipient.channel is Channel.EMAIL and advertising.email_at_night)


def _expiry(timing: Timing, zone: ZoneInfo, started_at: datetime) -> datetime | None:
    """Counted from when the message would be due without any hold."""
    if timing.expires_after is None:
        return None
    local = Due(started_at)
    if timing.local_delivery is not None:
        decided = timing.local_delivery.due_at(zone, started_at)
        local = decided if isinstance(decided, Due) else local
    return local.at + timing.expires_after
