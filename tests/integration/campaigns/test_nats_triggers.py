"""Triggers on NATS: the whole way from `signal.campaigns.trigger` to a run, once, with the real use case behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio
from nats.aio.client import Client

from adapters.jetstream.connection import open_nats
from adapters.jetstream.requests import JetStreamRequests
from domain.applications.principal import Principal
from domain.applications.scopes import ALL_SCOPES, Scope
from entrypoints.nats.handler import RequestHandler
from tests.integration.campaigns.world import CampaignWorld
from tests.integration.nats.request_bench import Accepting, Bench, at_work

SUBJECT = "signal.campaigns.trigger"


@pytest_asyncio.fixture
async def client(nats_url: str) -> AsyncIterator[Client]:
    client = await open_nats(nats_url, name="test")
    yield client
    await client.close()


@pytest_asyncio.fixture
async def requests(client: Client, stream_prefix: str) -> AsyncIterator[JetStreamRequests]:
    requests = JetStreamRequests(client, prefix=stream_prefix)
    await requests.ensure()
    yield requests
    await requests.close()


def handler(world: CampaignWorld, requests: JetStreamRequests, application_id: UUID) -> RequestHandler:
    """Knows a key that may do everything and one that may only send."""

    async def authenticate(key: str) -> Principal:
        scopes = ALL_SCOPES if key == "as_live_all" else frozenset({Scope.MESSAGES_WRITE})
        return Principal("application", application_id, "abc123", scopes)

    return RequestHandler(requests, authenticate, Accepting(), world.clock, world.trigger)


async def test_a_trigger_makes_a_run_and_a_repeat_answers_the_same_run(
    world: CampaignWorld, requests: JetStreamRequests, client: Client, stream_prefix: str
) -> None:
    """The result names the run; the run is sent to the users that were named."""
    app = await world.application()
    await world.subscriptions(app, 1, user=await world.user(app, "anna"))
    await world.subscriptions(app, 5)
    campaign = await world.draft(app, campaign_type="triggered", title="Order {{order}}")
    await world.act("schedule", app, campaign)
    b = Bench(client, stream_prefix, Accepting())
    document = {
        "v": 1, "request_id": "order-7", "key": "as_live_all", "campaign_id": str(campaign),
        "variables": {"order": 7}, "external_ids": ["anna"],
    }  # fmt: skip
    async with at_work(requests, handler(world, requests, app)):
        await b.send(document, SUBJECT)
        await b.drained()
        first = await b.result("order-7")
        await b.send(document, SUBJECT)
        await b.drained()
        second = await b.result("order-7")
    assert first["status"] == second["status"] == "accepted"
    assert first["result"] == {
        "campaign_id": str(campaign), "run_id": first["result"]["run_id"], "run_number": 1, "replayed": False,  # type: ignore[index]
    }  # fmt: skip
    assert second["result"]["run_id"] == first["result"]["run_id"]  # type: ignore[index]
    assert second["result"]["replayed"] is True  # type: ignore[index]
    await world.launch_due()
    assert await world.fan_out_all() == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"key": "as_live_sender"}, "forbidden"),
        ({"campaign_id": "01890000-0000-7000-8000-000000000000"}, "not_found"),
        ({"external_ids": ["a\x00"]}, "invalid_input"),
        ({"colour": "red"}, "request_parked"),
        ({"v": 2}, "request_parked"),
    ],
)
async def test_a_trigger_that_cannot_be_served_says_why_and_makes_no_run(
    world: CampaignWorld,
    requests: JetStreamRequests,
    client: Client,
    stream_prefix: str,
    changes: dict[str, object],
    code: str,
) -> None:
    """Refused with the code that REST would answer, or parked for another shape."""
    app = await world.application()
    campaign = await world.draft(app, campaign_type="triggered")
    await world.act("schedule", app, campaign)
    b = Bench(client, stream_prefix, Accepting())
    document = {"v": 1, "request_id": "r", "key": "as_live_all", "campaign_id": str(campaign), **changes}
    async with at_work(requests, handler(world, requests, app)):
        await b.send(document, SUBJECT)
        await b.drained()
    result = await b.result("r")
    assert (result["status"], result["error"]["code"]) == ("refused", code)  # type: ignore[index]
    assert await world.value("SELECT count(*) FROM campaign") == 1
