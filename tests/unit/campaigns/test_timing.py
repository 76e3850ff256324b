"""All rules together: one decision for each recipient, which obeys every rule, and no rules that contradict one another."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.campaigns.advertising import NIGHT, AdvertisingRules, Consent, advertising_from_json
from domain.campaigns.decision import Due, Excluded, Exclusion, Hold
from domain.campaigns.local_delivery import IfPassed, LocalDelivery
from domain.campaigns.quiet_hours import QuietHours
from domain.campaigns.timing import Recipient, Timing, timing_from_json
from domain.campaigns.zones import instant_of
from domain.shared.channels import Channel
from domain.shared.json_values import Json
from tests.unit.campaigns.moments import ZONES, at, refusal

SEOUL, BERLIN, NEW_YORK = (ZoneInfo(name) for name in ("Asia/Seoul", "Europe/Berlin", "America/New_York"))
AD: AdvertisingRules = advertising_from_json(
    {"sender_name": "자동상점", "opt_out": {"push": "수신거부: 설정"}}
)
NOW = at("2026-05-01T00:00Z")
QUIET = QuietHours(time(22), time(7))


AGREED = Consent(ad=True)


def person(zone: ZoneInfo = SEOUL, consent: Consent = AGREED, country: str | None = None) -> Recipient:
    return Recipient(zone, Channel.PUSH, consent, country)


def test_a_campaign_without_rules_is_due_at_once() -> None:
    """For everybody."""
    assert Timing().decide(person(), NOW) == Due(NOW)


def test_local_time_then_quiet_hours_then_the_night_of_advertising() -> None:
    """21:30 in Seoul is not quiet yet, but night for advertising; each hold is named in the order of its effect."""
    evening = LocalDelivery(at=time(21, 30), day=date(2026, 5, 4), fallback_zone="Asia/Seoul")
    timing = Timing(local_delivery=evening, quiet_hours=QUIET)
    assert timing.decide(person(), NOW) == Due(at("2026-05-04T12:30Z"), (Hold.LOCAL_TIME,))
    held = Due(at("2026-05-04T23:00Z"), (Hold.LOCAL_TIME, Hold.NIGHT_ADVERTISING))
    assert timing.decide(person(), NOW, advertising=AD) == held
    # In Berlin the same wall time is 04:30 in Seoul; then 08:00 in Seoul is 01:00 in Berlin, which is quiet.
    both = Due(at("2026-05-05T05:00Z"), (Hold.LOCAL_TIME, Hold.NIGHT_ADVERTISING, Hold.QUIET_HOURS))
    assert timing.decide(person(BERLIN), NOW, advertising=AD) == both


def test_who_gave_no_consent_is_left_out_whatever_the_hour() -> None:
    """Unless the campaign is no advertising."""
    nobody = person(consent=Consent())
    assert Timing().decide(nobody, NOW, advertising=AD) == Excluded(Exclusion.NO_AD_CONSENT)
    assert Timing().decide(nobody, NOW) == Due(NOW)


def test_expiry_counts_from_when_the_message_was_due_without_holds() -> None:
    """Nine hours of quiet are too long for a message that is good for eight; the last zone is no worse off than the first."""
    local = LocalDelivery(at=time(22), day=date(2026, 5, 4), fallback_zone="Asia/Seoul")
    for hours, zone in ((8, SEOUL), (9, SEOUL), (10, SEOUL), (8, NEW_YORK), (10, NEW_YORK)):
        timing = Timing(local_delivery=local, quiet_hours=QUIET, expires_after=timedelta(hours=hours))
        decision = timing.decide(person(zone), NOW)
        if hours < 10:
            assert decision == Excluded(Exclusion.EXPIRED, (Hold.LOCAL_TIME, Hold.QUIET_HOURS))
        else:
            assert isinstance(decision, Due)
            assert decision.expires_at == decision.at + timedelta(hours=1)


def test_rules_that_leave_no_hour_leave_the_recipient_out() -> None:
    """In New York only the hour from 08:00 is not quiet; that is 21:00 in Korea, or 22:00, and night there."""
    timing = Timing(quiet_hours=QuietHours(time(9), time(8)))
    decision = timing.decide(person(NEW_YORK), NOW, advertising=AD)
    assert isinstance(decision, Excluded)
    assert decision.reason is Exclusion.NO_ALLOWED_HOUR
    assert isinstance(timing.decide(person(NEW_YORK), NOW), Due)


def test_it_is_asked_again_before_a_delayed_message_is_sent() -> None:
    """What pacing or a pause moved into the night is held from there."""
    timing = Timing(quiet_hours=QUIET)
    late = at("2026-05-04T13:10Z")  # 22:10 in Seoul
    assert timing.hold(Due(late), person()) == Due(at("2026-05-04T22:00Z"), (Hold.QUIET_HOURS,))
    expires = at("2026-05-04T21:00Z")
    assert timing.hold(Due(late), person(), expires_at=expires) == Excluded(
        Exclusion.EXPIRED, (Hold.QUIET_HOURS,)
    )


CLOCKS = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@settings(max_examples=300, deadline=None)
@given(
    st.tuples(CLOCKS, CLOCKS).filter(lambda pair: pair[0] != pair[1]),
    st.one_of(st.none(), CLOCKS),
    st.sampled_from(ZONES),
    st.datetimes(datetime(2020, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC)),
    st.booleans(),
    st.booleans(),
    st.one_of(st.none(), st.timedeltas(timedelta(minutes=1), timedelta(days=2))),
)
def test_a_decision_obeys_every_rule(
    window: tuple[time, time],
    clock: time | None,
    zone: str,
    started: datetime,
    is_advertising: bool,
    night: bool,
    expires_after: timedelta | None,
) -> None:
    """Never before the start, in quiet hours, in the night of advertising or after expiry; and asking again changes nothing."""
    quiet, place = QuietHours(*window), ZoneInfo(zone)
    local = None if clock is None else LocalDelivery(at=clock, fallback_zone="Asia/Seoul")
    timing = Timing(local_delivery=local, quiet_hours=quiet, expires_after=expires_after)
    recipient = person(place, Consent(ad=True, night=night))
    advertising = AD if is_advertising else None
    decision = timing.decide(recipient, started, advertising=advertising)
    unheld = Timing(local_delivery=local).decide(recipient, started)
    assert isinstance(unheld, Due)
    if isinstance(decision, Excluded):
        assert decision.reason in (Exclusion.EXPIRED, Exclusion.NO_ALLOWED_HOUR)
        return
    assert decision.at >= unheld.at >= started
    assert not quiet.is_quiet(decision.at, place)
    assert not (is_advertising and not night and NIGHT.is_quiet(decision.at, place))
    assert expires_after is None or decision.at < unheld.at + expires_after
    assert timing.hold(Due(decision.at), recipient, advertising=advertising) == Due(decision.at)
    assert (decision.at > unheld.at) == bool(set(decision.holds) - set(unheld.holds))


@settings(deadline=None)
@given(st.sampled_from(ZONES), CLOCKS, st.dates(date(2020, 1, 1), date(2050, 1, 1)))
def test_the_wall_time_is_the_one_asked_for_unless_a_rule_moves_it(zone: str, clock: time, day: date) -> None:
    """With time enough for every zone."""
    local = LocalDelivery(at=clock, day=day, fallback_zone="UTC", if_passed=IfPassed.SKIP)
    timing = Timing(local_delivery=local, quiet_hours=QuietHours(time(22), time(7)))
    place = ZoneInfo(zone)
    started = local.span(day)[0]
    decision = timing.decide(person(place), started)
    assume(
        not timing.quiet_hours
        or not timing.quiet_hours.is_quiet(instant_of(datetime.combine(day, clock), place), place)
    )
    assert isinstance(decision, Due)
    assert decision.at == instant_of(datetime.combine(day, clock), place)


EVERYTHING: dict[str, Json] = {
    "schedule": {"type": "scheduled", "at": "2026-05-03T15:00:00Z"},
    "downtime": {"policy": "send_late", "max_lateness_seconds": 7_200},
    "local_delivery": {
        "time": "09:00",
        "date": "2026-05-05",
        "fallback_time_zone": "Asia/Seoul",
        "if_passed": "next_day",
    },
    "quiet_hours": {"from": "21:00", "to": "08:00", "time_zone": "recipient"},
    "expires_after_seconds": 86_400,
    "pacing": {"per_second": 500},
    "frequency_caps": [{"messages": 3, "window_seconds": 604_800, "per": "user"}],
    "priority": "essential",
    "dedupe": "one_per_channel",
}


def test_everything_survives_the_way_to_the_database_and_back() -> None:
    """And writes what it read; nothing at all is a campaign that runs at once."""
    timing = timing_from_json(EVERYTHING, now=NOW)
    assert timing.to_json() == EVERYTHING
    assert timing_from_json(timing.to_json(), now=None) == timing
    assert timing_from_json({}, now=NOW) == Timing()
    assert timing_from_json(Timing().to_json(), now=NOW) == Timing()


RECURRING: Json = {"type": "recurring", "cron": "0 9 * * *", "time_zone": "Asia/Seoul"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"schedule": {"type": "scheduled", "at": "2026-04-30T00:00:00Z"}}, "schedule.at"),
        ({"schedule": {**RECURRING, "cron": "0 9 * *"}}, "schedule.cron"),  # type: ignore[dict-item]
        ({"downtime": {"policy": "burst"}}, "downtime.policy"),
        ({"local_delivery": {"time": "09:00"}}, "local_delivery.fallback_time_zone"),
        ({"quiet_hours": {"from": "21:00", "to": "21:00"}}, "quiet_hours.to"),
        ({"pacing": {"per_second": 0}}, "pacing.per_second"),
        ({"frequency_caps": [{"messages": 0}]}, "frequency_caps[0].messages"),
        ({"priority": "urgent"}, "priority"),
        ({"dedupe": "some"}, "dedupe"),
        ({"expires_after_seconds": 0}, "expires_after_seconds"),
        ({"expires_after_seconds": 29 * 86_400}, "expires_after_seconds"),
        # A date for all runs of a recurring campaign; one that is over when the campaign runs.
        ({"schedule": RECURRING}, "local_delivery.date"),
        ({"schedule": {"type": "scheduled", "at": "2026-05-06T15:00:00Z"}}, "local_delivery.date"),
        # Every single message would be held.
        ({"quiet_hours": {"from": "08:00", "to": "10:00"}}, "local_delivery.time"),
        (
            {
                "local_delivery": None,
                "quiet_hours": {"from": "21:00", "to": "08:00", "time_zone": "Asia/Seoul"},
            },
            "schedule.at",
        ),
    ],
    ids=str,
)
def test_unusable_or_contradictory_rules_are_refused_by_name(changes: dict[str, Json], field: str) -> None:
    """Under the name that the caller gave the whole, or at the top."""
    given_ = {**EVERYTHING, **changes}
    assert refusal(lambda: timing_from_json(given_, now=NOW)).field == f"timing.{field}"
    assert refusal(lambda: timing_from_json(given_, now=NOW, field="")).field == field


def test_quiet_hours_that_leave_no_hour_for_advertising_are_refused() -> None:
    """Quiet by day in Korea and night by law: nothing could ever be sent."""
    timing = Timing(quiet_hours=QuietHours(time(8), time(21), "Asia/Seoul"))
    assert refusal(lambda: timing.check_advertising(AD)).field == "timing.quiet_hours"
    assert refusal(lambda: timing.check_advertising(AD, field="")).field == "quiet_hours"
    Timing(quiet_hours=QuietHours(time(8), time(20), "Asia/Seoul")).check_advertising(AD)
    Timing(quiet_hours=QuietHours(time(8), time(21))).check_advertising(AD)
    Timing().check_advertising(AD)
