"""What the scheduler does about time: launch what is due, make runs, and tell what was missed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from application.campaigns.commands import TriggerCampaignCommand
from application.ports.campaigns import CampaignFilter
from domain.campaigns.campaign import Campaign
from domain.campaigns.lifecycle import CampaignStatus
from domain.shared.errors import Conflict, InvalidInput
from tests.integration.campaigns.world import CampaignWorld


def _in(world: CampaignWorld, **span: float) -> str:
    return (world.clock.now() + timedelta(**span)).isoformat().replace("+00:00", "Z")


async def _runs(world: CampaignWorld, app: UUID, campaign: UUID) -> list[Campaign]:
    """Oldest first."""
    found = await world.campaigns.list(app, CampaignFilter(run_of=campaign), before=None, limit=50)
    return list(reversed(found))


async def test_a_scheduled_campaign_is_launched_at_its_time_and_not_before(world: CampaignWorld) -> None:
    app = await world.application()
    await world.subscriptions(app, 3)
    at = _in(world, hours=1)
    campaign = await world.draft(app, schedule={"type": "scheduled", "at": at})
    scheduled = await world.act("schedule", app, campaign)
    assert scheduled.status is CampaignStatus.SCHEDULED
    assert scheduled.scheduled_at == datetime.fromisoformat(at)
    assert await world.launch_due() == 0
    world.clock.shift = timedelta(hours=1, seconds=2)
    assert await world.launch_due() == 1
    launched = await world.get(app, campaign)
    assert (launched.status, launched.counts.total_recipients) == (CampaignStatus.SENDING, 3)
    history = await world.campaigns.history(app, campaign, after=None, limit=10)
    told = [(line.happening.event.wire, line.happening.actor) for line in history]
    assert told == [("schedule", "key-1"), ("launch", "scheduler")]


async def test_a_campaign_that_cannot_be_read_keeps_no_other_from_its_launch(world: CampaignWorld) -> None:
    """The earlier one is broken; the later one is launched in the same round, and the round tells of the other."""
    app = await world.application()
    await world.subscriptions(app, 3)
    broken, sound = [
        await world.draft(app, schedule={"type": "scheduled", "at": _in(world, hours=hours)})
        for hours in (1, 2)
    ]
    for campaign in (broken, sound):
        await world.act("schedule", app, campaign)
    await world.connection.execute("UPDATE campaign SET settings = '{\"audience\": 1}' WHERE id = $1", broken)
    world.clock.shift = timedelta(hours=2, seconds=2)
    with pytest.raises(ExceptionGroup) as told:
        await world.launch_due()
    assert [one.__notes__ for one in told.value.exceptions] == [[f"with campaign {broken}"]]
    assert (await world.get(app, sound)).status is CampaignStatus.SENDING


async def test_after_downtime_a_campaign_is_sent_late_or_marked_missed_as_its_policy_says(
    world: CampaignWorld,
) -> None:
    """Six hours late: one may be eight hours late, the other may not be late at all."""
    app = await world.application()
    await world.subscriptions(app, 3)
    schedule = {"type": "scheduled", "at": _in(world, hours=1)}
    patient = await world.draft(
        app, schedule=schedule, downtime={"policy": "send_late", "max_lateness_seconds": 28_800}
    )
    strict = await world.draft(app, schedule=schedule, downtime={"policy": "mark_missed"})
    for campaign in (patient, strict):
        await world.act("schedule", app, campaign)
    world.clock.shift = timedelta(hours=7)
    await world.launch_due()
    assert (await world.get(app, patient)).status is CampaignStatus.SENDING
    missed = await world.get(app, strict)
    assert (missed.status, missed.pause_reason) == (CampaignStatus.PAUSED, "missed")
    with pytest.raises(Conflict, match="has passed"):
        await world.act("resume", app, strict)
    assert (await world.launch(app, strict)).status is CampaignStatus.SENDING


async def test_a_campaign_that_cannot_be_launched_at_its_time_says_why(world: CampaignWorld) -> None:
    """Nobody matches any more: failed, with the reason; a quota that is short: paused until somebody looks."""
    app = await world.application()
    people = await world.subscriptions(app, 3)
    schedule = {"type": "scheduled", "at": _in(world, hours=1)}
    short = await world.draft(app, schedule=schedule)
    nobody = await world.draft(app, schedule=schedule, targeting_criteria={
        "include": [{"field": "subscription_id", "operator": "eq", "value": str(people[0])}]
    })  # fmt: skip
    for campaign in (short, nobody):
        await world.act("schedule", app, campaign)
    await world.connection.execute("INSERT INTO quota (application_id, daily_quota, updated_at) VALUES ($1, 2, now())", app)  # fmt: skip
    await world.connection.execute(
        "UPDATE subscription SET subscription_status = -2 WHERE id = $1", people[0]
    )
    await world.subscriptions(app, 1)
    world.clock.shift = timedelta(hours=1, seconds=1)
    await world.launch_due()
    failed = await world.get(app, nobody)
    assert failed.status is CampaignStatus.FAILED
    assert "1 not_subscribed" in str(failed.failure_reason)
    paused = await world.get(app, short)
    assert (paused.status, paused.pause_reason) == (CampaignStatus.PAUSED, "quota_exhausted")


async def test_a_recurring_campaign_makes_one_run_per_occurrence_whoever_asks(world: CampaignWorld) -> None:
    """Each run is a campaign of its own; three schedulers make it once; the parent adds them up."""
    app = await world.application()
    await world.subscriptions(app, 4)
    campaign = await world.draft(
        app, schedule={"type": "recurring", "cron": "0 * * * *", "time_zone": "Asia/Seoul"}
    )
    await world.act("schedule", app, campaign)
    for hours in (1, 2):
        world.clock.shift = timedelta(hours=hours)
        for _ in range(3):
            await world.launch_due()
        await world.launch_due()
        await world.run()
    runs = await _runs(world, app, campaign)
    assert [run.run_number for run in runs] == [1, 2]
    assert [run.status for run in runs] == [CampaignStatus.SENT, CampaignStatus.SENT]
    parent = await world.get(app, campaign)
    assert parent.status is CampaignStatus.SCHEDULED
    assert (parent.counts.total_recipients, parent.counts.successful_count) == (8, 8)
    assert await world.value("SELECT count(DISTINCT campaign_id) FROM message") == 2


async def test_after_a_night_without_a_scheduler_only_the_latest_run_starts(world: CampaignWorld) -> None:
    """The missed ones are one failed run that says how many there were."""
    app = await world.application()
    await world.subscriptions(app, 1)
    campaign = await world.draft(app, schedule={"type": "recurring", "cron": "0 * * * *", "time_zone": "UTC"})
    await world.act("schedule", app, campaign)
    world.clock.shift = timedelta(hours=6)
    await world.launch_due()
    await world.launch_due()
    missed, latest = await _runs(world, app, campaign)
    assert missed.status is CampaignStatus.FAILED
    assert str(missed.failure_reason).startswith("missed: 5 between")
    assert latest.status is CampaignStatus.SENDING


async def test_a_recurring_campaign_ends_with_its_last_run(world: CampaignWorld) -> None:
    app = await world.application()
    await world.subscriptions(app, 1)
    campaign = await world.draft(
        app,
        schedule={
            "type": "recurring", "cron": "0 * * * *", "time_zone": "UTC", "ends_at": _in(world, hours=1.5),
        },
    )  # fmt: skip
    await world.act("schedule", app, campaign)
    world.clock.shift = timedelta(hours=1.9)
    await world.launch_due()
    await world.launch_due()
    await world.run()
    assert (await world.get(app, campaign)).status is CampaignStatus.SENT


async def test_pausing_a_recurring_campaign_stops_its_runs_and_cancelling_takes_them_along(
    world: CampaignWorld,
) -> None:
    app = await world.application()
    await world.subscriptions(app, 10)
    campaign = await world.draft(app, schedule={"type": "recurring", "cron": "0 * * * *", "time_zone": "UTC"})
    await world.act("schedule", app, campaign)
    world.clock.shift = timedelta(hours=1)
    await world.launch_due()
    await world.launch_due()
    await world.fan_out()
    await world.act("pause", app, campaign)
    world.clock.shift = timedelta(hours=3)
    assert await world.launch_due() == 0
    resumed = await world.act("resume", app, campaign)
    assert resumed.scheduled_at is not None
    assert resumed.scheduled_at > world.clock.now()
    await world.act("cancel", app, campaign)
    (run,) = await _runs(world, app, campaign)
    assert run.status is CampaignStatus.CANCELED
    await world.run()
    assert (await world.recount(run.id))["canceled"] == 10


async def test_a_trigger_makes_one_run_per_key_for_the_users_it_names(world: CampaignWorld) -> None:
    """With variables of its own; the same key again answers the same run; a draft is not triggered."""
    app = await world.application()
    anna, ben = await world.user(app, "anna"), await world.user(app, "ben")
    await world.subscriptions(app, 1, user=anna)
    await world.subscriptions(app, 1, user=ben)
    campaign = await world.draft(app, campaign_type="triggered", title="Order {{order}} is on its way")

    def trigger(**more: Any) -> TriggerCampaignCommand:
        given = {"key": "order-7", "variables": {"order": 7}, "external_ids": ("anna",), **more}
        return TriggerCampaignCommand(application_id=app, campaign_id=campaign, actor="key-1", **given)

    with pytest.raises(Conflict, match="draft"):
        await world.trigger(trigger())
    await world.act("schedule", app, campaign)
    with pytest.raises(Conflict, match="not launched itself"):
        await world.launch(app, campaign)
    first = await world.trigger(trigger())
    again = await world.trigger(trigger())
    assert (again.replayed, again.run.id) == (True, first.run.id)
    await world.launch_due()
    await world.fan_out()
    assert await world.value("SELECT array_agg(user_id) FROM message") == [anna]
    row = await world.connection.fetchrow("SELECT id, application_id, variables FROM message")
    assert row is not None
    assert world.sealed_variables.open(row["application_id"], row["id"], row["variables"]) == {"order": 7}
    with pytest.raises(InvalidInput) as refused:
        await world.trigger(trigger(key="order-8", external_ids=("",)))
    assert refused.value.field == "external_ids"


async def test_a_campaign_that_is_held_back_after_a_restore_does_not_start(world: CampaignWorld) -> None:
    """What was sent after the backup would be sent again: nothing is launched or fanned out until the hold is released."""
    app = await world.application()
    await world.subscriptions(app, 3)
    sending = await world.draft(app)
    await world.launch(app, sending)
    due = await world.draft(app, schedule={"type": "scheduled", "at": _in(world, hours=1)})
    await world.act("schedule", app, due)
    await world.connection.execute("INSERT INTO system_state VALUES ('hold', '{}', now())")
    world.clock.shift = timedelta(hours=1, seconds=1)
    assert await world.launch_due() == 0
    assert await world.fan_out() == 0
    await world.connection.execute("DELETE FROM system_state")
    assert await world.launch_due() == 1
    assert await world.fan_out() == 6
