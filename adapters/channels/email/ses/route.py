"""The SES route: signed requests at the account's rate, one mail each or fifty, and what an answer makes of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

import attrs
import msgspec
from pyreqwest.exceptions import RequestError
from pyreqwest.response import Response

from adapters.channels.email.brake import Brake
from adapters.channels.email.content import read_mail_content
from adapters.channels.email.letters import Letters
from adapters.channels.email.marks import Doors
from adapters.channels.email.ses import requests
from adapters.channels.email.ses.errors import SUCCESS, bulk_rule, read_refusal, rule_for
from adapters.channels.email.ses.requests import BulkContent, SendBulkEmail, SendEmail
from adapters.channels.email.ses.settings import PROVIDER, SesSettings
from adapters.channels.email.ses.sigv4 import Signer
from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.courier import BatchCourier, Link
from adapters.channels.frame.pacer import Pacer
from adapters.channels.frame.recent import Recent
from adapters.channels.frame.retry_after import parse_retry_after
from adapters.channels.frame.transport import CONNECTION_LOST, Host, transport_failure
from adapters.channels.frame.verdict import SERVER_ERROR, outcome
from application.ports.channels import ChannelSettings, Credential, Envelope, Pacing, SendBatch, Tried
from domain.messaging.links import LinkKeys
from domain.messaging.outcome import Accepted, CredentialFault, Deferred, Outcome, Rejected
from domain.shared.errors import InvalidInput

KEPT: Final = 1_024
"""Credentials whose account is kept in memory."""
OK: Final = 200
RATE_LASTS: Final = 600.0
"""Seconds until SES is asked again how much the account may send."""


class _Sent(msgspec.Struct):
    id: str | None = msgspec.field(default=None, name="MessageId")


class _Entry(msgspec.Struct):
    status: str = msgspec.field(default="", name="Status")
    id: str | None = msgspec.field(default=None, name="MessageId")
    error: str | None = msgspec.field(default=None, name="Error")


class _SentMany(msgspec.Struct):
    results: list[_Entry] = msgspec.field(default_factory=list, name="BulkEmailEntryResults")


class _Quota(msgspec.Struct):
    rate: float | None = msgspec.field(default=None, name="MaxSendRate")
    a_day: float | None = msgspec.field(default=None, name="Max24HourSend")
    sent: float | None = msgspec.field(default=None, name="SentLast24Hours")


class _Account(msgspec.Struct):
    quota: _Quota | None = msgspec.field(default=None, name="SendQuota")
    sending: bool = msgspec.field(default=True, name="SendingEnabled")
    production: bool = msgspec.field(default=True, name="ProductionAccessEnabled")


_read_sent = msgspec.json.Decoder(_Sent).decode
_read_many = msgspec.json.Decoder(_SentMany).decode
_read_account = msgspec.json.Decoder(_Account).decode


@attrs.define(slots=True, eq=False)
class Endpoint:
    """One credential's way to SES: host, signer, breaker, and the rate that was learnt."""

    settings: SesSettings
    host: Host
    authority: str
    signer: Signer
    breaker: Breaker
    brake: Brake
    rate: float | None = None
    rate_until: float = float("-inf")

    @property
    def link(self) -> Link:
        return Link(self.host.slots, self.breaker)

    @property
    def bucket(self) -> str:
        """What all workers share: SES counts per account and region."""
        return f"ses:{self.settings.region}:{self.settings.access_key_id}"

    async def slow_down(self, outcomes: Sequence[Outcome]) -> None:
        """When SES says that the account sends too fast."""
        for one in outcomes:
            if isinstance(one, Deferred) and one.throttle:
                await self.brake.pull(self.bucket, one.retry_after or 0.0)
                return

    async def request(self, method: str, path: str, body: bytes) -> tuple[int, bytes, Response]:
        """(status, body, response); raise RequestError when there is none."""
        connections = self.host.connections()
        client = connections.clients[connections.next()]
        headers = self.signer.headers(method, self.authority, path, body, datetime.now(UTC))
        # As it was signed: in HTTP/2 the host would stand in a field of its own alone.
        headers["host"] = self.authority
        if body:
            headers["content-type"] = "application/json"
            build = client.post(self.host.url + path).headers(headers).body_bytes(body)
        else:
            build = client.get(self.host.url + path).headers(headers)
        response = await build.build().send()
        return response.status, bytes(await response.bytes()), response

    def verdict(self, status: int, body: bytes, response: Response, version: int) -> Outcome:
        """What an HTTP error means for every message of the request; tells the breaker."""
        if status >= SERVER_ERROR:
            self.breaker.fail()
        else:
            self.breaker.succeed()
        name, words = read_refusal(body, response.get_header("x-amzn-errortype"))
        return outcome(
            rule_for(status, name, words),
            name or f"http_{status}",
            credential_version=version,
            retry_after=parse_retry_after(response.get_header("retry-after"), now=time.time()),
            details={"http_status": status, "message": words or None},
        )

    def failure(self, error: RequestError) -> Deferred:
        """What became of a request without an answer; tells the breaker."""
        found = transport_failure(error)
        self.breaker.fail(shared=found.reason == CONNECTION_LOST)
        return found


