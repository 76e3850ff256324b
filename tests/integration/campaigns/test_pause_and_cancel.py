"""Pause, resume and cancel: nothing starts that should not, nobody is sent to twice, nobody is forgotten."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.campaigns.lifecycle import CampaignStatus
from domain.messaging.outcome import Accepted, Deferred
from domain.shared.errors import IllegalTransition
from tests.integration.campaigns.world import CampaignWorld


async def _sending(world: CampaignWorld, n: int) -> tuple[UUID, UUID]:
    """An application and its campaign to n people, launched."""
    app = await world.application()
    await world.subscriptions(app, n)
    campaign = await world.draft(app)
    await world.launch(app, campaign)
    return app, campaign


async def test_a_paused_campaign_starts_nothing_and_goes_on_where_it_stopped(world: CampaignWorld) -> None:
    """Part sent, part queued, part not fanned out: after the resume each person has exactly one message."""
    world.look_ahead = 1_000
    app, campaign = await _sending(world, 3_000)
    worker = await world.worker()
    await world.fan_out()
    await world.queue.release(world.clock.now())
    await world.deliver_everything(worker)
    await world.fan_out()
    await world.queue.release(world.clock.now())
    paused = await world.act("pause", app, campaign)
    assert (paused.status, paused.pause_reason) == (CampaignStatus.PAUSED, "operator")
    assert await world.lease_all(worker) == []
    assert await world.queue.release(world.clock.now()) == []
    assert await world.fan_out() == 0
    assert (await world.recount(campaign))["successful"] == 1_000
    assert (await world.recount(campaign))["waiting"] == 1_000
    await world.act("resume", app, campaign)
    await world.run()
    done = await world.get(app, campaign)
    assert (done.status, done.counts.successful_count) == (CampaignStatus.SENT, 3_000)
    assert (await world.recount(campaign))["people"] == (await world.recount(campaign))["n"] == 3_000


async def test_a_chunk_that_was_released_before_the_pause_is_not_leased_after_it(
    world: CampaignWorld,
) -> None:
    """A doorbell may be heard late; the lease asks for the campaign's state."""
    app, campaign = await _sending(world, 10)
    await world.fan_out()
    await world.queue.release(world.clock.now())
    await world.act("pause", app, campaign)
    await world.connection.execute("UPDATE dispatch_chunk SET state = 1")
    assert await world.lease_all(await world.worker()) == []
    assert await world.queue.hold_back() == 1
    assert await world.value("SELECT state FROM dispatch_chunk") == 0


async def test_cancelling_releases_the_quota_of_what_was_not_sent(world: CampaignWorld) -> None:
    """Sent stays sent; queued becomes canceled; what was not fanned out never becomes a message."""
    world.look_ahead = 1_000
    app, campaign = await _sending(world, 3_000)
    worker = await world.worker()
    await world.fan_out()
    await world.queue.release(world.clock.now())
    await world.deliver_everything(worker)
    await world.fan_out()
    canceled = await world.act("cancel", app, campaign)
    assert canceled.status is CampaignStatus.CANCELED
    await world.run()
    done = await world.get(app, campaign)
    assert (done.counts.successful_count, done.counts.canceled_count) == (1_000, 1_000)
    found = await world.recount(campaign)
    assert (found["successful"], found["canceled"], found["waiting"]) == (1_000, 1_000, 0)
    assert await world.ledger() == {"reserve": 2_000, "settle": 1_000, "release": 1_000}
    assert await world.value("SELECT settled FROM campaign") is True
    assert await world.value("SELECT count(*) FROM dispatch_chunk") == 0
    events = await world.value("SELECT count(*) FROM message_event WHERE event_type = 7 AND reason = $1", "campaign_canceled")  # fmt: skip
    assert events == 1_000


async def test_what_comes_back_from_a_worker_after_the_cancel_is_canceled_too(world: CampaignWorld) -> None:
    """A retry that was waiting, and one that is asked for by a worker that had the chunk in hand."""
    app, campaign = await _sending(world, 4)
    worker = await world.worker()
    await world.fan_out()
    await world.queue.release(world.clock.now())
    (chunk,) = await world.lease_all(worker)
    await world.act("cancel", app, campaign)
    assert await world.keep_moving.cancel_waiting() == 0
    await world.settle(worker, chunk, [Accepted(), Accepted(), Deferred("later"), Deferred("later")])
    assert await world.value("SELECT count(*) FROM message_retry") == 2
    await world.run()
    done = await world.get(app, campaign)
    assert (done.counts.successful_count, done.counts.canceled_count) == (2, 2)
    assert await world.value("SELECT count(*) FROM message_retry") == 0
    assert await world.ledger() == {"reserve": 4, "settle": 2, "release": 2}


async def test_what_a_provider_may_have_got_is_not_canceled(world: CampaignWorld) -> None:
    """A claim without an outcome goes its own way, out of the campaign's hold."""
    app, campaign = await _sending(world, 3)
    await world.fan_out()
    claimed = await world.value("SELECT id FROM message ORDER BY id LIMIT 1")
    await world.connection.execute(
        "INSERT INTO send_claim (message_id, chunk_id, fence, client_ref, claimed_at, application_id, subscription_id,"
        " reservation_id, type, lane, provider)"
        " SELECT id, chunk_id, 1, 'r', now(), application_id, subscription_id, reservation_id, type, lane, 'smtp'"
        " FROM message WHERE id = $1",
        claimed,
    )
    await world.act("cancel", app, campaign)
    assert await world.keep_moving.cancel_waiting() == 2
    assert await world.value("SELECT message_ids FROM dispatch_chunk WHERE campaign_id IS NULL") == [claimed]
    await world.count()
    assert await world.value("SELECT settled FROM campaign") is False


async def test_states_that_do_not_allow_it_refuse_and_change_nothing(world: CampaignWorld) -> None:
    """A draft cannot be paused, a canceled campaign cannot be resumed; the history has only what happened."""
    app = await world.application()
    await world.subscriptions(app, 1)
    campaign = await world.draft(app)
    with pytest.raises(IllegalTransition):
        await world.act("pause", app, campaign)
    await world.act("cancel", app, campaign)
    with pytest.raises(IllegalTransition):
        await world.act("resume", app, campaign)
    history = await world.campaigns.history(app, campaign, after=None, limit=10)
    assert [(line.happening.event.wire, line.happening.actor) for line in history] == [("cancel", "key-1")]
