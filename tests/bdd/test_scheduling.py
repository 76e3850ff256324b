"""Steps of features/campaigns/scheduling.feature: rules of time, asked directly, because they need no server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs
import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from domain.campaigns.advertising import Consent, advertising_from_json
from domain.campaigns.advertising_text import Wording
from domain.campaigns.decision import Decision, Excluded
from domain.campaigns.dedupe import Candidate, Dedupe, deduplicate
from domain.campaigns.downtime import Downtime, DowntimePolicy, DueRuns
from domain.campaigns.frequency_cap import FrequencyCap, capped
from domain.campaigns.local_delivery import IfPassed, LocalDelivery
from domain.campaigns.pacing import Pacing, pacing_from_json
from domain.campaigns.quiet_hours import QuietHours
from domain.campaigns.recipient_zone import zone_of_recipient
from domain.campaigns.schedule import AT_ONCE, Schedule, runs_between, schedule_from_json
from domain.campaigns.timing import Recipient, Timing
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput

scenarios("../../features/campaigns/scheduling.feature")

SHOP = advertising_from_json(
    {
        "sender_name": "자동상점",
        "opt_out": {"push": "수신거부: 설정 > 알림", "sms": "무료수신거부 080-123-4567"},
    }
)
NOW = datetime(2026, 5, 4, 3, tzinfo=UTC)


@attrs.define
class Plan:
    """What the scenario has said about its campaign so far."""

    schedule: Schedule = AT_ONCE
    downtime: DowntimePolicy = attrs.field(factory=DowntimePolicy)
    judged: DueRuns = attrs.field(factory=DueRuns)
    timing: Timing = attrs.field(factory=Timing)
    started_at: datetime = NOW
    refusal: InvalidInput | None = None
    cap: FrequencyCap | None = None
    devices: dict[str, Candidate] = attrs.field(factory=dict)
    reached: tuple[Candidate, ...] = ()

    def attempt(self, read: Callable[[], object]) -> None:
        with pytest.raises(InvalidInput) as refused:
            read()
        self.refusal = refused.value


@pytest.fixture
def plan() -> Plan:
    return Plan()


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.strip()).replace(tzinfo=UTC)


def told(decision: Decision, verb: str = "gets it at", nothing: str = "gets nothing") -> str:
    """A decision in the words of the feature."""
    if isinstance(decision, Excluded):
        return f"{nothing}, because of {decision.reason}"
    return f"{verb} {decision.at:%Y-%m-%d %H:%M}"


# Runs


def schedule(cron: str, zone: str) -> Schedule:
    return schedule_from_json({"type": "recurring", "cron": cron, "time_zone": zone}, now=NOW)


@given(parsers.re(r'a campaign that runs at "(?P<cron>[^"]+)" in (?P<zone>\S+)'))
def campaign(plan: Plan, cron: str, zone: str) -> None:
    plan.schedule = schedule(cron, zone)


@when(parsers.re(r'somebody wants a campaign that runs at "(?P<cron>[^"]+)" in (?P<zone>\S+)'))
def wanted(plan: Plan, cron: str, zone: str) -> None:
    plan.attempt(lambda: schedule(cron, zone))


@then(parsers.parse("between {start} and {end} it runs at {runs}"))
def runs_at(plan: Plan, start: str, end: str, runs: str) -> None:
    found = runs_between(plan.schedule, instant(start), instant(end), limit=10)
    assert list(found) == [instant(one) for one in runs.split(",")]


@then(parsers.parse('it is refused, and the fault is in "{field}"'))
def is_refused(plan: Plan, field: str) -> None:
    assert plan.refusal is not None
    assert plan.refusal.field == field
    assert plan.refusal.fix


# Downtime


@given(parsers.re(r"after downtime it is to be sent up to (?P<hours>\d+) hours late"))
def send_late(plan: Plan, hours: str) -> None:
    plan.downtime = DowntimePolicy(Downtime.SEND_LATE, timedelta(hours=int(hours)))


@given("after downtime it is to be marked missed")
def mark_missed(plan: Plan) -> None:
    plan.downtime = DowntimePolicy(Downtime.MARK_MISSED)


@when(parsers.parse("nothing ran from {start} to {end}"))
def nothing_ran(plan: Plan, start: str, end: str) -> None:
    plan.judged = plan.downtime.due(plan.schedule, since=instant(start), now=instant(end))


@then(parsers.parse("{started} starts, and {missed:d} runs are marked missed"))
def starts(plan: Plan, started: str, missed: int) -> None:
    run = plan.judged.run
    assert started == ("nothing" if run is None else f"that of {run:%H:%M}")
    assert missed == (plan.judged.missed.count if plan.judged.missed else 0)


# Local time and quiet hours


@given(
    parsers.parse("a campaign that people get on {day} at {clock}, in {zone} if nobody knows where they live")
)
def local_campaign(plan: Plan, day: str, clock: str, zone: str) -> None:
    local = LocalDelivery(at=time.fromisoformat(clock), day=date.fromisoformat(day), fallback_zone=zone)
    plan.timing = attrs.evolve(plan.timing, local_delivery=local)


@given(parsers.parse("where the time has passed, it is to be {choice}"))
def if_passed(plan: Plan, choice: str) -> None:
    assert plan.timing.local_delivery is not None
    local = attrs.evolve(plan.timing.local_delivery, if_passed=IfPassed(choice))
    plan.timing = attrs.evolve(plan.timing, local_delivery=local)


@given(parsers.parse("quiet hours from {start} to {end}"))
def quiet_hours(plan: Plan, start: str, end: str) -> None:
    quiet = QuietHours(time.fromisoformat(start), time.fromisoformat(end))
    plan.timing = attrs.evolve(plan.timing, quiet_hours=quiet)


@given(parsers.parse("messages that are good for {hours:d} hours"))
def good_for(plan: Plan, hours: int) -> None:
    plan.timing = attrs.evolve(plan.timing, expires_after=timedelta(hours=hours))


@when(parsers.parse("it starts at {start}"))
def it_starts(plan: Plan, start: str) -> None:
    plan.started_at = instant(start)


@then(parsers.re(r"who lives by (?P<zone>\S+) (?P<outcome>gets .+)"))
def outcome_by_zone(plan: Plan, zone: str, outcome: str) -> None:
    recipient = Recipient(ZoneInfo(zone), Channel.PUSH)
    assert told(plan.timing.decide(recipient, plan.started_at)) == outcome


@then(
    parsers.re(
        r'who says to live by "(?P<said>[^"]+)" in (?P<country>\w+) gets it at (?P<due>[\d :-]+),'
        r' and the report says that "(?P<reported>[^"]+)" is no zone'
    )
)
def said_zone(plan: Plan, said: str, country: str, due: str, reported: str) -> None:
    assert plan.timing.local_delivery is not None
    found = zone_of_recipient(
        tags={"timezone": said},
        properties={},
        country=country,
        fallback=plan.timing.local_delivery.fallback_zone,
    )
    assert [one.value for one in found.invalid] == [reported]
    recipient = Recipient(ZoneInfo(found.name), Channel.PUSH)
    assert told(plan.timing.decide(recipient, plan.started_at)) == f"gets it at {due}"


@then(parsers.re(r"what is due at (?P<due>[\d :-]+) for who lives by (?P<zone>\S+) (?P<outcome>is .+)"))
def what_is_due(plan: Plan, due: str, zone: str, outcome: str) -> None:
    recipient = Recipient(ZoneInfo(zone), Channel.PUSH)
    assert told(plan.timing.decide(recipient, instant(due)), "is sent at", "is not sent") == outcome


# Advertising


@then(
    parsers.re(
        r"an advertisement by (?P<channel>\w+) that is due at (?P<due>[\d :-]+)"
        r" for who agreed to (?P<agreed>[\w ]+?) (?P<outcome>is (?:not )?sent.+)"
    )
)
def advertisement(channel: str, due: str, agreed: str, outcome: str) -> None:
    consent = Consent(ad="advertising" in agreed, night="night" in agreed)
    decision = SHOP.decide(instant(due), Channel.from_wire(channel), consent)
    assert told(decision, "is sent at", "is not sent") == outcome


@then(parsers.parse('the text message "{text}" is sent as "{lines}"'))
def worded(text: str, lines: str) -> None:
    marked = SHOP.text.mark(Channel.SMS, Wording(body=text))
    assert marked.body == lines.replace(" / ", "\n")


# Pace, caps, devices


@then(
    parsers.parse(
        "at {pace:d} messages a second a chunk holds {size:d}, and {count:d} messages take {minutes}"
    )
)
def pace(pace: int, size: int, count: int, minutes: str) -> None:
    pacing = Pacing(pace)
    assert pacing.chunk_size == size
    assert pacing.duration(count) == timedelta(minutes=int(minutes.split()[0]))


@when(parsers.parse("somebody wants a pace of {pace:d} messages a second"))
def wants_pace(plan: Plan, pace: int) -> None:
    plan.attempt(lambda: pacing_from_json({"per_second": pace}))


@given(parsers.parse("a cap of {messages:d} messages in {hours:d} hours"))
def cap(plan: Plan, messages: int, hours: int) -> None:
    plan.cap = FrequencyCap(messages, timedelta(hours=hours))


@then(parsers.re(r"who got messages (?P<before>[\d, ]+) hours ago (?P<outcome>gets .+)"))
def capped_or_not(plan: Plan, before: str, outcome: str) -> None:
    assert plan.cap is not None
    sent = [NOW - timedelta(hours=int(one)) for one in before.split(",")]
    excluded = capped([plan.cap], at=NOW, sent_to_user=sent, sent_to_subscription=[])
    assert outcome == ("gets another one" if excluded is None else told(excluded))


@given(
    parsers.re(r"Minsu's (?P<device>[\w ]+), (?:last used (?P<hours>\d+) hours ago|(?P<never>never used))")
)
def device(plan: Plan, device: str, hours: str | None, never: str | None) -> None:
    plan.devices[device] = Candidate(
        subscription_id=UUID(int=len(plan.devices) + 1),
        user_id=UUID(int=0),
        channel=Channel.PUSH,
        last_active_at=None if never else NOW - timedelta(hours=int(hours or 0)),
        created_at=NOW,
    )


@when("a campaign reaches one device of each person")
def reaches_one(plan: Plan) -> None:
    plan.reached = deduplicate(plan.devices.values(), Dedupe.ONE_PER_CHANNEL).chosen


@then(parsers.parse("Minsu gets it on his {device}"))
def gets_it_on(plan: Plan, device: str) -> None:
    assert plan.reached == (plan.devices[device],)
