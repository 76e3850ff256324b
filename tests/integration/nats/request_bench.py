"""One consumer of requests at work on a real NATS, with stand-ins for authentication and acceptance."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import attrs
import nats.errors
import nats.js.errors
from nats.aio.client import Client

from adapters.jetstream.requests import JetStreamRequests
from application.messaging.accept_command import AcceptMessages, AcceptResult
from domain.applications.principal import Principal
from domain.applications.scopes import ALL_SCOPES, Scope
from domain.shared.errors import Unauthenticated
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
