"""The FCM route: requests at the project's rate, the renewed access token, and what an answer makes of a message."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import attrs
import msgspec
import structlog

from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.courier import Link
from adapters.channels.frame.pacer import Pacer
from adapters.channels.frame.recent import Recent
from adapters.channels.frame.retry_after import parse_retry_after
from adapters.channels.frame.trial import tried_by_sending
from adapters.channels.frame.trust import trust
from adapters.channels.frame.verdict import SERVER_ERROR, Mark, outcome
from adapters.channels.push.codes import TOKEN_DEAD
from adapters.channels.push.content import read_push_content
from adapters.channels.push.fcm.access_token import AccessToken, AccountRefused, TokenUnavailable
from adapters.channels.push.fcm.body import MAX_PAYLOAD_BYTES, FcmBody, fcm_body
from adapters.channels.push.fcm.credential import FcmCredential
from adapters.channels.push.fcm.errors import read_error
from adapters.channels.push.http2.answers import CONNECTION_LOST, AnswerLost, NotProcessed
from adapters.channels.push.http2.client import USER_AGENT, Http2Client
from adapters.channels.push.http2.header_block import literals, name_of, value
from adapters.channels.push.http2.host import Http2Host, failure_of
from application.ports.channels import ChannelSettings, Credential, Envelope, Pacing, SendBatch, Tried
from domain.messaging.content import Body
from domain.messaging.outcome import (
    Accepted,
    CredentialFault,
    Deferred,
    NotAttempted,
    Outcome,
    Rejected,
)
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput

PROVIDER = "fcm"
KEPT = 4_096
"""Applications whose credential, access token and breaker are kept in memory."""
OK = 200
SLOW_DOWN_EVERY = 1.0
"""Seconds: many answers may say 429 at once, the bucket is told once."""

_TOKEN = re.compile(r"[!#-\[\]-~]{1,4096}\Z")
"""Visible ASCII without quote and backslash: no registration token needs more, and none can break out of the JSON."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class _Success(msgspec.Struct):
    name: str | None = None


_read_success = msgspec.json.Decoder(_Success).decode


@attrs.define(slots=True, eq=False)
class Account:
    """One application's service account: where it sends, with which token, and when its bucket was last slowed."""

    credential: FcmCredential
    token: AccessToken
    path: str
    bucket: str
    slowed_at: float = float("-inf")


