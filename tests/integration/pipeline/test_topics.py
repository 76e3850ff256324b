"""Messages about a topic reach whoever did not switch it off; the others cost nothing and keep nobody from theirs."""

from __future__ import annotations

import json
from uuid import UUID

import attrs
import pytest

from adapters.postgres.messages import PostgresMessages
from adapters.templating.engine import LiquidTemplating
from application.messaging.accept_command import AcceptMessages, MessageRequest, Target
from application.messaging.list_messages import ListMessages
from application.messaging.rendered import Rendered
from domain.shared.errors import InvalidInput
from entrypoints.nats.schema import command_of, decode
from tests.integration.pipeline.test_personalised import a_template
from tests.integration.pipeline.workshop import PUSH, Workshop, command

TOPICS = [{"key": "events", "ko": "이벤트", "en": "Events"}, {"key": "orders", "ko": "주문", "en": "Orders"}]


async def test_who_switched_a_topic_off_is_refused_alone(shop: Workshop) -> None:
    """By subscription and by name, of that topic only; another application's choice and nobody's devices stay."""
    app, other = await shop.application(topics=TOPICS), await shop.application(topics=TOPICS)
    anna, ben = await shop.user(app, "anna"), await shop.user(app, "ben")
    hers, (his,) = await shop.subscriptions(app, 2, user=anna), await shop.subscriptions(app, 1, user=ben)
    (nobodys,) = await shop.subscriptions(app, 1)
    for application, user in ((app, anna), (other, ben)):
        await shop.connection.execute(
            "INSERT INTO topic_opt_out VALUES ($1, $2, 'events', now())", application, user
        )
    accept = shop.accept_use_case(window=0.0)
    result = await accept(command(app, [hers[0], his, nobodys], topic="events"))
    assert [(error.index, error.code, error.field) for error in result.errors] == [(0, "topic_off", "topic")]
    assert result.indexes == [1, 2]
    assert (await accept(command(app, [hers[0]], topic="orders"))).accepted == 1
    assert (await accept(command(app, [hers[0]]))).accepted == 1
    named = [Target(0, external_id="anna"), Target(1, external_id="ben")]
    by_name = await accept(AcceptMessages(app, [MessageRequest(named, PUSH, topic="events")]))
    assert [(error.index, error.code) for error in by_name.errors] == [(0, "topic_off")]
    assert by_name.accepted == 1
    assert await shop.ledger() == {"reserve": 5}


async def test_a_topic_must_be_one_of_the_applications(shop: Workshop) -> None:
    """Misspelt it would reach everybody: the call is refused, named by its place in the document, and nothing is stored."""
    app = await shop.application(topics=TOPICS)
    (one,) = await shop.subscriptions(app, 1)
    requests = [attrs.evolve(command(app, [one], topic=topic).requests[0], field=f"messages[{n}]")
                for n, topic in enumerate(("events", "evnets"))]  # fmt: skip
    with pytest.raises(InvalidInput) as refused:
        await shop.accept_use_case(window=0.0)(AcceptMessages(app, requests))
    assert (refused.value.field, refused.value.fix) == ("messages[1].topic", "use one of events, orders")
    assert await shop.statuses() == {}


async def test_services_name_a_topic_as_callers_do(shop: Workshop) -> None:
    """In a message, in each of several, or for all recipients of an envelope."""
    app = await shop.application(topics=TOPICS)
    message = {"external_id": "anna", "content": {"push": {"title": "x"}}, "topic": "events"}
    shared = {"content": message["content"], "recipients": [{"external_id": "anna"}], "topic": "events"}
    for what in ({"message": message}, {"messages": [message]}, shared):
        envelope = decode(json.dumps({"v": 1, "request_id": "r", "key": "k", **what}).encode())
        assert command_of(envelope, app).requests[0].topic == "events"
    with pytest.raises(InvalidInput) as refused:
        mixed = {"v": 1, "request_id": "r", "key": "k", "message": message, "topic": "events"}
        command_of(decode(json.dumps(mixed).encode()), app)
    assert refused.value.field == "topic"


async def test_a_message_tells_its_topic(shop: Workshop) -> None:
    """Each of a batch the one of its request, also from a template, whose rendered content is read beside it; none says null."""
    app = await shop.application(topics=TOPICS)
    one, two, three = await shop.subscriptions(app, 3)
    said = command(app, [one], topic="events").requests[0]
    requests = [said, attrs.evolve(said, targets=[Target(1, two)], topic="orders"),
                attrs.evolve(said, targets=[Target(2, three)], topic=None),
                MessageRequest([Target(3, one)], template=await a_template(shop, app), topic="events")]  # fmt: skip
    result = await shop.accept_use_case(window=0.0)(AcceptMessages(app, requests))
    rendered = Rendered(LiquidTemplating(), shop.sealed_variables)
    page = await ListMessages(PostgresMessages(shop.engine), rendered)(app)
    told: dict[UUID, str | None] = {message.id: message.topic for message in page.items}
    assert [told[id_] for id_ in result.message_ids] == ["events", "orders", None, "events"]
