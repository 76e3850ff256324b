"""The whole way in: a request on NATS becomes rows, once, with the real use cases behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from nats.aio.client import Client

from adapters.jetstream.requests import JetStreamRequests
from application.messaging.accept_messages import AcceptMessagesUseCase
from application.ports.doorbells import Ring
from domain.applications.principal import Principal
from domain.applications.scopes import ALL_SCOPES
from entrypoints.nats.handler import RequestHandler
from tests.accepting import accept_group, accept_messages
from tests.integration.messaging.rows import Rows
from tests.integration.nats.request_bench import KEY, Accepting, Bench, at_work, request


class Bells:
    """Remembers what was rung."""

    def __init__(self) -> None:
        self.rings: list[Ring] = []

    async def ring(self, rings: Sequence[Ring]) -> None:
        self.rings.extend(rings)


def use_case(rows: Rows, bells: Bells) -> AcceptMessagesUseCase:
    group = accept_group(rows.engine, bells, rows.clock, rows.ids)
    return accept_messages(group, rows.engine, rows.clock)


async def test_a_request_becomes_one_message_however_often_it_is_delivered(
    rows: Rows, requests: JetStreamRequests, client: Client, stream_prefix: str
) -> None:
    """The first delivery is accepted but never acknowledged; the second answers the same ids and adds no row."""
    application = await rows.application()
    subscription = await rows.subscription(application)

    async def authenticate(key: str) -> Principal:
        assert key == KEY
        return Principal("application", application, "abc123", ALL_SCOPES)

    bells = Bells()
    accept = use_case(rows, bells)
    handler = RequestHandler(requests, authenticate, accept, rows.clock)
    b = Bench(client, stream_prefix, Accepting())
    message = {"subscription_id": str(subscription), "content": {"push": {"title": "Hi"}}}
    await b.send(request(message=message))

    class Unacknowledged:
        """A delivery whose acknowledgement is lost with the process."""

        def __init__(self, delivery: object) -> None:
            self._delivery = delivery

        def __getattr__(self, name: str) -> object:
            return getattr(self._delivery, name)

        async def acknowledge(self) -> None:
            """Lost."""

    (delivery,) = await requests.fetch(1, 5)
    await handler(Unacknowledged(delivery))  # type: ignore[arg-type]
    first = await b.result()
    assert await b.waiting() == 1
    await delivery.again(0)
    async with at_work(requests, handler):
        await b.drained()
    second = await b.result()
    await accept.close()
    assert (first["status"], second["status"]) == ("accepted", "accepted")
    assert first["result"]["message_ids"] == second["result"]["message_ids"]  # type: ignore[index]
    assert second["result"]["replayed"]  # type: ignore[index]
    assert await rows.count("message") == 1
    assert len(bells.rings) == 1


async def test_other_content_under_a_used_key_is_refused(
    rows: Rows, requests: JetStreamRequests, client: Client, stream_prefix: str
) -> None:
    """idempotency_mismatch, and a bad content names its field; neither leaves a row."""
    application = await rows.application()
    subscription = await rows.subscription(application)

    async def authenticate(key: str) -> Principal:
        return Principal("application", application, "abc123", ALL_SCOPES)

    accept = use_case(rows, Bells())
    handler = RequestHandler(requests, authenticate, accept, rows.clock)
    b = Bench(client, stream_prefix, Accepting())
    async with at_work(requests, handler):
        for request_id, push in (
            ("one", {"title": "Hi"}),
            ("two", {"title": "Bye"}),
            ("nul", {"title": "a\x00b"}),
            ("unknown", {"title": "a", "colour": "red"}),
        ):
            message = {"subscription_id": str(subscription), "content": {"push": push}}
            key = "k" if request_id in ("one", "two") else request_id
            await b.send(request(request_id, idempotency_key=key, message=message))
            await b.result(request_id)
        results = await asyncio.gather(*(b.result(one) for one in ("one", "two", "nul", "unknown")))
    await accept.close()
    assert [result["status"] for result in results] == ["accepted", "refused", "refused", "refused"]
    errors = [result["error"] for result in results[1:]]
    assert errors[0]["code"] == "idempotency_mismatch"  # type: ignore[index]
    assert str(errors[1]["field"]).endswith("content.push.title")  # type: ignore[index]
    assert "colour" in str(errors[2])
    assert await rows.count("message") == 1
