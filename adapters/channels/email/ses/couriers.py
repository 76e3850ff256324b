"""What sends one batch over SES: a request for each mail, or one for fifty recipients of one content."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec
from pyreqwest.exceptions import RequestError

from adapters.channels.email.letters import Letters
from adapters.channels.email.ses import requests
from adapters.channels.email.ses.endpoint import OK, Endpoint
from adapters.channels.email.ses.errors import SUCCESS, bulk_rule
from adapters.channels.email.ses.requests import SendBulkEmail, SendEmail
from adapters.channels.frame.courier import BatchCourier, Link
from adapters.channels.frame.pacer import Pacer
from adapters.channels.frame.verdict import outcome
from application.ports.channels import Envelope
from domain.messaging.outcome import Accepted, Deferred, Outcome, Rejected


class _Sent(msgspec.Struct):
    id: str | None = msgspec.field(default=None, name="MessageId")


class _Entry(msgspec.Struct):
    status: str = msgspec.field(default="", name="Status")
    id: str | None = msgspec.field(default=None, name="MessageId")
    error: str | None = msgspec.field(default=None, name="Error")


class _SentMany(msgspec.Struct):
    results: list[_Entry] = msgspec.field(default_factory=list, name="BulkEmailEntryResults")


_read_sent = msgspec.json.Decoder(_Sent).decode
_read_many = msgspec.json.Decoder(_SentMany).decode


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
