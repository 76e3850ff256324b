"""Requests over a real NATS: served once, answered where a late reader finds it, parked when nobody can serve them."""

from __future__ import annotations

import json

import pytest
from nats.aio.client import Client

from adapters.jetstream.requests import JetStreamRequests
from application.messaging.accept_command import AcceptResult, TargetError
from domain.messaging.event import Source
from domain.shared.channels import Channel
from domain.shared.errors import QuotaExceeded
from tests.integration.messaging.rows import Ids, Now
from tests.integration.nats.request_bench import (
    APPLICATION,
    OPERATOR,
    SUBSCRIPTION,
    Accepting,
    bench,
    request,
)


async def test_a_request_is_accepted_and_its_result_can_be_read_later(
    requests: JetStreamRequests, client: Client, stream_prefix: str
) -> None:
    """The command is what the envelope says, the result is stored, the request is gone from the queue."""
    async with bench(requests, client, stream_prefix) as b:
        await b.send(request())
        result = await b.result()
        await b.drained()
    assert (result["v"], result["request_id"], result["status"]) == (1, "r-1", "accepted")
    (command,) = b.accept.commands
    assert result["result"]["message_ids"]  # type: ignore[index]
    assert result["error"] is None
    assert (command.application_id, command.idempotency_key, command.single) == (APPLICATION, "r-1", True)
    assert command.source is Source.SIGNAL
    (one,) = command.requests
    assert one.targets[0].subscription_id == SUBSCRIPTION
    assert one.content == {Channel.PUSH: {"title": "안녕"}}


async def test_the_same_request_has_the_same_idempotency_whoever_repeats_it(
    requests: JetStreamRequests, client: Client, stream_prefix: str
) -> None:
    """A repeat under another request id and with other white space has the same key and hash; other content has not."""
    async with bench(requests, client, stream_prefix) as b:
        await b.send(request("r-1", idempotency_key="k"))
        await b.result("r-1")
        await b.send(json.dumps(request("r-2", idempotency_key="k"), indent=2).encode())
        await b.result("r-2")
        other = {"subscription_id": str(SUBSCRIPTION), "content": {"push": {"title": "other"}}}
        await b.send(request("r-3", idempotency_key="k", message=other))
        await b.result("r-3")
    first, second, third = b.accept.commands
    assert first.idempotency_key == second.idempotency_key == "k"
    assert first.request_hash == second.request_hash != third.request_hash


async def test_batches_come_in_both_shapes(
    requests: JetStreamRequests, client: Client, stream_prefix: str
) -> None:
    """messages with a content each, and one content for many recipients; errors make the result partial."""
    accept = Accepting(
        answers=[
            AcceptResult(Ids().many(1), [0], [TargetError(1, "no_subscription", "nobody", "external_id")])
        ]
    )
    async with bench(requests, client, stream_prefix, accept) as b:
        message = {
            "external_id": "u1",
            "channels": ["push"],
            "content": {"push": {"title": "a"}},
            "lane": "bulk",
        }
        await b.send(request("m", message=None, messages=[message, message]))
        partial = await b.result("m")
        await b.send(
            request(
                "r",
                message=None,
                content={"push": {"title": "a"}},
                recipients=[{"subscription_id": str(SUBSCRIPTION)}, {"external_id": "u2"}],
                send_at="2030-01-01T09:00:00+09:00",
                ttl_seconds=60,
            )
        )
        whole = await b.result("r")
    assert (partial["status"], whole["status"]) == ("partial", "accepted")
    assert partial["result"]["errors"][0]["index"] == 1  # type: ignore[index]
    many, one = b.accept.commands
    assert [len(r.targets) for r in many.requests] == [1, 1]
    assert many.requests[1].field == "messages[1]"
    assert many.requests[0].targets[0].channels == (Channel.PUSH,)
    assert [len(r.targets) for r in one.requests] == [2]
    assert one.requests[0].send_at is not None
    assert one.requests[0].send_at.isoformat() == "2030-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"key": "as_live_wrong_wrong"}, "unauthenticated"),
        ({"key": "as_live_reader_x"}, "forbidden"),
        ({"application_id": str(Ids().one())}, "not_found"),
        ({"key": OPERATOR}, "invalid_input"),
        ({"messages": [{"content": {"push": {}}}]}, "invalid_input"),
        ({"message": {"content": {"push": {"title": "a"}}}}, "invalid_input"),
        ({"lane": "bulk"}, "invalid_input"),
        ({"message": None}, "invalid_input"),
        ({"message": None, "recipients": [{"external_id": "u"}]}, "invalid_input"),
    ],
)
async def test_what_may_not_be_sent_is_refused_and_nothing_is_accepted(
    requests: JetStreamRequests, client: Client, stream_prefix: str, changes: dict[str, object], code: str
) -> None:
    """The result says why; the request is not parked and does not come again."""
    async with bench(requests, client, stream_prefix) as b:
        await b.send(request(**changes))  # type: ignore[arg-type]
        result = await b.result()
        await b.drained()
    assert result["status"] == "refused"
    assert result["error"]["code"] == code  # type: ignore[index]
    assert b.accept.commands == []


async def test_an_operator_names_the_application(
    requests: JetStreamRequests, client: Client, stream_prefix: str
) -> None:
    """An operator key acts on the application in the envelope."""
    async with bench(requests, client, stream_prefix) as b:
        await b.send(request(key=OPERATOR, application_id=str(APPLICATION)))
        assert (await b.result())["status"] == "accepted"
    assert b.accept.commands[0].application_id == APPLICATION


async def test_a_refusal_of_the_use_case_is_the_result(
    requests: JetStreamRequests, client: Client, stream_prefix: str
) -> None:
    """Quota exceeded: refused with the code and the reset date, once."""
    accept = Accepting(answers=[QuotaExceeded(reset_date=Now().now())])
    async with bench(requests, client, stream_prefix, accept) as b:
        await b.send(request())
        result = await b.result()
        await b.drained()
    assert result["error"]["code"] == "quota_exceeded"  # type: ignore[index]
    assert "reset_date" in result["error"]  # type: ignore[operator]
