"""The pipeline with the e-mail channel on the simulator, what calls it back, and the links that recipients follow."""

from __future__ import annotations

import asyncio
import base64
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

import attrs
import httpx
from starlette.applications import Starlette

from adapters.channels.email import plugin
from adapters.postgres.addresses import PostgresAddresses
from adapters.postgres.audience import PostgresAudience
from adapters.postgres.credentials import PostgresCredentials
from adapters.system.identifiers import SystemRandomness
from application.applications.commands import SetCredentialCommand
from application.applications.set_credential import SetCredential
from application.audience.unsubscribe_by_link import UnsubscribeByLink
from application.messaging.follow_links import FollowLinks
from application.messaging.receive_callback import ReceiveCallback
from application.ports.channels import ChannelSettings
from application.ports.delivery_reports import CALLBACK_TOKEN, callback_path
from domain.messaging.content import Body
from domain.messaging.links import LinkKeys
from domain.shared.channels import Channel, SubscriptionType
from entrypoints.links.application import link_endpoints
from entrypoints.provider_callbacks.application import callback_endpoints
from tests.conformance.channels.kit import OpenPacing
from tests.integration.channels.desk import Desk
from tests.integration.pipeline.workshop import open_workshop
from tests.integration.simulator.harness import Simulator

EMAIL = SubscriptionType.EMAIL
PUBLIC = "https://signal.shop.kr"
KEYS = LinkKeys([b"k" * 32])
AWS = {
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
CONTENT: Body = {
    "subject": "주문 1042가 출발했습니다",
    "html": '<p>안녕하세요 <a href="https://shop.kr/orders/1042">주문 보기</a></p>'
    '<p><a href="%unsubscribe_url%">수신 거부</a></p>',
}


class Catcher:
    """Keeps every post: path with query, headers, body."""

    def __init__(self) -> None:
        posts: list[tuple[str, Mapping[str, str], bytes]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                posts.append((self.path, headers, body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                return

        self.posts = posts
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/in"

    def __enter__(self) -> Catcher:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    async def wait_for(self, count: int) -> list[tuple[str, Mapping[str, str], bytes]]:
        """The posts, once there are so many."""
        until = time.monotonic() + 20
        while len(self.posts) < count:
            assert time.monotonic() < until, f"{len(self.posts)} posts came, {count} are awaited"
            await asyncio.sleep(0.02)
        return self.posts


def channel_settings(sim: Simulator, **changes: Any) -> ChannelSettings:
    """The simulator in the providers' place."""
    usual: dict[str, Any] = {
        "extra_ca_pem": Path(sim.ca).read_bytes(),
        "request_timeout": 10.0,
        "max_in_flight": 50,
        "provider_urls": {name: sim.ready[name] for name in ("smtp", "ses", "sns")},
        "public_url": PUBLIC,
        "links": KEYS,
    }
    return ChannelSettings(**{**usual, **changes})


def relay_fields(**changes: str) -> dict[str, str]:
    """A relay's credential."""
    usual = {
        "host": "127.0.0.1",
        "from_address": "no-reply@mail.shop.kr",
        "from_name": "알림",
        "username": "shop",
        "password": "open sesame",
        "bounce_domain": "bounce.shop.kr",
        "connections": "10",
    }
    return {**usual, **changes}


def ses_fields(sim: Simulator, **changes: str) -> dict[str, str]:
    """An SES credential that the simulator checks signatures with."""
    assert sim.control.post("/control/keys", json={"aws": [AWS]}).status_code == 200
    usual = {
        "region": "us-east-1",
        "from_address": "no-reply@mail.shop.kr",
        "topic_arn": sim.ready["sns_topic"],
    }
    return {**usual, **AWS, **changes}


def taken(sim: Simulator, recipient: str | None = None) -> list[dict[str, Any]]:
    """What the simulator took, newest last; `content` as bytes."""
    params = {} if recipient is None else {"recipient": recipient}
    mails = sim.control.get("/control/mails", params=params).json()
    return [{**mail, "content": base64.b64decode(mail["content"])} for mail in mails]


def opened(mail: Mapping[str, Any]) -> EmailMessage:
    """By Python's own parser."""
    message = BytesParser(policy=policy.default).parsebytes(mail["content"])
    assert isinstance(message, EmailMessage)
    return message


@attrs.define
class PostOffice(Desk):
    """One application that sends mail."""

    sim: Simulator | None = None
    application_id: UUID = attrs.field(factory=uuid4)

    async def open_account(self, provider: str, fields: Mapping[str, str]) -> None:
        """Store a credential as an operator does."""
        put = SetCredential(
            credentials=PostgresCredentials(self.shop.engine),
            providers=self.directory,
            vault=self.vault,
            clock=self.shop.clock,
            randomness=SystemRandomness(),
        )
        await put(
            SetCredentialCommand(application_id=self.application_id, provider=provider, fields=dict(fields))
        )

    async def people(self, *addresses: str) -> list[UUID]:
        """Subscriptions of these addresses."""
        return await self.subscriptions(self.application_id, *addresses, type_=EMAIL)

    async def mail(self, *subscriptions: UUID, content: Body = CONTENT) -> list[UUID]:
        """Accept and deliver one mail for each."""
        messages = await self.send(self.application_id, subscriptions, content={Channel.EMAIL: content})
        await self.deliver()
        return messages

    async def status(self, subscription: UUID) -> int:
        """The subscription's code."""
        return int(
            await self.shop.connection.fetchval(
                "SELECT subscription_status FROM subscription WHERE id = $1", subscription
            )
        )

    async def suppressed(self) -> list[str]:
        """Reasons of the suppressions that stand."""
        rows = await self.shop.connection.fetch(
            "SELECT reason FROM suppression WHERE lifted_at IS NULL ORDER BY created_at"
        )
        return [row["reason"] for row in rows]

    async def callback_url(self, provider: str) -> str:
        """Where the provider reports to."""
        credential = await self.credentials.current(self.application_id, provider)
        assert credential is not None
        return callback_path(provider, self.application_id, credential.fields[CALLBACK_TOKEN])

    def web(self) -> httpx.AsyncClient:
        """The links' and callbacks' endpoints, as recipients and providers reach them."""
        clock, ids = self.shop.clock, self.shop.ids
        assert self.sim is not None
        readers = {
            name: reader
            for name, provider in plugin.providers.items()
            if (reader := provider.callbacks(channel_settings(self.sim))) is not None
        }
        receive = ReceiveCallback(self.credentials, readers, self.reports, clock)
        unsubscribe = UnsubscribeByLink(
            audience=PostgresAudience(self.shop.engine),
            addresses=PostgresAddresses(self.shop.engine, ids),
            vault=self.vault,
            links=KEYS,
            clock=clock,
        )
        follow = FollowLinks(self.receipts, KEYS, clock)
        routes = [*callback_endpoints(receive, PUBLIC), *link_endpoints(unsubscribe, follow)]
        return httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)), base_url=PUBLIC)


@asynccontextmanager
async def open_post_office(database_url: str, sim: Simulator) -> AsyncIterator[PostOffice]:
    """With a relay's credential."""
    async with open_workshop(database_url) as shop:
        sender = plugin.open(channel_settings(sim), OpenPacing())
        office = PostOffice(shop, {EMAIL: plugin}, sim=sim, senders_of={int(Channel.EMAIL): sender})  # type: ignore[dict-item]
        office.application_id = await shop.application()
        await office.open_account("smtp", relay_fields())
        try:
            yield office
        finally:
            await sender.close()


def query(path: str) -> dict[str, str]:
    """A path's query."""
    return dict(parse_qsl(urlsplit(path).query))
