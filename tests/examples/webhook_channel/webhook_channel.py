"""A channel of its own package: a text to an incoming webhook, as chat rooms have them.

The application stores where the webhooks are; a subscription's address is what comes after that.
"""

from __future__ import annotations

import json
import re

from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.courier import Link
from adapters.channels.frame.exchange import exchange
from adapters.channels.frame.plain_channel import PlainChannel
from adapters.channels.frame.status_rules import rule_by_status
from adapters.channels.frame.transport import Host
from adapters.channels.frame.vendor import Vendor
from adapters.channels.frame.verdict import outcome
from application.ports.channel_plugins import Capabilities, ChannelPlugin
from application.ports.channels import ChannelSettings, Credential, Envelope, SendBatch
from application.ports.provider_settings import SettingField
from domain.messaging.content import Body
from domain.messaging.outcome import Accepted, Deferred, Outcome
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.errors import InvalidInput

CHANNEL = Channel.declare("webhook", 100)
TYPE = SubscriptionType.declare("Webhook", 100, CHANNEL)
LONGEST = 4_000
PATH = re.compile(r"[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,3}")

INCOMING = Vendor(
    name="incoming_webhook",
    types=(TYPE,),
    settings=(
        SettingField(
            "url",
            "where the webhooks are",
            pattern=r"https://[^\s?#]+|http://127\.0\.0\.1:\d+",
            example="https://chat.example/hooks",
        ),
        SettingField("token", "the bearer token", secret=True),
    ),
    capabilities=Capabilities(claim_before_send=True),
)


class WebhookRoute:
    """Sends over the host that the application's credential names."""

    provider = INCOMING.name
    claims = True

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings
        self._hosts: dict[str, tuple[Host, Breaker]] = {}

    async def open(self, batch: SendBatch) -> WebhookCourier | Outcome:
        url = batch.credential.fields["url"]
        if url not in self._hosts:
            self._hosts[url] = Host(url, self._settings, http2=False), Breaker()
        return WebhookCourier(batch.credential, *self._hosts[url])

    async def close(self) -> None:
        for host, _ in self._hosts.values():
            await host.close()


class WebhookCourier:
    """Sends one batch, a request each."""

    pacer = None

    def __init__(self, credential: Credential, host: Host, breaker: Breaker) -> None:
        self._credential, self._host, self._link = credential, host, Link(host.slots, breaker)

    def place(self, envelope: Envelope) -> Link | Outcome:
        return self._link

    async def deliver(self, envelope: Envelope, link: Link) -> Outcome:
        token, path = self._credential.fields["token"], f"/{envelope.recipient}"
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        headers["x-client-ref"] = envelope.client_ref
        body = json.dumps({"text": envelope.content["text"]}, ensure_ascii=False).encode()
        answer = await exchange(self._host, link.breaker, "POST", path, headers, body)
        if isinstance(answer, Deferred):
            return answer
        if answer.ok:
            return Accepted(envelope.client_ref)
        rule, version = rule_by_status(answer.status), self._credential.version
        return outcome(
            rule, f"http_{answer.status}", credential_version=version, retry_after=answer.retry_after
        )


def check_text(content: Body, field: str) -> None:
    text = content.get("text")
    if set(content) != {"text"} or not isinstance(text, str) or not 0 < len(text.strip()) <= LONGEST:
        fix = f'send {{"text": "…"}} of at most {LONGEST} characters'
        raise InvalidInput(f"{field} is one text and nothing else", field=field, fix=fix)


def check_path(address: str, field: str) -> str:
    if not PATH.fullmatch(address):
        raise InvalidInput(f"{field} is no webhook's path", field=field, fix="send it as T01/B02/x3Y")
    return address


plugin: ChannelPlugin = PlainChannel(
    key="webhook",
    channel=CHANNEL,
    types=(TYPE,),
    vendors=(INCOMING,),
    content=check_text,
    address=check_path,
    routes=lambda settings, pacing: {TYPE: [WebhookRoute(settings)]},
)
