"""Steps of features/campaigns/sending.feature: a marketer's campaigns, sent by a whole node to real provider servers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import attrs
import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from application.campaigns.commands import (
    CampaignCommand,
    CreateCampaignCommand,
    DryRunCommand,
    ExplainRecipientCommand,
    LaunchCampaignCommand,
    ListCampaignsCommand,
    StopCampaignCommand,
    TriggerCampaignCommand,
)
from application.campaigns.dry_run import DryRun
from application.quota.commands import SetQuotaCommand
from domain.campaigns.campaign import Campaign
from domain.campaigns.lifecycle import CampaignStatus
from tests.bdd.people import report
from tests.bdd.wording import PHONE
from tests.bdd.world import World

pytestmark = pytest.mark.slow

scenarios("../../features/campaigns/sending.feature")

EVERYBODY: dict[str, Any] = {"include": [{"everyone": True}]}
TITLED = r'"(?P<title>[^"]+)"'


@attrs.define
class Desk:
    """What the marketer remembers: campaigns by name, and the last dry run."""

    campaigns: dict[str, UUID] = attrs.field(factory=dict)
    tried: tuple[str, DryRun] | None = None


@pytest.fixture(scope="module")
def begins_at_rest() -> bool:
    """What is stopped at once must not be under way already."""
    return True


@pytest.fixture
def desk() -> Desk:
    return Desk()


def draft(world: World, desk: Desk, title: str, **plan: Any) -> None:
    given_plan = {"name": title, "title": title, "targeting_criteria": EVERYBODY, **plan}
    command = CreateCampaignCommand(application_id=world.shop.id, actor="operator", plan=given_plan)
    desk.campaigns[title] = world.run(world.use_cases.create_campaign()(command)).id


def named(world: World, desk: Desk, title: str) -> CampaignCommand:
    return CampaignCommand(application_id=world.shop.id, campaign_id=desk.campaigns[title], actor="operator")


def launch(world: World, desk: Desk, title: str, fingerprint: str | None = None) -> None:
    command = LaunchCampaignCommand(
        application_id=world.shop.id,
        campaign_id=desk.campaigns[title],
        actor="operator",
        fingerprint=fingerprint,
    )
    world.attempt(world.use_cases.launch_campaign()(command))


def start(world: World) -> None:
    """Worker and scheduler run from now on."""

    async def started() -> None:
        world.start()

    world.run(started())


def read(world: World, desk: Desk, title: str) -> Campaign:
    return world.run(world.use_cases.read_campaign()(named(world, desk, title)))


def wait_for(world: World, desk: Desk, title: str, status: CampaignStatus) -> Campaign:
    start(world)

    async def holds() -> bool:
        return (await world.use_cases.read_campaign()(named(world, desk, title))).status is status

    world.until(holds, f"“{title}” never became {status.wire}")
    return read(world, desk, title)


def messages(world: World, campaign_ids: Sequence[UUID]) -> list[UUID]:
    """Ids of the messages of campaigns."""
    found: list[UUID] = world.run(
        world.value(
            "SELECT coalesce(array_agg(id), '{}') FROM message WHERE campaign_id = ANY($1)", campaign_ids
        )
    )
    return found


def taken(world: World, campaign_ids: Sequence[UUID]) -> list[int]:
    """How often a provider took each message."""
    return [world.providers.taken(id_) for id_ in messages(world, campaign_ids)]


# What the marketer prepares


@given(parsers.re(rf"the campaign {TITLED} for everybody"))
def for_everybody(world: World, desk: Desk, title: str) -> None:
    draft(world, desk, title)


@given(parsers.re(rf"the campaign {TITLED} for everybody, once for each person"))
def once_each(world: World, desk: Desk, title: str) -> None:
    draft(world, desk, title, dedupe="one_per_user")


@given(parsers.re(rf"the campaign {TITLED} for everybody, as far as the quota goes"))
def as_far_as_the_quota_goes(world: World, desk: Desk, title: str) -> None:
    draft(world, desk, title, allow_running_dry=True)


@given(parsers.re(rf'the campaign {TITLED} for phones with the tag "(?P<tag>[^"]+)"'))
def for_tagged(world: World, desk: Desk, title: str, tag: str) -> None:
    has = {"field": "tag", "key": tag, "operator": "exists"}
    draft(world, desk, title, targeting_criteria={"include": [has]})


@given(parsers.re(rf"the campaign {TITLED} for everybody in an hour"))
def in_an_hour(world: World, desk: Desk, title: str) -> None:
    at = (world.clock.now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    draft(world, desk, title, schedule={"type": "scheduled", "at": at})


@given(parsers.re(rf"the campaign {TITLED} for everybody every hour"))
def every_hour(world: World, desk: Desk, title: str) -> None:
    minute = (world.clock.now() - timedelta(minutes=2)).minute
    draft(world, desk, title, schedule={"type": "recurring", "cron": f"{minute} * * * *", "time_zone": "UTC"})


@given(parsers.re(rf"the campaign {TITLED} for everybody when it is triggered"))
def when_triggered(world: World, desk: Desk, title: str) -> None:
    draft(world, desk, title, campaign_type="triggered")


@given(parsers.parse("the shop may send {count:d} messages a day"))
@when(parsers.parse("the shop may send {count:d} messages a day"))
def may_send(world: World, count: int) -> None:
    command = SetQuotaCommand(application_id=world.shop.id, daily_quota=count)
    world.run(world.use_cases.set_quota()(command))


@given(parsers.re(rf"{PHONE} was switched off by its owner"))
def switched_off(world: World, phone: str) -> None:
    report(world, world.phones[phone], enabled=False)


# What the marketer does


@given(parsers.re(rf"the shop tries {TITLED} without sending"))
@when(parsers.re(rf"the shop tries {TITLED} without sending"))
def tries(world: World, desk: Desk, title: str) -> None:
    command = DryRunCommand(application_id=world.shop.id, campaign_id=desk.campaigns[title])
    desk.tried = (title, world.run(world.use_cases.dry_run_campaign()(command)))


@when(parsers.re(rf"the shop launches {TITLED}"))
def launches(world: World, desk: Desk, title: str) -> None:
    launch(world, desk, title)


@when("the shop launches exactly what it tried")
def launches_what_it_tried(world: World, desk: Desk) -> None:
    assert desk.tried is not None
    title, found = desk.tried
    launch(world, desk, title, found.fingerprint)


@given(parsers.re(rf"the shop launches {TITLED} and pauses it at once"))
def launches_and_pauses(world: World, desk: Desk, title: str) -> None:
    """Some of it is in the queue already."""
    launch(world, desk, title)
    world.run(world.use_cases.fan_out()())
    stop = StopCampaignCommand(
        application_id=world.shop.id, campaign_id=desk.campaigns[title], actor="operator"
    )
    world.run(world.use_cases.pause_campaign()(stop))


@when(parsers.re(rf"the shop resumes {TITLED}"))
def resumes(world: World, desk: Desk, title: str) -> None:
    world.run(world.use_cases.resume_campaign()(named(world, desk, title)))


@when(parsers.re(rf"the shop cancels the campaign {TITLED}"))
def cancels(world: World, desk: Desk, title: str) -> None:
    stop = StopCampaignCommand(
        application_id=world.shop.id, campaign_id=desk.campaigns[title], actor="operator"
    )
    world.run(world.use_cases.cancel_campaign()(stop))


@given(parsers.re(rf"the shop schedules {TITLED}"))
@when(parsers.re(rf"the shop schedules {TITLED}"))
def schedules(world: World, desk: Desk, title: str) -> None:
    world.run(world.use_cases.schedule_campaign()(named(world, desk, title)))


@when(parsers.re(rf'{TITLED} is triggered for (?P<person>\w+) because of "(?P<key>[^"]+)"'))
def triggers(world: World, desk: Desk, title: str, person: str, key: str) -> None:
    command = TriggerCampaignCommand(
        application_id=world.shop.id,
        campaign_id=desk.campaigns[title],
        actor="operator",
        key=key,
        external_ids=(person,),
    )
    world.run(world.use_cases.trigger_campaign()(command))


@when(parsers.re(rf"{TITLED} is over"))
def is_over(world: World, desk: Desk, title: str) -> None:
    wait_for(world, desk, title, CampaignStatus.SENT)


# What comes of it


@then(parsers.parse("{count:d} phones would get it"))
def would_get(desk: Desk, count: int) -> None:
    assert desk.tried is not None
    assert desk.tried[1].recipients == count


@then(parsers.parse('{count:d} phone would be left out because of "{reason}"'))
def would_be_left_out(desk: Desk, count: int, reason: str) -> None:
    assert desk.tried is not None
    assert {one.reason: one.n for one in desk.tried[1].exclusions} == {reason: count}


@then(parsers.re(rf"{TITLED} is sent to (?P<count>\d+) phones?"))
def is_sent_to(world: World, desk: Desk, title: str, count: str) -> None:
    """The campaign is over, and its counts are a recount of its messages."""
    done = wait_for(world, desk, title, CampaignStatus.SENT)
    assert (done.counts.total_recipients, done.counts.successful_count) == (int(count), int(count))
    assert len(messages(world, [done.id])) == int(count)


@then(parsers.re(rf"(?P<count>\d+) runs? of {TITLED} (?:is|are) sent to (?P<phones>\d+) phones?"))
def runs_are_sent(world: World, desk: Desk, count: str, title: str, phones: str) -> None:
    start(world)
    command = ListCampaignsCommand(application_id=world.shop.id, run_of=desk.campaigns[title])

    async def holds() -> bool:
        runs = (await world.use_cases.list_campaigns()(command)).items
        return [run.status for run in runs] == [CampaignStatus.SENT] * int(count)

    world.until(holds, f"there never were {count} runs of “{title}” that are sent")
    runs = world.run(world.use_cases.list_campaigns()(command)).items
    assert [run.counts.successful_count for run in runs] == [int(phones)] * int(count)


@then(parsers.re(rf"each of those phones was sent {TITLED} exactly once"))
def exactly_once(world: World, desk: Desk, title: str) -> None:
    """As the providers count."""
    assert set(taken(world, [desk.campaigns[title]])) == {1}


@then(parsers.re(rf"(?P<count>\d+) phones were sent {TITLED}"))
def so_many_were_sent(world: World, desk: Desk, count: str, title: str) -> None:
    async def sent() -> bool:
        query = "SELECT count(*) FROM message WHERE campaign_id = $1 AND status = 1"
        return bool(await world.value(query, desk.campaigns[title]) == int(count))

    world.until(sent, f"{count} phones were never sent “{title}”")
    assert taken(world, [desk.campaigns[title]]) == [1] * int(count)


@then(parsers.re(rf"nobody (?:was|is) sent {TITLED}(?: while it is paused| before its time| from then on)?"))
def nobody_is_sent(world: World, desk: Desk, title: str) -> None:
    """And everything runs that could do it."""
    start(world)
    world.be_still()
    assert sum(taken(world, [desk.campaigns[title]])) == 0


@then(parsers.re(rf"{TITLED} is a draft"))
def is_a_draft(world: World, desk: Desk, title: str) -> None:
    assert read(world, desk, title).status is CampaignStatus.DRAFT


@then(parsers.re(rf'{TITLED} is paused because of "(?P<reason>[^"]+)"'))
def is_paused(world: World, desk: Desk, title: str, reason: str) -> None:
    assert wait_for(world, desk, title, CampaignStatus.PAUSED).pause_reason == reason


@then(parsers.re(rf'{PHONE} is told "(?P<verdict>[^"]+)", and the step that decided is "(?P<step>[^"]+)"'))
def is_told(world: World, desk: Desk, phone: str, verdict: str, step: str) -> None:
    command = ExplainRecipientCommand(
        application_id=world.shop.id,
        campaign_id=desk.campaigns["Spring"],
        recipient=str(world.phones[phone].push),
    )
    (found,) = world.run(world.use_cases.explain_recipient()(command)).subscriptions
    assert found.verdict == verdict
    assert found.steps[-1].step == step
