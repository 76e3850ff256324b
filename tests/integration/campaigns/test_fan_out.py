"""Fan-out: everybody who was materialised gets exactly one message, whatever the size of the steps."""

from __future__ import annotations

import asyncio

import pytest

from adapters.postgres.pacing import PostgresPacing
from domain.campaigns.lifecycle import CampaignStatus
from tests.integration.campaigns.world import CampaignWorld
from tests.integration.pipeline.test_personalised import a_template, person, said
from tests.integration.pipeline.workshop import ANDROID


async def test_an_immediate_campaign_is_sent_to_everybody_once(world: CampaignWorld) -> None:
    app = await world.application()
    await world.subscriptions(app, 1_200)
    await world.subscriptions(app, 700, type_=ANDROID)
    await world.subscriptions(app, 50, status=-10)
    campaign = await world.draft(app)
    launched = await world.launch(app, campaign)
    assert (launched.status, launched.counts.total_recipients) == (CampaignStatus.SENDING, 1_900)
    await world.run()
    done = await world.get(app, campaign)
    assert done.status is CampaignStatus.SENT
    assert done.counts.successful_count == 1_900
    assert await world.recount(campaign) == {
        "n": 1_900, "successful": 1_900, "failed": 0, "canceled": 0, "waiting": 0, "people": 1_900,
    }  # fmt: skip
    assert await world.ledger() == {"reserve": 1_900, "settle": 1_900}


async def test_several_schedulers_share_the_work_and_make_nobody_twice(world: CampaignWorld) -> None:
    """Four at once: whoever comes second to a wave passes by, and the look-ahead holds for all together."""
    world.look_ahead = 2_000
    app = await world.application()
    await world.subscriptions(app, 3_000)
    await world.subscriptions(app, 3_000, type_=ANDROID)
    campaign = await world.draft(app)
    await world.launch(app, campaign)
    fan_outs = [world.fan_out for _ in range(4)]
    for _ in range(3):
        await asyncio.gather(*(fan_out() for fan_out in fan_outs))
    assert (await world.recount(campaign))["n"] == 4_000
    await world.run()
    found = await world.recount(campaign)
    assert (found["n"], found["people"], found["successful"]) == (6_000, 6_000, 6_000)
    assert await world.ledger() == {"reserve": 6_000, "settle": 6_000}


async def test_a_campaign_with_a_rate_is_two_seconds_ahead_and_its_chunks_hold_one(
    world: CampaignWorld,
) -> None:
    """The worker learns the rate with the lease."""
    app = await world.application()
    await world.subscriptions(app, 1_000)
    campaign = await world.draft(app, pacing={"per_second": 120})
    await world.launch(app, campaign)
    assert await world.fan_out_all() == 240
    assert await world.value("SELECT array_agg(n) FROM dispatch_chunk") == [120, 120]
    await world.queue.release(world.clock.now())
    chunks = await world.lease_all(await world.worker())
    assert [(chunk.campaign_id, chunk.pace) for chunk in chunks] == [(campaign, 120.0)] * 2


async def test_a_slot_is_reserved_only_when_it_begins_soon(world: CampaignWorld) -> None:
    """What would have to wait longer reserves nothing, so that nobody waits for it."""
    pacing = PostgresPacing(world.engine)
    assert await pacing.reserve_soon("campaign:1", 100, 100.0, 2.0) == pytest.approx(0.0, abs=0.5)
    second = await pacing.reserve_soon("campaign:1", 500, 100.0, 2.0)
    assert second is not None
    assert await pacing.reserve_soon("campaign:1", 1, 100.0, 2.0) is None
    assert await pacing.reserve_soon("campaign:2", 1, 100.0, 2.0) is not None


async def test_a_full_queue_of_one_route_does_not_hold_the_other_up(world: CampaignWorld) -> None:
    """A paused channel fills its share of the look-ahead; the other phones go on."""
    world.look_ahead = 500
    app = await world.application()
    await world.subscriptions(app, 1_000)
    await world.subscriptions(app, 700, type_=ANDROID)
    await world.connection.execute("INSERT INTO channel_pause (application_id, type, reason, paused_at) VALUES ($1, 1, 'x', now())", app)  # fmt: skip
    campaign = await world.draft(app)
    await world.launch(app, campaign)
    await world.run()
    assert await world.value("SELECT count(*) FROM message WHERE type = 2 AND status = 1") == 700
    assert (await world.recount(campaign))["waiting"] == 500
    await world.connection.execute("DELETE FROM channel_pause")
    await world.run()
    assert (await world.get(app, campaign)).status is CampaignStatus.SENT


async def test_audiences_are_kept_as_long_as_their_messages(world: CampaignWorld) -> None:
    """Housekeeping removes recipients and dry runs that are past their keeping, and no others."""
    app = await world.application()
    await world.subscriptions(app, 5)
    old, recent = await world.draft(app), await world.draft(app)
    for campaign in (old, recent):
        await world.dry_run(app, campaign)
        await world.launch(app, campaign)
    await world.run()
    await world.connection.execute(
        "UPDATE campaign SET ended_at = now() - interval '31 days' WHERE id = $1", old
    )
    await world.connection.execute("UPDATE campaign_dry_run SET made_at = now() - interval '8 days' WHERE campaign_id = $1", old)  # fmt: skip
    await world.queue.tidy(world.clock.now())
    assert await world.value("SELECT array_agg(DISTINCT campaign_id) FROM campaign_recipient") == [recent]
    assert await world.value("SELECT array_agg(campaign_id) FROM campaign_dry_run") == [recent]


async def test_a_worker_says_to_each_recipient_what_the_content_makes_of_their_variables(
    world: CampaignWorld,
) -> None:
    """Own content and a template's alike; what reads no variable is plain content."""
    app = await world.application()
    people = {
        await person(world, app, name, tags=f'{{"name": "{name}"}}'): f"{name}님, 안녕하세요"
        for name in ("민수", "안나")
    }
    ref = await a_template(world, app)
    own = await world.draft(app, title="{{ name }}님, 안녕하세요")
    pinned = await world.draft(app, title=None, template_id=str(ref.template_id))
    plain = await world.draft(app, title="Hello")
    for campaign, expected in (
        (own, people),
        (pinned, {id_: words.split(",")[0] for id_, words in people.items()}),
        (plain, dict.fromkeys(people, "Hello")),
    ):
        await world.launch(app, campaign)
        await world.fan_out_all()
        await world.queue.release(world.clock.now())
        bodies = await said(world)
        rows = await world.connection.fetch(
            "SELECT id, subscription_id FROM message WHERE campaign_id = $1", campaign
        )
        titles = {row["subscription_id"]: bodies[row["id"]]["title"] for row in rows}  # type: ignore[index]
        assert titles == expected