class FcmRoute:
    """The host, the access tokens and the breakers of this process."""

    provider = PROVIDER
    claims = False

    def __init__(self, settings: ChannelSettings, pacing: Pacing) -> None:
        self._settings = settings
        self._pacing = pacing
        self._host = Http2Host(settings.fcm_url, settings)
        self._tls = trust(settings.extra_ca_pem)
        self._accounts: Recent[tuple[UUID, int], Account] = Recent(KEPT)
        self._breakers: Recent[UUID, Breaker] = Recent(KEPT)

    async def open(self, batch: SendBatch) -> FcmCourier | Outcome:
        """A courier with a live access token; CredentialFault or NotAttempted when there is none to be had."""
        stored = batch.credential
        try:
            account = self._accounts.get(
                (stored.application_id, stored.version), lambda: self._account(stored.fields)
            )
            header = await account.token.header()
        except InvalidInput as error:
            return CredentialFault("invalid_credential", stored.version, details={"field": error.field})
        except AccountRefused as error:
            return CredentialFault(error.reason, stored.version)
        except TokenUnavailable as error:
            return NotAttempted("access_token_unavailable", retry_after=error.retry_after)
        link = Link(self._host.slots, self._breakers.get(batch.application_id, Breaker))
        pacer = Pacer(self._pacing, account.bucket, self._settings.fcm_rate, len(batch.envelopes))
        return FcmCourier(stored.version, account, header, link, self._host.client(), self._pacing, pacer)

    async def try_credential(self, credential: Credential) -> Tried:
        """An access token, and a push to a token that nobody has."""
        nobody = f"{'0' * 22}:APA91b{'0' * 128}"
        return await tried_by_sending(
            self, SubscriptionType.ANDROID_PUSH, credential, nobody, {"title": "check"}
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._host.close()

    def _account(self, fields: Mapping[str, str]) -> Account:
        credential = FcmCredential.from_fields(fields)
        settings = self._settings
        token = AccessToken(
            credential,
            token_url=settings.google_token_url,
            tls=self._tls,
            timeout=settings.request_timeout,
        )
        project = credential.project_id
        path = f"{self._host.path}/v1/projects/{project}/messages:send"
        return Account(credential, token, path, f"fcm:{project}")


class FcmCourier:
    """Sends one batch's envelopes to FCM."""

    def __init__(
        self,
        version: int,
        account: Account,
        header: str,
        link: Link,
        client: Http2Client,
        pacing: Pacing,
        pacer: Pacer,
    ) -> None:
        self.pacer = pacer
        self._version = version
        self._account = account
        self._header = header
        self._link = link
        self._client = client
        self._pacing = pacing
        self._head = b""
        self._bodies: dict[int, FcmBody | Rejected] = {}
        self._expires_at: datetime | None = None
        self._expires_epoch = 0.0

    def place(self, envelope: Envelope) -> Link | Outcome:
        """The project's link, or Rejected for a token or content that no request is worth."""
        if not _TOKEN.match(envelope.token):
            return Rejected("malformed_token", subscription_code=TOKEN_DEAD)
        body = self._body(envelope.content)
        return body if isinstance(body, Rejected) else self._link

    async def deliver(self, envelope: Envelope, link: Link) -> Outcome:
        """POST messages:send; once more with a new access token when Google does not take the present one."""
        body = self._body(envelope.content)
        assert isinstance(body, FcmBody)
        payload = body.bytes_for(
            envelope.token.encode(), str(envelope.message_id).encode(), self._ttl(envelope.expires_at)
        )
        renewed = False
        while True:
            header = self._header
            head = self._head or self._make_head()
            try:
                answer = await self._client.post(head + value(b"%d" % len(payload)), payload)
            except (NotProcessed, AnswerLost) as error:
                link.breaker.fail(shared=error.reason == CONNECTION_LOST)
                return failure_of(error)
            if answer.status == OK:
                link.breaker.succeed()
                return Accepted(_provider_id(answer.body))
            if answer.status >= SERVER_ERROR:
                link.breaker.fail()
            else:
                link.breaker.succeed()
            verdict = read_error(answer.status, answer.body)
            if verdict.rule.mark is Mark.RENEW and not renewed:
                renewed = True
                trouble = await self._renew(header)
                if trouble is not None:
                    return trouble
                continue
            result = outcome(
                verdict.rule,
                verdict.reason,
                credential_version=self._version,
                retry_after=parse_retry_after(answer.header("retry-after"), now=time.time()),
                details={"http_status": answer.status, "fields": ", ".join(verdict.fields) or None},
            )
            if isinstance(result, Deferred) and result.throttle:
                await self._slow_down(result.retry_after or 0.0)
            return result

    async def _renew(self, stale: str) -> Outcome | None:
        if self._header != stale:
            return None
        try:
            self._header = await self._account.token.renew(stale)
        except AccountRefused as error:
            return CredentialFault(error.reason, self._version)
        except TokenUnavailable as error:
            return Deferred("access_token_unavailable", retry_after=error.retry_after)
        self._head = b""
        return None

    async def _slow_down(self, seconds: float) -> None:
        now = time.monotonic()
        if now - self._account.slowed_at < SLOW_DOWN_EVERY:
            return
        self._account.slowed_at = now
        try:
            await self._pacing.slow_down(self._account.bucket, seconds)
        except Exception as error:
            _log.error("fcm_slow_down_failed", bucket=self._account.bucket, error=type(error).__name__)

    def _make_head(self) -> bytes:
        """The header block up to the value of content-length: the same for every message of the batch."""
        fields = (
            (":path", self._account.path.encode()),
            ("authorization", self._header.encode()),
            ("content-type", b"application/json"),
            ("user-agent", USER_AGENT),
        )
        self._head = self._client.authority + literals(fields) + name_of("content-length")
        return self._head

    def _ttl(self, expires_at: datetime | None) -> int | None:
        if expires_at is None:
            return None
        if expires_at != self._expires_at:
            self._expires_at = expires_at
            self._expires_epoch = expires_at.timestamp()
        return int(self._expires_epoch - time.time())

    def _body(self, content: Body) -> FcmBody | Rejected:
        # The batch holds every content, so an id stays the same content's.
        known = self._bodies.get(id(content))
        if known is None:
            known = self._bodies[id(content)] = prepare(content)
        return known


def prepare(content: Body) -> FcmBody | Rejected:
    """The body of a content, or why no message of it can be sent; the size is exact."""
    try:
        body = fcm_body(read_push_content(content, field="content"))
    except InvalidInput as error:
        return Rejected("invalid_content", bug=True, details={"field": error.field})
    if body.size > MAX_PAYLOAD_BYTES:
        return Rejected("PayloadTooLarge", details={"size": body.size, "limit": MAX_PAYLOAD_BYTES})
    return body


def _provider_id(answer: bytes) -> str | None:
    try:
        return _read_success(answer).name
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
