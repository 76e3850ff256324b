"""The APNs route: requests, the other environment, the renewed token, and what an answer makes of a message."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import attrs
import msgspec

from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.courier import Elsewhere, Link
from adapters.channels.frame.recent import Recent
from adapters.channels.frame.retry_after import parse_retry_after
from adapters.channels.frame.trial import tried_by_sending
from adapters.channels.frame.verdict import SERVER_ERROR, Mark, Rule, outcome
from adapters.channels.push.apns.credential import ApnsCredential, ProviderToken
from adapters.channels.push.apns.payload import MAX_PAYLOAD_BYTES, ApnsPayload, apns_payload
from adapters.channels.push.apns.reasons import UPDATES_THROTTLED, rule_for
from adapters.channels.push.codes import TOKEN_DEAD
from adapters.channels.push.content import read_push_content
from adapters.channels.push.http2.answers import CONNECTION_LOST, Answer, AnswerLost, NotProcessed
from adapters.channels.push.http2.client import USER_AGENT, Http2Client
from adapters.channels.push.http2.header_block import literals, name_of, value
from adapters.channels.push.http2.host import Http2Host, failure_of
from application.ports.channels import ChannelSettings, Credential, Envelope, SendBatch, Tried
from domain.messaging.content import Body
from domain.messaging.outcome import Accepted, CredentialFault, Outcome, Rejected
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput

PROVIDER = "apns"
PRODUCTION, SANDBOX = 0, 1
KEPT = 4_096
"""Applications whose credential and breakers are kept in memory."""

_TOKEN = re.compile(r"[0-9A-Fa-f]{2,512}\Z")
"""Device tokens are opaque hex of no fixed length; whatever else would end up in the request's path."""
OK = 200


_PATH, _COLLAPSE_ID = name_of(":path"), name_of("apns-collapse-id")
_EXPIRATION, _CONTENT_LENGTH = name_of("apns-expiration"), name_of("content-length")


class _Refusal(msgspec.Struct):
    reason: str | None = None
    timestamp: object = None


_read_refusal = msgspec.json.Decoder(_Refusal).decode


@attrs.define(slots=True, eq=False)
class ApnsLink(Link):
    """One environment, as one batch uses it."""

    environment: int
    path: bytes
    client: Http2Client
    heads: dict[tuple[str, str], bytes] = attrs.field(factory=dict)
    """Encoded headers that many messages share, by push type and priority."""


class ApnsRoute:
    """Both environments, the provider tokens and the breakers of this process."""

    provider = PROVIDER
    claims = False

    def __init__(self, settings: ChannelSettings) -> None:
        self._hosts = {
            PRODUCTION: Http2Host(settings.apns_production_url, settings),
            SANDBOX: Http2Host(settings.apns_sandbox_url, settings),
        }
        self._credentials: Recent[tuple[UUID, int], ApnsCredential] = Recent(KEPT)
        self._tokens: Recent[str, ProviderToken] = Recent(KEPT)
        self._breakers: Recent[tuple[UUID, int], Breaker] = Recent(2 * KEPT)

    async def open(self, batch: SendBatch) -> ApnsCourier | Outcome:
        """A courier, or CredentialFault when the stored credential cannot sign anything."""
        stored = batch.credential
        try:
            credential = self._credentials.get(
                (stored.application_id, stored.version), lambda: ApnsCredential.from_fields(stored.fields)
            )
        except InvalidInput as error:
            return CredentialFault("invalid_credential", stored.version, details={"field": error.field})
        token = self._tokens.get(credential.identity, lambda: ProviderToken(credential))
        links = {
            environment: ApnsLink(
                slots=host.slots,
                breaker=self._breakers.get((batch.application_id, environment), Breaker),
                environment=environment,
                path=f"{host.path}/3/device/".encode(),
                client=host.client(credential.identity),
            )
            for environment, host in self._hosts.items()
        }
        return ApnsCourier(batch, credential, token, links)

    async def try_credential(self, credential: Credential) -> Tried:
        """A push to a token of zeros: Apple checks who asks before it looks at the token."""
        return await tried_by_sending(
            self, SubscriptionType.IOS_PUSH, credential, "0" * 64, {"title": "check"}
        )

    async def close(self) -> None:
        """Close the connections to both environments."""
        for host in self._hosts.values():
            await host.close()