class SesRoute:
    """The hosts, one per region, and the accounts of this process."""

    provider = PROVIDER
    claims = True

    def __init__(self, settings: ChannelSettings, pacing: Pacing, keys: LinkKeys) -> None:
        self._settings = settings
        self._pacing = pacing
        self._keys = keys
        self._doors = Doors(settings.public_url)
        self._hosts: dict[str, Host] = {}
        self._endpoints: Recent[tuple[UUID, int], Endpoint] = Recent(KEPT)

    async def open(self, batch: SendBatch) -> SesCourier | SesBulkCourier | Outcome:
        """A courier for single requests, or for fifty recipients a request where the account wants that and the batch
        has one content; CredentialFault when the stored settings cannot work."""
        stored = batch.credential
        try:
            endpoint = self._endpoints.get(
                (stored.application_id, stored.version), lambda: self._endpoint(stored.fields)
            )
        except (InvalidInput, KeyError) as error:
            field = error.field if isinstance(error, InvalidInput) else str(error)
            return CredentialFault("invalid_credential", stored.version, details={"field": field})
        if endpoint.settings.bulk:
            bulk = self._bulk(batch, endpoint)
            if bulk is not None:
                return bulk
        letters = Letters(endpoint.settings.account, self._doors, self._keys, batch.application_id)
        rate = await self._rate(endpoint)
        pacer = None
        if rate is not None:
            pacer = Pacer(self._pacing, endpoint.bucket, rate, len(batch.envelopes))
        return SesCourier(stored.version, endpoint, letters, pacer)

    async def try_credential(self, credential: Credential) -> Tried:
        """GetAccount: what SES says that the account may send, and whether it does."""
        endpoint = self._endpoint(credential.fields)
        try:
            status, body, response = await endpoint.request("GET", requests.ACCOUNT, b"")
        except RequestError as error:
            return Tried(endpoint.failure(error))
        if status != OK:
            return Tried(endpoint.verdict(status, body, response, credential.version))
        try:
            account = _read_account(body)
        except msgspec.MsgspecError:
            return Tried(Deferred("unreadable_answer"))
        quota = account.quota or _Quota()
        notes = {
            "sandbox": not account.production,
            "mails_a_second": quota.rate,
            "mails_a_day": quota.a_day,
            "sent_today": quota.sent,
        }
        if not account.sending:
            return Tried(CredentialFault("SendingPausedException", credential.version), notes)
        return Tried(Accepted(), notes)

    async def close(self) -> None:
        """Close the connections to every region."""
        for host in self._hosts.values():
            await host.close()

    def _endpoint(self, fields: Mapping[str, str]) -> Endpoint:
        settings = SesSettings.from_fields(fields)
        url = self._settings.url(PROVIDER, f"https://email.{settings.region}.amazonaws.com")
        host = self._hosts.get(url)
        if host is None:
            host = self._hosts[url] = Host(url, self._settings, http2=False)
        signer = Signer(
            settings.access_key_id,
            settings.secret_access_key,
            region=settings.region,
            service="ses",
            session_token=settings.session_token,
        )
        return Endpoint(settings, host, urlsplit(url).netloc, signer, Breaker(), Brake(self._pacing))

    def _bulk(self, batch: SendBatch, endpoint: Endpoint) -> SesBulkCourier | None:
        bodies = {id(one.content): one.content for one in batch.envelopes}
        if len(bodies) != 1 or len(batch.envelopes) < 2:
            return None
        account = endpoint.settings.account
        try:
            content = read_mail_content(next(iter(bodies.values())), field="content")
        except InvalidInput:
            return None
        bulk = BulkContent.of(content, account, self._doors)
        if bulk is None or (content.sender or account.mailbox).domain not in account.domains:
            return None
        request = SendBulkEmail(
            content,
            bulk,
            account,
            endpoint.settings.configuration_set,
            self._doors,
            self._keys.signer(batch.application_id),
        )
        return SesBulkCourier(batch.credential.version, endpoint, request)

    async def _rate(self, endpoint: Endpoint) -> float | None:
        """The setting's, else what SES says the account may send; None when it does not say now."""
        if endpoint.settings.send_rate is not None:
            return endpoint.settings.send_rate
        now = time.monotonic()
        if now < endpoint.rate_until:
            return endpoint.rate
        endpoint.rate_until = now + RATE_LASTS
        try:
            status, body, _ = await endpoint.request("GET", requests.ACCOUNT, b"")
            account = _read_account(body) if status == OK else _Account()
        except (RequestError, msgspec.MsgspecError):
            account = _Account()
        if account.quota is not None and account.quota.rate is not None and account.quota.rate > 0:
            endpoint.rate = account.quota.rate
        return endpoint.rate


