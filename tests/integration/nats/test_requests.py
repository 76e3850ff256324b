"""Requests over a real NATS: served once, answered where a late reader finds it, parked when nobody can serve them."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import attrs
import nats.errors
import nats.js.errors
import pytest
from nats.aio.client import Client

from adapters.jetstream.requests import JetStreamRequests, RequestLimits
from application.messaging.accept_command import AcceptMessages, AcceptResult, TargetError
from domain.applications.principal import Principal
from domain.applications.scopes import ALL_SCOPES, Scope
from domain.messaging.event import Source
from domain.shared.channels import Channel
from domain.shared.errors import QuotaExceeded, Unauthenticated, Unavailable
from entrypoints.nats.consumer import RequestConsumer
from entrypoints.nats.handler import RequestHandler
from tests.integration.messaging.rows import Ids, Now

APPLICATION = Ids().one()
SUBSCRIPTION = Ids().one()
KEY = "as_live_abc123_S3cretS3cretS3cret"
OPERATOR = "as_operator_abc123_S3cretS3cretS3cret"


async def authenticate(key: str) -> Principal:
    """Knows two keys, and one that may only read."""
    if key == KEY:
        return Principal("application", APPLICATION, "abc123", ALL_SCOPES)
    if key == OPERATOR:
        return Principal("operator", None, "abc123", ALL_SCOPES)
    if key == "as_live_reader_x":
        return Principal("application", APPLICATION, "reader", frozenset({Scope.MESSAGES_READ}))
    raise Unauthenticated("this key is unknown, revoked or expired")


@attrs.define
class Accepting:
    """Stands for the use case: keeps the commands, answers one id a target, or what the test says."""

    commands: list[AcceptMessages] = attrs.field(factory=list)
    answers: list[AcceptResult | Exception] = attrs.field(factory=list)
    always: Exception | None = None

    async def __call__(self, command: AcceptMessages) -> AcceptResult:
        self.commands.append(command)
        if self.always is not None:
            raise self.always
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        n = sum(len(request.targets) for request in command.requests)
        return AcceptResult(Ids().many(n), list(range(n)))


def request(request_id: str = "r-1", **changes: object) -> dict[str, object]:
    return {
        "v": 1,
        "request_id": request_id,
        "key": KEY,
        "message": {"subscription_id": str(SUBSCRIPTION), "content": {"push": {"title": "안녕"}}},
        **changes,
    }


@attrs.define
class Bench:
    """One consumer at work, and what a customer sees of it."""

    client: Client
    prefix: str
    accept: Accepting

    async def send(self, document: object, subject: str = "signal.send", **headers: str) -> None:
        payload = document if isinstance(document, bytes) else json.dumps(document).encode()
        await self.client.jetstream().publish(f"{self.prefix}{subject}", payload, headers=headers or None)

    async def result(self, request_id: str = "r-1") -> dict[str, object]:
        """The stored result, read by somebody who subscribed too late."""
        return await self._stored("results", request_id)

    async def parked(self, reason: str) -> dict[str, object]:
        return await self._stored("parked", reason)

    async def _stored(self, stream: str, last: str) -> dict[str, object]:
        jetstream = self.client.jetstream()
        for _ in range(200):
            try:
                message = await jetstream.get_last_msg(
                    f"{self.prefix}signal_{stream}", f"{self.prefix}signal.{stream}.{last}"
                )
            except nats.js.errors.NotFoundError:
                await asyncio.sleep(0.05)
                continue
            found: dict[str, object] = json.loads(message.data or b"")
            return found
        raise AssertionError(f"nothing on {stream}.{last}")

    async def waiting(self) -> int:
        """Requests that are not acknowledged yet."""
        info = await self.client.jetstream().stream_info(f"{self.prefix}signal_requests")
        return info.state.messages

    async def drained(self) -> None:
        for _ in range(200):
            if await self.waiting() == 0:
                return
            await asyncio.sleep(0.05)
        raise AssertionError("requests are left")


@asynccontextmanager
async def at_work(
    requests: JetStreamRequests, handle: Callable[..., Awaitable[None]], concurrency: int = 4
) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    running = asyncio.create_task(
        RequestConsumer(requests, handle, concurrency=concurrency, wait=0.2).run(stopping)
    )
    try:
        yield
    finally:
        stopping.set()
        await asyncio.wait_for(running, 10)


@asynccontextmanager
async def bench(
    requests: JetStreamRequests, client: Client, prefix: str, accept: Accepting | None = None
) -> AsyncIterator[Bench]:
    accept = accept or Accepting()
    async with at_work(requests, RequestHandler(requests, authenticate, accept, Now())):
        yield Bench(client, prefix, accept)


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


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\xff\xfe not json", "bad_json"),
        (b"{" * 100_000, "bad_json"),
        (b"[1, 2]", "bad_request"),
        (json.dumps(request(v=2)).encode(), "unknown_version"),
        (json.dumps(request(v=True)).encode(), "unknown_version"),
        (json.dumps(request(colour="red")).encode(), "bad_request"),
        (json.dumps(request("a.b")).encode(), "bad_request"),
        (json.dumps(request("*")).encode(), "bad_request"),
        (json.dumps(request(messages=[{}] * 10_001)).encode(), "bad_request"),
        (json.dumps(request(message={"content": {"pigeon": {}}})).encode(), "bad_request"),
    ],
)
async def test_poison_is_parked_with_the_reason_and_without_the_key(
    requests: JetStreamRequests, client: Client, stream_prefix: str, payload: bytes, reason: str
) -> None:
    """The original bytes are kept but for the key; the queue goes on."""
    async with bench(requests, client, stream_prefix) as b:
        await b.send(payload, Authorization=f"Bearer {KEY}", Trace="t-1")
        parked = await b.parked(reason)
        await b.send(request("after"))
        assert (await b.result("after"))["status"] == "accepted"
        await b.drained()
    assert (parked["reason"], parked["subject"], parked["deliveries"]) == (reason, "signal.send", 1)
    kept = base64.b64decode(str(parked["payload"]))
    assert kept == payload.replace(KEY.encode(), b"redacted")[: len(kept)]
    assert "S3cret" not in json.dumps(parked) + kept.decode(errors="replace")
    assert parked["headers"]["Trace"] == "t-1"  # type: ignore[index]


async def test_poison_with_a_request_id_gets_a_result_too(
    requests: JetStreamRequests, client: Client, stream_prefix: str
) -> None:
    """Who asked learns that the request was parked, and why."""
    async with bench(requests, client, stream_prefix) as b:
        await b.send(request(v=7))
        result = await b.result()
    assert result["status"] == "refused"
    assert result["error"]["code"] == "request_parked"  # type: ignore[index]
    assert result["error"]["reason"] == "unknown_version"  # type: ignore[index]


@pytest.mark.parametrize("subject", ["signal.sned", "signal.send.now", "signal.Send"])
async def test_a_misspelt_subject_is_parked_and_nothing_is_sent(
    requests: JetStreamRequests, client: Client, stream_prefix: str, subject: str
) -> None:
    """A whole request on another subject is not guessed at."""
    async with bench(requests, client, stream_prefix) as b:
        await b.send(request(), subject)
        parked = await b.parked("unknown_subject")
        result = await b.result()
    assert parked["subject"] == subject
    assert result["error"]["reason"] == "unknown_subject"  # type: ignore[index]
    assert b.accept.commands == []


async def test_a_transient_failure_is_tried_again_and_accepted_once(
    requests: JetStreamRequests, client: Client, stream_prefix: str
) -> None:
    """Unavailable, then a crash of unknown kind, then success: one result, nothing parked."""
    accept = Accepting(answers=[Unavailable(), RuntimeError(f"leaky {KEY}")])
    async with bench(requests, client, stream_prefix, accept) as b:
        await b.send(request())
        result = await b.result()
        await b.drained()
    assert result["status"] == "accepted"
    assert len({(c.idempotency_key, c.request_hash) for c in accept.commands}) == 1
    assert len(accept.commands) == 3


async def test_a_request_that_is_never_served_is_parked_in_the_end(
    requests: JetStreamRequests, client: Client, stream_prefix: str
) -> None:
    """On the tenth failed delivery it is parked with a result; nothing comes again after that."""

    class Tenth:
        """The same delivery, ten times delivered."""

        def __init__(self, delivery: object, deliveries: int) -> None:
            self._delivery = delivery
            self.deliveries = deliveries

        def __getattr__(self, name: str) -> object:
            return getattr(self._delivery, name)

    accept = Accepting(always=Unavailable())
    handler = RequestHandler(requests, authenticate, accept, Now())
    b = Bench(client, stream_prefix, accept)
    await b.send(request("last"))
    (delivery,) = await requests.fetch(1, 5)
    await handler(Tenth(delivery, 10))  # type: ignore[arg-type]
    assert (await b.result("last"))["error"]["reason"] == "too_many_deliveries"  # type: ignore[index]
    assert len(accept.commands) == 1
    await b.send(request("killer"))
    (delivery,) = await requests.fetch(1, 5)
    await handler(Tenth(delivery, 11))  # type: ignore[arg-type]
    assert (await b.result("killer"))["error"]["reason"] == "too_many_deliveries"  # type: ignore[index]
    assert len(accept.commands) == 1
    assert await b.waiting() == 0


async def test_what_was_fetched_before_stopping_is_finished(
    requests: JetStreamRequests, client: Client, stream_prefix: str
) -> None:
    """The consumer leaves only when the request under way has its result."""
    gate, begun = asyncio.Event(), asyncio.Event()

    async def slow(command: AcceptMessages) -> AcceptResult:
        begun.set()
        await gate.wait()
        return AcceptResult(Ids().many(1), [0])

    b = Bench(client, stream_prefix, Accepting())
    stopping = asyncio.Event()
    consumer = RequestConsumer(requests, RequestHandler(requests, authenticate, slow, Now()))
    running = asyncio.create_task(consumer.run(stopping))
    await b.send(request())
    await asyncio.wait_for(begun.wait(), 10)
    stopping.set()
    gate.set()
    await asyncio.wait_for(running, 10)
    assert (await b.result())["status"] == "accepted"
    assert await b.waiting() == 0


async def test_no_more_requests_are_served_at_once_than_allowed(
    requests: JetStreamRequests, client: Client, stream_prefix: str
) -> None:
    """Twelve requests, two hands: never three at a time, all served."""
    now, most = 0, 0

    async def counting(command: AcceptMessages) -> AcceptResult:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return AcceptResult(Ids().many(1), [0])

    b = Bench(client, stream_prefix, Accepting())
    for n in range(12):
        await b.send(request(f"r-{n}"))
    handler = RequestHandler(requests, authenticate, counting, Now())
    async with at_work(requests, handler, concurrency=2):
        await b.drained()
    assert most == 2


async def test_requests_survive_that_the_streams_are_deleted(
    requests: JetStreamRequests, client: Client, stream_prefix: str
) -> None:
    """The consumer makes them anew and goes on with what is sent afterwards."""
    async with bench(requests, client, stream_prefix) as b:
        await b.send(request("before"))
        await b.result("before")
        for name in ("requests", "results", "parked"):
            await client.jetstream().delete_stream(f"{stream_prefix}signal_{name}")
        for _ in range(100):
            try:
                await b.send(request("after"))
                break
            except (nats.js.errors.Error, nats.errors.Error):
                await asyncio.sleep(0.1)
        assert (await b.result("after"))["status"] == "accepted"


async def test_a_request_that_is_too_large_is_refused_at_the_door(client: Client, stream_prefix: str) -> None:
    """The stream has a size limit of its own: the publisher sees the error, nothing is stored."""
    small = JetStreamRequests(client, prefix=stream_prefix, limits=RequestLimits(max_request=10_000))
    await small.ensure()
    b = Bench(client, stream_prefix, Accepting())
    with pytest.raises(nats.js.errors.APIError):
        await b.send(b"x" * 20_000)
    assert await b.waiting() == 0


def test_an_envelope_never_shows_its_key() -> None:
    """repr is what ends up in logs."""
    from entrypoints.nats.schema import decode

    assert "S3cret" not in repr(decode(json.dumps(request()).encode()))
    assert isinstance(APPLICATION, UUID)
