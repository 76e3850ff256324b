"""Campaigns about a topic leave out who switched it off."""

from __future__ import annotations

import pytest

from adapters.postgres.messages import PostgresMessages
from application.ports.messages import MessageFilter
from domain.shared.errors import InvalidInput
from tests.integration.campaigns.world import CampaignWorld

TOPICS = [{"key": "events", "ko": "이벤트", "en": "Events"}, {"key": "orders", "ko": "주문", "en": "Orders"}]


async def test_who_switched_a_topic_off_is_left_out(world: CampaignWorld) -> None:
    """With a reason, on every device of theirs; another topic, another application's choice and nobody's devices stay."""
    app, other = await world.application(topics=TOPICS), await world.application(topics=TOPICS)
    users = [await world.user(app, name) for name in ("anna", "ben", "carl")]
    for user in users:
        await world.subscriptions(app, 2, user=user)
    await world.subscriptions(app, 1)
    for application, user, topic in zip(
        (app, app, other), users, ("events", "orders", "events"), strict=True
    ):
        await world.connection.execute(
            "INSERT INTO topic_opt_out VALUES ($1, $2, $3, now())", application, user, topic
        )
    found = await world.dry_run(app, await world.draft(app, topic="events"))
    assert found.recipients == 5
    assert {one.reason: one.n for one in found.exclusions} == {"topic_off": 2}
    assert (await world.dry_run(app, await world.draft(app))).recipients == 7


async def test_messages_of_a_campaign_tell_its_topic(world: CampaignWorld) -> None:
    """Another campaign's beside them none."""
    app = await world.application(topics=TOPICS)
    await world.subscriptions(app, 2)
    about, plain = await world.draft(app, topic="events"), await world.draft(app)
    for campaign in (about, plain):
        await world.launch(app, campaign)
    await world.fan_out_all()
    messages = await PostgresMessages(world.engine).scan(
        app, MessageFilter(), below=None, limit=10, budget=100
    )
    told = sorted((str(one.campaign_id == about), str(one.topic)) for one in messages.items)
    assert told == [("False", "None")] * 2 + [("True", "events")] * 2


async def test_a_topic_must_be_one_of_the_applications(world: CampaignWorld) -> None:
    """A misspelt one would reach everybody."""
    app = await world.application(topics=TOPICS)
    with pytest.raises(InvalidInput) as refused:
        await world.draft(app, topic="evnets")
    assert refused.value.field == "topic"
