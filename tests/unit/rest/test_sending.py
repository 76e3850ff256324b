"""From send requests to the accept command, and from its result to the report."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from application.messaging.accept_command import AcceptMessages, AcceptResult, TargetError
from domain.applications.principal import Principal
from domain.applications.scopes import ALL_SCOPES
from domain.messaging.fallback import Fallback, FallbackRule
from domain.shared.channels import Channel, Lane
from tests.unit.rest.bags import application

APPLICATION = uuid4()
ONE, TWO = uuid4(), uuid4()
PUSH = {"push": {"title": "Hi"}}


async def authenticate(key: str) -> Principal:
    return Principal("application", APPLICATION, "k", ALL_SCOPES)


class Accepting:
    """Keeps the command; answers with the result it was given, or one id per target."""

    def __init__(self, result: AcceptResult | None = None) -> None:
        self.result = result
        self.command: AcceptMessages | None = None

    async def __call__(self, command: AcceptMessages) -> AcceptResult:
        self.command = command
        if self.result is not None:
            return self.result
        indexes = [target.index for request in command.requests for target in request.targets]
        return AcceptResult([uuid4() for _ in indexes], indexes)


async def post(
    path: str, body: Any, accept: Accepting, media: str = "application/json", **headers: str
) -> httpx.Response:
    app = application(accept_messages=accept, authenticate_key=authenticate)
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.post(
            path, content=content, headers={"Authorization": "Bearer k", "Content-Type": media, **headers}
        )


async def test_a_shared_content_batch_is_one_request_with_many_targets() -> None:
    """Content is stored once; targets keep the order and the place of the caller."""
    accept = Accepting()
    body = {
        "content": PUSH,
        "recipients": [{"subscription_id": ONE}, {"external_id": "u", "channels": ["push"]}],
        "lane": "transactional",
        "allow_partial": True,
    }
    answer = await post("/v1/messages/batch", body, accept)
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 2
    assert accept.command is not None
    assert accept.command.allow_partial
    assert not accept.command.single
    (request,) = accept.command.requests
    assert request.content == {Channel.PUSH: {"title": "Hi"}}
    assert request.lane is Lane.TRANSACTIONAL
    assert [(t.index, t.subscription_id, t.external_id, t.channels) for t in request.targets] == [
        (0, ONE, None, ()),
        (1, None, "u", (Channel.PUSH,)),
    ]


@pytest.mark.parametrize("media", ["application/json", "application/x-ndjson"])
async def test_own_contents_as_json_or_lines(media: str) -> None:
    """Each message has its own content and its own place in the report."""
    accept = Accepting()
    messages = [
        {"content": PUSH, "subscription_id": ONE},
        {"content": PUSH, "external_id": "u", "ttl_seconds": 60},
    ]
    body = (
        msgspec.json.encode({"messages": messages})
        if media == "application/json"
        else b"\n".join(map(msgspec.json.encode, messages))
    )
    answer = await post("/v1/messages/batch", body, accept, media)
    assert answer.status_code == 202
    assert accept.command is not None
    assert [request.targets[0].index for request in accept.command.requests] == [0, 1]
    assert [request.ttl_seconds for request in accept.command.requests] == [None, 60]


async def test_a_single_send_is_marked_so() -> None:
    """One message: the transactional lane is the use case's choice, the key and the body's hash come along."""
    accept = Accepting()
    body = {"content": PUSH, "subscription_id": ONE}
    await post("/v1/messages", body, accept, **{"Idempotency-Key": "k1"})
    assert accept.command is not None
    assert accept.command.single
    assert accept.command.application_id == APPLICATION
    assert accept.command.idempotency_key == "k1"
    first = accept.command.request_hash
    assert len(first) == 32
    await post("/v1/messages", body, accept, **{"Idempotency-Key": "k1"})
    assert accept.command.request_hash == first
    await post("/v1/messages", {**body, "ttl_seconds": 5}, accept, **{"Idempotency-Key": "k1"})
    assert accept.command.request_hash != first


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"content": PUSH}, "recipients"),
        ({"recipients": [{"subscription_id": ONE}]}, "content"),
        ({"messages": [], "allow_partial": True}, "messages"),
        ({"messages": [{"content": PUSH, "subscription_id": ONE}], "content": PUSH}, "content"),
        ({"content": PUSH, "recipients": [{"subscription_id": ONE}, {}]}, "recipients[1]"),
        (
            {"content": PUSH, "recipients": [{"subscription_id": ONE, "external_id": "u"}]},
            "recipients[0].external_id",
        ),
        (
            {"content": PUSH, "recipients": [{"subscription_id": ONE, "channels": ["push"]}]},
            "recipients[0].channels",
        ),
        ({"content": PUSH, "recipients": [{"subscription_id": "x"}]}, "recipients[0].subscription_id"),
        (
            {"content": {"push": {"titel": "x"}}, "recipients": [{"subscription_id": ONE}]},
            "content.push.titel",
        ),
        ({"content": PUSH, "recipients": [{"subscription_id": ONE}] * 10_001}, "recipients"),
    ],
)
async def test_batches_that_cannot_be_read_are_refused_whole(body: Any, field: str) -> None:
    """The place is named and the use case is not called."""
    accept = Accepting()
    answer = await post("/v1/messages/batch", body, accept)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert accept.command is None


async def test_the_report_is_compact_when_all_went_well() -> None:
    """Ids in the order of the recipients, no items, no errors."""
    answer = await post(
        "/v1/messages/batch", {"content": PUSH, "recipients": [{"subscription_id": ONE}]}, Accepting()
    )
    assert set(answer.json()) == {"accepted", "rejected", "message_ids", "errors"}


async def test_the_report_names_items_when_recipients_have_several_messages_or_none() -> None:
    """A partial acceptance says which recipient has which messages, and why others have none."""
    ids = [uuid4(), uuid4()]
    result = AcceptResult(
        ids, [1, 1], (TargetError(0, "no_subscription", "nobody", "external_id"),), replayed=True
    )
    answer = await post(
        "/v1/messages/batch", {"content": PUSH, "recipients": [{"external_id": "u"}]}, Accepting(result)
    )
    assert answer.status_code == 202
    assert answer.headers["idempotency-replayed"] == "true"
    report = answer.json()
    assert (report["accepted"], report["rejected"]) == (2, 1)
    assert [UUID(one) for one in report["items"][0]["message_ids"]] == ids
    assert report["errors"] == [
        {"index": 0, "code": "no_subscription", "detail": "nobody", "field": "external_id"}
    ]


@pytest.mark.parametrize(
    ("code", "status"),
    [("subscription_not_found", 404), ("no_subscription", 422), ("no_content_for_channel", 422)],
)
async def test_a_call_that_reaches_nobody_is_an_error(code: str, status: int) -> None:
    """Nothing accepted: 404 when no named subscription exists, else 422, with the first error's code."""
    result = AcceptResult([], [], (TargetError(0, code, "nobody", "external_id"),))
    answer = await post("/v1/messages", {"content": PUSH, "external_id": "u"}, Accepting(result))
    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.json()["errors"][0]["index"] == 0


