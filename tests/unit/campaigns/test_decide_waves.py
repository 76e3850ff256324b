"""Groups become waves: ordered, one per instant, zone, route and rule; groups that get nothing have a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from application.campaigns.decide_waves import decide_waves, needs_zones
from application.ports.campaign_audience import Group
from domain.campaigns.advertising import advertising_from_json
from domain.campaigns.timing import Timing, timing_from_json
from domain.shared.channels import SubscriptionType

NOW = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)  # 09:00 in Seoul, 01:00 in Berlin
SEOUL = ZoneInfo("Asia/Seoul")
RULES = advertising_from_json({"sender_name": "Shop", "opt_out": {"push": "off"}})
IOS, ANDROID = SubscriptionType.IOS_PUSH, SubscriptionType.ANDROID_PUSH


def timing(**members: Any) -> Timing:
    return timing_from_json(members, now=NOW, field="")


def group(key: str = "", type_: SubscriptionType = IOS, **facts: Any) -> Group:
    given = {
        "tag_zone": None,
        "property_zone": None,
        "country": None,
        "ad_consent": False,
        "night_consent": False,
    }
    return Group(key=key, type=type_, n=1, **{**given, **facts})


def test_without_rules_each_route_is_one_wave_due_at_once() -> None:
    """In the order of the routes, without a zone or a window."""
    found = decide_waves(
        timing(), [group(type_=ANDROID), group()], started_at=NOW, home_zone=SEOUL, advertising=None
    )
    assert [(one.number, one.type, one.due_at, one.zone, one.open_until) for one in found.waves] == [
        (0, IOS, NOW, None, None), (1, ANDROID, NOW, None, None),
    ]  # fmt: skip
    assert [(one.group.type, one.wave, one.reason) for one in found.verdicts] == [
        (ANDROID, 1, None),
        (IOS, 0, None),
    ]


def test_local_delivery_makes_waves_in_the_order_in_which_they_are_due() -> None:
    """A zone that is none falls back and is noted; a country stands in for a zone that is not known."""
    rules = timing(local_delivery={"time": "12:00", "fallback_time_zone": "America/New_York"})
    groups = [
        group("b", tag_zone="Europe/Berlin"),
        group("k", country="KR"),
        group("m", tag_zone="Mars", property_zone="Asia/Tokyo"),
        group("n"),
    ]
    found = decide_waves(rules, groups, started_at=NOW, home_zone=SEOUL, advertising=None)
    assert [wave.zone for wave in found.waves] == [
        "Asia/Seoul",
        "Asia/Tokyo",
        "Europe/Berlin",
        "America/New_York",
    ]
    assert [wave.due_at for wave in found.waves] == sorted(wave.due_at for wave in found.waves)
    assert all(wave.holds == ("local_time",) for wave in found.waves)
    notes = {one.group.key: one.zone_note for one in found.verdicts}
    assert notes["m"] == "subscription_tag timezone 'Mars' is not an IANA time zone"
    assert notes["b"] is notes["n"] is None


def test_quiet_hours_move_a_wave_and_close_its_window() -> None:
    rules = timing(quiet_hours={"from": "08:00", "to": "10:00", "time_zone": "Asia/Seoul"})
    (wave,) = decide_waves(rules, [group()], started_at=NOW, home_zone=SEOUL, advertising=None).waves
    assert wave.due_at == NOW + timedelta(hours=1)
    assert wave.open_until == NOW + timedelta(hours=23)
    assert wave.holds == ("quiet_hours",)


def test_consent_divides_people_at_night() -> None:
    """No consent: excluded. Consent to advertising: the morning. To the night as well: at once."""
    night = NOW + timedelta(hours=14)  # 23:00 in Seoul
    groups = [
        group("none"),
        group("day", ad_consent=True),
        group("night", ad_consent=True, night_consent=True),
    ]
    found = decide_waves(timing(), groups, started_at=night, home_zone=SEOUL, advertising=RULES)
    assert [(one.group.key, one.wave, one.reason) for one in found.verdicts] == [
        ("none", None, "no_ad_consent"), ("day", 1, None), ("night", 0, None),
    ]  # fmt: skip
    at_once, morning = found.waves
    assert (at_once.due_at, at_once.night_held, at_once.open_until) == (night, False, None)
    assert (morning.due_at, morning.night_held) == (NOW + timedelta(hours=23), True)
    assert morning.open_until == NOW + timedelta(hours=36)


def test_expiry_counts_from_the_time_without_holds() -> None:
    """What is held until after it, is left out."""
    rules = timing(
        quiet_hours={"from": "08:00", "to": "12:00", "time_zone": "Asia/Seoul"}, expires_after_seconds=7_200
    )
    found = decide_waves(rules, [group()], started_at=NOW, home_zone=SEOUL, advertising=None)
    assert (found.waves, found.verdicts[0].reason) == ((), "expired")
    short = timing(
        quiet_hours={"from": "08:00", "to": "10:00", "time_zone": "Asia/Seoul"}, expires_after_seconds=7_200
    )
    (wave,) = decide_waves(short, [group()], started_at=NOW, home_zone=SEOUL, advertising=None).waves
    assert wave.expires_at == NOW + timedelta(hours=2)


def test_zones_are_asked_for_only_where_they_matter() -> None:
    """A campaign that goes out at once reads nobody's time zone."""
    assert not needs_zones(timing())
    assert not needs_zones(timing(quiet_hours={"from": "21:00", "to": "08:00", "time_zone": "Asia/Seoul"}))
    assert needs_zones(timing(quiet_hours={"from": "21:00", "to": "08:00"}))
    assert needs_zones(timing(local_delivery={"time": "09:00", "fallback_time_zone": "Asia/Seoul"}))
