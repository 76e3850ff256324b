"""Requests that cannot be served now, or ever: tried again within bounds, parked with the reason, never lost."""

from __future__ import annotations

import asyncio
import base64
import json
from uuid import UUID

import nats.errors
import nats.js.errors
import pytest
from nats.aio.client import Client

from adapters.jetstream.requests import JetStreamRequests, RequestLimits
from application.messaging.accept_command import AcceptMessages, AcceptResult
from domain.shared.errors import Unavailable
from entrypoints.nats.consumer import RequestConsumer
from entrypoints.nats.handler import RequestHandler
from tests.integration.messaging.rows import Ids, Now
from tests.integration.nats.request_bench import (
    APPLICATION,
    KEY,
    Accepting,
    Bench,
    at_work,
    authenticate,
    bench,
    request,
)


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
        (json.dumps(request(message={"content": {"Carrier pigeon": {}}})).encode(), "bad_request"),
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