async def test_a_topic_is_read_in_single_and_batch_sends() -> None:
    """Of the message, or of all recipients; beside `messages` it is refused."""
    one = {"content": PUSH, "external_id": "u", "topic": "events"}
    shared = {"content": PUSH, "recipients": [{"external_id": "u"}], "topic": "events"}
    for path, body in (
        ("/v1/messages", one),
        ("/v1/messages/batch", shared),
        ("/v1/messages/batch", {"messages": [one]}),
    ):
        accept = Accepting()
        await post(path, body, accept)
        assert accept.command is not None
        assert accept.command.requests[0].topic == "events"
    refused = await post("/v1/messages/batch", {"messages": [one], "topic": "events"}, Accepting())
    assert (refused.status_code, refused.json()["field"]) == (422, "topic")


async def test_a_fallback_is_read_in_single_and_batch_sends() -> None:
    """Channels in order, the rule, and how long to wait."""
    content = {"sms": {"text": "x"}, "email": {"subject": "x"}}
    plan = {"channels": ["email", "sms"], "rule": "if_not_received_within", "within_seconds": 300}
    wanted = Fallback([Channel.EMAIL, Channel.SMS], FallbackRule.IF_NOT_RECEIVED_WITHIN, 300)
    one = {"content": content, "external_id": "u", "fallback": plan}
    shared = {"content": content, "recipients": [{"external_id": "u"}], "fallback": plan}
    for path, body in (
        ("/v1/messages", one),
        ("/v1/messages/batch", shared),
        ("/v1/messages/batch", {"messages": [one]}),
    ):
        accept = Accepting()
        assert (await post(path, body, accept)).status_code == 202
        assert accept.command is not None
        assert accept.command.requests[0].fallback == wanted
    accept = Accepting()
    await post("/v1/messages", {**one, "fallback": {"channels": ["email", "sms"]}}, accept)
    assert accept.command is not None
    assert accept.command.requests[0].fallback == Fallback([Channel.EMAIL, Channel.SMS])


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({"channels": ["sms"]}, "fallback.channels"),
        ({"channels": ["sms", "pigeon"]}, "fallback.channels"),
        ({"channels": ["sms", "email"], "rule": "sometimes"}, "fallback.rule"),
        ({"channels": ["sms", "email"], "within_seconds": 5}, "fallback.within_seconds"),
        ({"channels": ["sms", "email"], "color": 1}, "fallback.color"),
    ],
)
async def test_an_unreadable_fallback_is_refused_by_field(plan: dict[str, Any], field: str) -> None:
    """Before anything is accepted."""
    accept = Accepting()
    body = {"content": {"sms": {}}, "external_id": "u", "fallback": plan}
    answer = await post("/v1/messages", body, accept)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert accept.command is None
