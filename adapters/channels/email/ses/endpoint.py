"""One credential's way to SES: signed requests, what an error answer means, and what the account may send."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import attrs
import msgspec
from pyreqwest.exceptions import RequestError
from pyreqwest.response import Response

from adapters.channels.email.brake import Brake
from adapters.channels.email.ses import requests
from adapters.channels.email.ses.errors import read_refusal, rule_for
from adapters.channels.email.ses.settings import SesSettings
from adapters.channels.email.ses.sigv4 import Signer
from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.courier import Link
from adapters.channels.frame.retry_after import parse_retry_after
from adapters.channels.frame.transport import CONNECTION_LOST, Host, transport_failure
from adapters.channels.frame.verdict import SERVER_ERROR, outcome
from domain.messaging.outcome import Accepted, CredentialFault, Deferred, Details, Outcome

OK: Final = 200
RATE_LASTS: Final = 600.0
"""Seconds until SES is asked again how much the account may send."""


class _Quota(msgspec.Struct):
    rate: float | None = msgspec.field(default=None, name="MaxSendRate")
    a_day: float | None = msgspec.field(default=None, name="Max24HourSend")
    sent: float | None = msgspec.field(default=None, name="SentLast24Hours")


class _Account(msgspec.Struct):
    quota: _Quota | None = msgspec.field(default=None, name="SendQuota")
    sending: bool = msgspec.field(default=True, name="SendingEnabled")
    production: bool = msgspec.field(default=True, name="ProductionAccessEnabled")


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

    async def tried(self, version: int) -> tuple[Outcome, Details]:
        """What GetAccount makes of the credential of this version, and what the account says of itself."""
        try:
            status, body, response = await self.request("GET", requests.ACCOUNT, b"")
        except RequestError as error:
            return self.failure(error), {}
        if status != OK:
            return self.verdict(status, body, response, version), {}
        try:
            account = _read_account(body)
        except msgspec.MsgspecError:
            return Deferred("unreadable_answer"), {}
        quota = account.quota or _Quota()
        notes = {
            "sandbox": not account.production,
            "mails_a_second": quota.rate,
            "mails_a_day": quota.a_day,
            "sent_today": quota.sent,
        }
        return Accepted() if account.sending else CredentialFault("SendingPausedException", version), notes

    async def allowed_rate(self) -> float | None:
        """Mails a second: the setting's, else what SES says that the account may send; None when it does not say now."""
        if self.settings.send_rate is not None:
            return self.settings.send_rate
        now = time.monotonic()
        if now < self.rate_until:
            return self.rate
        self.rate_until = now + RATE_LASTS
        try:
            status, body, _ = await self.request("GET", requests.ACCOUNT, b"")
            account = _read_account(body) if status == OK else _Account()
        except (RequestError, msgspec.MsgspecError):
            account = _Account()
        if account.quota is not None and account.quota.rate is not None and account.quota.rate > 0:
            self.rate = account.quota.rate
        return self.rate
