"""A campaign and the quota: refused with what is missing, or sent until the quota is used up and then paused."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.campaigns.lifecycle import CampaignStatus
from domain.shared.errors import CreditExhausted, QuotaExceeded
from tests.integration.campaigns.world import CampaignWorld


async def _shop(world: CampaignWorld, n: int, daily: int) -> UUID:
    app = await world.application()
    await world.subscriptions(app, n)
    await world.connection.execute(
        "INSERT INTO quota (application_id, daily_quota, updated_at) VALUES ($1, $2, now())", app, daily
    )
    return app


async def test_a_launch_that_does_not_fit_is_refused_with_the_missing_amount(world: CampaignWorld) -> None:
    """And the campaign is the draft that it was, without a single recipient."""
    app = await _shop(world, 1_200, daily=1_000)
    campaign = await world.draft(app)
    dry_run = await world.dry_run(app, campaign)
    assert (dry_run.limited_by, dry_run.missing) == ("daily", 200)
    with pytest.raises(QuotaExceeded) as refused:
        await world.launch(app, campaign)
    assert refused.value.extra["missing"] == 200
    assert (await world.get(app, campaign)).status is CampaignStatus.DRAFT
    for table in ("campaign_recipient", "campaign_wave", "campaign_content"):
        assert await world.value(f"SELECT count(*) FROM {table}") == 0


async def test_a_campaign_that_may_run_dry_pauses_and_goes_on_when_there_is_quota_again(
    world: CampaignWorld,
) -> None:
    """Exactly the quota is used, nobody is sent to twice, everybody in the end."""
    app = await _shop(world, 1_234, daily=1_000)
    campaign = await world.draft(app, allow_running_dry=True)
    await world.launch(app, campaign)
    await world.run()
    dry = await world.get(app, campaign)
    assert (dry.status, dry.pause_reason) == (CampaignStatus.PAUSED, "quota_exhausted")
    assert (await world.recount(campaign))["successful"] == 1_000
    await world.connection.execute("UPDATE quota SET daily_quota = 5000")
    await world.act("resume", app, campaign)
    await world.run()
    assert (await world.get(app, campaign)).status is CampaignStatus.SENT
    found = await world.recount(campaign)
    assert (found["n"], found["people"], found["successful"]) == (1_234, 1_234, 1_234)
    assert await world.ledger() == {"reserve": 1_234, "settle": 1_234}


async def test_a_prepaid_balance_that_is_short_is_refused_with_the_missing_money(
    world: CampaignWorld,
) -> None:
    """The price of everybody is compared with the credit."""
    app = await _shop(world, 10, daily=1_000)
    await world.connection.execute("UPDATE quota SET billing_mode = 'prepaid', credit_balance = 50")
    await world.connection.execute("INSERT INTO unit_price VALUES ($1, 1, 6.5)", app)
    campaign = await world.draft(app)
    dry_run = await world.dry_run(app, campaign)
    assert (str(dry_run.cost.amount), dry_run.cost.currency) == ("65.000000", "KRW")
    with pytest.raises(CreditExhausted) as refused:
        await world.launch(app, campaign)
    assert refused.value.extra["missing_amount"] == "15.000000"