class SesCourier:
    """Sends one batch's envelopes, one request each."""

    def __init__(self, version: int, endpoint: Endpoint, letters: Letters, pacer: Pacer | None) -> None:
        self._version = version
        self._endpoint = endpoint
        self._letters = letters
        self._link = endpoint.link
        self._send = SendEmail(endpoint.settings.configuration_set)
        self.pacer = pacer

    def place(self, envelope: Envelope) -> Link | Outcome:
        """The region's link, or Rejected for a content that no request is worth."""
        letter = self._letters.of(envelope.content)
        return letter if isinstance(letter, Rejected) else self._link

    async def deliver(self, envelope: Envelope, link: Link) -> Outcome:
        """POST SendEmail."""
        mail = self._letters.mail(envelope)
        if isinstance(mail, Rejected):
            link.breaker.abandon()
            return mail
        endpoint = self._endpoint
        try:
            status, body, response = await endpoint.request(
                "POST", requests.SEND, self._send.body(mail, envelope)
            )
        except RequestError as error:
            return endpoint.failure(error)
        if status != OK:
            verdict = endpoint.verdict(status, body, response, self._version)
            await endpoint.slow_down([verdict])
            return verdict
        link.breaker.succeed()
        try:
            return Accepted(_read_sent(body).id)
        except msgspec.MsgspecError:
            return Accepted(None)


class SesBulkCourier(BatchCourier):
    """Sends one content to fifty recipients a request."""

    def __init__(self, version: int, endpoint: Endpoint, request: SendBulkEmail) -> None:
        super().__init__(endpoint.link, requests.MOST_ENTRIES)
        self._version = version
        self._endpoint = endpoint
        self._request = request

    async def deliver(self, envelopes: Sequence[Envelope]) -> Sequence[Outcome]:
        """POST SendBulkEmail; the answer has one status per recipient, in their order."""
        endpoint = self._endpoint
        payload = self._request.body(envelopes, int(time.time()))
        try:
            status, body, response = await endpoint.request("POST", requests.SEND_BULK, payload)
        except RequestError as error:
            return [endpoint.failure(error)] * len(envelopes)
        if status != OK:
            verdict = endpoint.verdict(status, body, response, self._version)
            await endpoint.slow_down([verdict])
            return [verdict] * len(envelopes)
        endpoint.breaker.succeed()
        try:
            results = _read_many(body).results
        except msgspec.MsgspecError:
            results = []
        if len(results) != len(envelopes):
            return [Deferred("unreadable_answer", unknown=True)] * len(envelopes)
        outcomes = [self._entry(one) for one in results]
        await endpoint.slow_down(outcomes)
        return outcomes

    def _entry(self, entry: _Entry) -> Outcome:
        if entry.status == SUCCESS:
            return Accepted(entry.id)
        words = (entry.error or "")[:500]
        rule = bulk_rule(entry.status, words)
        return outcome(
            rule,
            entry.status or "no_status",
            credential_version=self._version,
            details={"message": words or None},
        )