class ApnsCourier:
    """Sends one batch's envelopes to APNs."""

    pacer = None
    """Apple publishes no cap; a busy device is answered 429 by itself."""

    def __init__(
        self,
        batch: SendBatch,
        credential: ApnsCredential,
        token: ProviderToken,
        links: Mapping[int, ApnsLink],
    ) -> None:
        self._version = batch.credential.version
        self._bundle_id = credential.bundle_id
        self._token = token
        self._links = links
        self._header = token.header()
        self._payloads: dict[int, ApnsPayload | Rejected] = {}
        self._probed: set[UUID] = set()
        self._expires_at: datetime | None = None
        self._expiration = b""

    def place(self, envelope: Envelope) -> Link | Outcome:
        """Production or sandbox: what was learnt, else what `test_type` says (0 production; 1, 2 sandbox)."""
        if not _TOKEN.match(envelope.token):
            return Rejected("malformed_token", subscription_code=TOKEN_DEAD)
        payload = self._payload(envelope.content)
        if isinstance(payload, Rejected):
            return payload
        environment = envelope.environment
        if environment is None:
            environment = PRODUCTION if envelope.test_type == PRODUCTION else SANDBOX
        return self._links[SANDBOX if environment else PRODUCTION]

    async def deliver(self, envelope: Envelope, link: Link) -> Outcome | Elsewhere:
        """POST /3/device/{token}; once more with a new provider token when Apple calls the present one expired."""
        assert isinstance(link, ApnsLink)
        payload = self._payload(envelope.content)
        assert isinstance(payload, ApnsPayload)
        message_id = str(envelope.message_id)
        named = message_id.encode()
        body = payload.bytes_for(named)
        while True:
            header = self._header
            try:
                answer = await link.client.post(self._head(envelope, link, payload, named, len(body)), body)
            except (NotProcessed, AnswerLost) as error:
                link.breaker.fail(shared=error.reason == CONNECTION_LOST)
                return failure_of(error)
            if answer.status == OK:
                link.breaker.succeed()
                learnt = link.environment if envelope.message_id in self._probed else None
                return Accepted(message_id, learnt)
            if answer.status >= SERVER_ERROR:
                link.breaker.fail()
            else:
                link.breaker.succeed()
            refusal = _refusal(answer)
            rule = rule_for(answer.status, refusal.reason)
            if rule.mark is Mark.RENEW and self._renew(link, header):
                continue
            return self._answer(envelope, link, answer, refusal, rule)

    def _answer(
        self, envelope: Envelope, link: ApnsLink, answer: Answer, refusal: _Refusal, rule: Rule
    ) -> Outcome | Elsewhere:
        probed = envelope.message_id in self._probed
        if rule.mark is Mark.PROBE and not probed:
            self._probed.add(envelope.message_id)
            return Elsewhere(self._links[PRODUCTION if link.environment else SANDBOX])
        if probed and rule.mark in (Mark.CREDENTIAL, Mark.RENEW):
            # The key is good for the first environment only: the other one's refusal says nothing about the channel.
            return Rejected(
                "BadDeviceToken",
                subscription_code=TOKEN_DEAD,
                damage=True,
                details={"probe": refusal.reason},
            )
        if refusal.reason == UPDATES_THROTTLED:
            self._token.hold()
        since = _seconds(refusal.timestamp) if rule.subscription_code is not None else None
        return outcome(
            rule,
            refusal.reason or f"http_{answer.status}",
            credential_version=self._version,
            retry_after=parse_retry_after(answer.header("retry-after"), now=time.time()),
            invalid_since=since,
            details={"http_status": answer.status, "environment": link.environment},
        )

    def _renew(self, link: ApnsLink, stale: str) -> bool:
        if self._header == stale:
            renewed = self._token.renew(stale)
            if renewed is None:
                return False
            self._header = renewed
            for each in self._links.values():
                each.heads.clear()
        return True

    def _head(
        self, envelope: Envelope, link: ApnsLink, payload: ApnsPayload, message_id: bytes, size: int
    ) -> bytes:
        """The whole header block: pseudo headers, what the batch shares, what is the message's own."""
        shared = link.heads.get((payload.push_type, payload.priority))
        if shared is None:
            shared = self._shared_head(payload)
            link.heads[payload.push_type, payload.priority] = shared
        collapse_id = message_id if payload.collapse_id is None else payload.collapse_id.encode()
        parts = [
            link.client.authority, _PATH, value(link.path + envelope.token.encode()), shared, value(message_id),
            _COLLAPSE_ID, value(collapse_id), _CONTENT_LENGTH, value(b"%d" % size),
        ]  # fmt: skip
        expires_at = envelope.expires_at
        if expires_at is not None:
            if expires_at != self._expires_at:
                self._expires_at = expires_at
                self._expiration = _EXPIRATION + value(b"%d" % max(0, int(expires_at.timestamp())))
            parts.append(self._expiration)
        return b"".join(parts)

    def _shared_head(self, payload: ApnsPayload) -> bytes:
        """Ends with the name whose value is the message's id."""
        fields = (
            ("authorization", self._header),
            ("apns-topic", self._bundle_id + payload.topic_suffix),
            ("apns-push-type", payload.push_type),
            ("apns-priority", payload.priority),
            ("content-type", "application/json"),
        )
        encoded = literals([(name, text.encode()) for name, text in fields])
        return encoded + literals([("user-agent", USER_AGENT)]) + name_of("apns-id")

    def _payload(self, content: Body) -> ApnsPayload | Rejected:
        # The batch holds every content, so an id stays the same content's.
        known = self._payloads.get(id(content))
        if known is None:
            known = self._payloads[id(content)] = prepare(content)
        return known


def prepare(content: Body) -> ApnsPayload | Rejected:
    """The payload of a content, or why no message of it can be sent; the size is exact."""
    try:
        payload = apns_payload(read_push_content(content, field="content"))
    except InvalidInput as error:
        return Rejected("invalid_content", bug=True, details={"field": error.field})
    if payload.size > MAX_PAYLOAD_BYTES:
        return Rejected("PayloadTooLarge", details={"size": payload.size, "limit": MAX_PAYLOAD_BYTES})
    return payload


def _refusal(answer: Answer) -> _Refusal:
    try:
        return _read_refusal(answer.body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _Refusal()


def _seconds(timestamp: object) -> float | None:
    """APNs' 410 `timestamp` (milliseconds since the epoch) in seconds."""
    return timestamp / 1000 if isinstance(timestamp, int | float) else None
