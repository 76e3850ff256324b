"""Why somebody did or did not get a campaign: the step that decided is named, whatever it was."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from application.campaigns.commands import CampaignCommand, ExplainRecipientCommand
from application.campaigns.explain import ExplainedSubscription
from domain.messaging.outcome import Accepted, Rejected
from domain.shared.errors import NotFound
from tests.integration.campaigns.world import CampaignWorld


async def explained(world: CampaignWorld, app: UUID, campaign: UUID, who: object) -> ExplainedSubscription:
    """Of somebody with one subscription."""
    command = ExplainRecipientCommand(application_id=app, campaign_id=campaign, recipient=str(who))
    (one,) = (await world.explain(command)).subscriptions
    return one


def steps(one: ExplainedSubscription) -> dict[str, bool | None]:
    return {step.step: step.passed for step in one.steps}


async def test_what_the_provider_and_the_device_said_is_told(world: CampaignWorld) -> None:
    """Sent and received; refused by the provider with its reason; each by id and by external id."""
    app = await world.application()
    anna = await world.user(app, "anna")
    (good,) = await world.subscriptions(app, 1, user=anna)
    (bad,) = await world.subscriptions(app, 1)
    campaign = await world.draft(app)
    await world.launch(app, campaign)
    await world.fan_out()
    await world.queue.release(world.clock.now())
    worker = await world.worker()
    (chunk,) = await world.lease_all(worker)
    loaded = await world.worker_store.load([chunk])
    outcomes = [
        Accepted("apns-1") if loaded[id_].subscription_id == good else Rejected("Unregistered", -10)
        for id_ in chunk.message_ids
    ]
    await world.settle(worker, chunk, outcomes)
    found = await explained(world, app, campaign, "anna")
    assert (found.verdict, found.subscription_id) == ("successful", good)
    assert steps(found) == {
        "campaign": True, "targeting": True, "subscription": True, "rules": True, "due": None, "fan_out": True,
        "message": True, "provider": True,
    }  # fmt: skip
    assert found.steps[-1].facts["provider_id"] == "apns-1"
    refused = await explained(world, app, campaign, bad)
    assert (refused.verdict, steps(refused)["provider"]) == ("failed", False)
    assert refused.steps[-1].detail == "failed: Unregistered"
    subscription = next(step for step in refused.steps if step.step == "subscription")
    assert subscription.detail == "subscribed at launch, not subscribed now"


async def test_who_was_left_out_learns_the_rule(world: CampaignWorld) -> None:
    """Unsubscribed at launch, another device chosen, not in the targeting, expired before its turn."""
    world.look_ahead = 1
    app = await world.application()
    anna = await world.user(app, "anna")
    (first,) = await world.subscriptions(app, 1, user=anna)
    (second,) = await world.subscriptions(app, 1, user=anna)
    (gone,) = await world.subscriptions(app, 1, status=-2)
    others = await world.subscriptions(app, 3)
    only = {"include": [{"not": {"field": "subscription_id", "operator": "eq", "value": str(others[0])}}]}
    campaign = await world.draft(
        app, dedupe="one_per_user", targeting_criteria=only, expires_after_seconds=3_600
    )
    await world.launch(app, campaign)
    await world.fan_out()
    assert (await explained(world, app, campaign, others[0])).verdict == "not_in_audience"
    unsubscribed = await explained(world, app, campaign, gone)
    assert (unsubscribed.verdict, steps(unsubscribed)["rules"]) == ("excluded", False)
    verdicts = {(await explained(world, app, campaign, one)).verdict for one in (first, second)}
    assert "excluded" in verdicts
    world.clock.shift = timedelta(hours=2)
    await world.fan_out()
    late = [await explained(world, app, campaign, one) for one in (first, second, *others[1:])]
    expired = [one for one in late if steps(one).get("fan_out") is False]
    assert expired
    assert all(one.steps[-1].detail == "left out after the launch: expired" for one in expired)


async def test_who_waits_learns_for_what(world: CampaignWorld) -> None:
    """A pause, a quota that ran dry, a cancel; nobody at all is not found."""
    app = await world.application()
    (one,) = await world.subscriptions(app, 1)
    campaign = await world.draft(app, allow_running_dry=True)
    assert (await explained(world, app, campaign, one)).verdict == "not_launched"
    await world.connection.execute(
        "INSERT INTO quota (application_id, daily_quota, updated_at) VALUES ($1, 0, now())", app
    )
    await world.launch(app, campaign)
    await world.act("pause", app, campaign)
    waiting = await explained(world, app, campaign, one)
    assert (waiting.verdict, waiting.steps[-1].detail) == ("waiting", "the campaign is paused: operator")
    await world.act("resume", app, campaign)
    await world.fan_out()
    dry = await explained(world, app, campaign, one)
    assert (dry.verdict, dry.steps[-1].step, dry.steps[-1].passed) == ("waiting", "quota", False)
    await world.act("cancel", app, campaign)
    assert (await explained(world, app, campaign, one)).verdict == "canceled"
    with pytest.raises(NotFound):
        await explained(world, app, campaign, "nobody")


async def test_progress_adds_up_at_every_moment(world: CampaignWorld) -> None:
    """Waiting, in the queue, in delivery, final: together always everybody."""
    world.look_ahead = 1_000
    app = await world.application()
    await world.subscriptions(app, 2_500)
    campaign = await world.draft(app)
    command = CampaignCommand(application_id=app, campaign_id=campaign)
    await world.launch(app, campaign)
    worker = await world.worker()
    for _ in range(4):
        await world.fan_out()
        await world.queue.release(world.clock.now())
        told = (await world.read_progress(command)).reading
        assert told.waiting + told.messages.made == 2_500
        queued = told.queue.held + told.queue.released + told.queue.in_delivery
        assert queued == told.messages.pending
        assert sum(chunk.messages for chunk in told.chunks) == queued
        await world.deliver_everything(worker)
        await world.count()
    told = (await world.read_progress(command)).reading
    assert (told.messages.successful, told.waiting) == (2_500, 0)
    assert (await world.read_progress(command)).over
