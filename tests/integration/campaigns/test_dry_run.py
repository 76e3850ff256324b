"""Dry run and fingerprint: exact numbers, every exclusion by reason, and a launch to exactly that audience or none."""

from __future__ import annotations

import pytest

from application.campaigns.launch import AudienceChanged
from domain.campaigns.lifecycle import CampaignStatus
from domain.shared.errors import InvalidInput
from tests.integration.campaigns.world import CampaignWorld
from tests.integration.pipeline.workshop import ANDROID


async def test_a_dry_run_counts_everybody_and_every_exclusion_by_reason(world: CampaignWorld) -> None:
    """Two routes, two devices of one user, people who unsubscribed; nothing is written but the dry run."""
    app = await world.application()
    anna = await world.user(app, "anna")
    await world.subscriptions(app, 2, user=anna)
    await world.subscriptions(app, 5)
    await world.subscriptions(app, 3, type_=ANDROID)
    await world.subscriptions(app, 4, status=-10)
    campaign = await world.draft(app, dedupe="one_per_user")
    found = await world.dry_run(app, campaign)
    assert found.recipients == 9
    assert [(one.channel.wire, one.recipients) for one in found.channels] == [("push", 9)]
    assert {one.reason: one.n for one in found.exclusions} == {"other_device": 1, "not_subscribed": 4}
    assert [one.body for one in found.samples] == [{"title": "Hello"}] * 3
    assert await world.value("SELECT count(*) FROM campaign_recipient") == 0
    launched = await world.launch(app, campaign, found.fingerprint)
    assert launched.counts.total_recipients == 9
    assert await world.value("SELECT count(*) FROM campaign_recipient WHERE excluded IS NOT NULL") == 5


async def test_a_launch_with_a_fingerprint_refuses_another_audience_and_says_what_changed(
    world: CampaignWorld,
) -> None:
    """Two came, one went: nothing is launched; with a fresh fingerprint it is."""
    app = await world.application()
    people = await world.subscriptions(app, 10)
    campaign = await world.draft(app)
    before = await world.dry_run(app, campaign)
    await world.subscriptions(app, 2)
    await world.connection.execute(
        "UPDATE subscription SET subscription_status = -2 WHERE id = $1", people[0]
    )
    with pytest.raises(AudienceChanged) as refused:
        await world.launch(app, campaign, before.fingerprint)
    assert refused.value.extra == {"added": 2, "removed": 1, "content_changed": False}
    assert (await world.get(app, campaign)).status is CampaignStatus.DRAFT
    after = await world.dry_run(app, campaign)
    launched = await world.launch(app, campaign, after.fingerprint)
    assert launched.counts.total_recipients == 11


async def test_a_fingerprint_that_no_dry_run_gave_is_refused(world: CampaignWorld) -> None:
    app = await world.application()
    await world.subscriptions(app, 1)
    campaign = await world.draft(app)
    with pytest.raises(AudienceChanged) as refused:
        await world.launch(app, campaign, "0" * 64)
    assert refused.value.field == "fingerprint"


async def test_an_empty_audience_is_refused_with_the_reasons(world: CampaignWorld) -> None:
    """Nobody matches, or everybody who matches is left out."""
    app = await world.application()
    campaign = await world.draft(app)
    with pytest.raises(InvalidInput) as refused:
        await world.launch(app, campaign)
    assert refused.value.field == "targeting_criteria"
    await world.subscriptions(app, 3, status=-2)
    with pytest.raises(InvalidInput, match="3 not_subscribed"):
        await world.launch(app, campaign)
    assert (await world.get(app, campaign)).status is CampaignStatus.DRAFT


async def test_content_with_placeholders_is_rendered_in_the_samples(world: CampaignWorld) -> None:
    """From the campaign's variables, which are stronger than the person's properties."""
    app = await world.application()
    anna = await world.user(app, "anna")
    await world.connection.execute('UPDATE app_user SET properties = \'{"name": "Anna", "city": "Busan"}\'')
    await world.subscriptions(app, 1, user=anna)
    campaign = await world.draft(
        app, title="Hi {{name}} in {{city}}", variables={"city": "Seoul"}, targeting_criteria={
            "include": [{"field": "property", "key": "name", "operator": "exists"}]
        },
    )  # fmt: skip
    found = await world.dry_run(app, campaign)
    assert [one.body for one in found.samples] == [{"title": "Hi Anna in Seoul"}]


async def test_a_badge_that_is_no_number_is_named_beside_its_sample(world: CampaignWorld) -> None:
    """The other sample shows its number."""
    app = await world.application()
    first, _ = await world.subscriptions(app, 2)
    await world.connection.execute(
        "UPDATE subscription SET tags = jsonb_build_object('unread', CASE WHEN id = $1 THEN '5' ELSE 'many' END)",
        first,
    )
    content = {"push": {"title": "Hi", "badge": "{{ unread }}"}}
    found = await world.dry_run(app, await world.draft(app, title=None, content=content))
    assert sorted((str(one.body), str(one.error)) for one in found.samples) == [
        ("None", "content.badge renders to 'many', which is no whole number from 0 to 2147483647"),
        ("{'badge': 5, 'title': 'Hi'}", "None"),
    ]
