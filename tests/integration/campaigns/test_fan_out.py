"""Fan-out: everybody who was materialised gets exactly one message, whatever the size of the steps."""

from __future__ import annotations

from domain.campaigns.lifecycle import CampaignStatus
from tests.integration.campaigns.world import CampaignWorld
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
