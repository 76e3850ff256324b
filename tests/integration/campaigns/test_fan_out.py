"""Fan-out: everybody who was materialised gets exactly one message, whatever the size of the steps."""

from __future__ import annotations

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
