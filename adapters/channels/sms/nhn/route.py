"""NHN Cloud SMS as a route of the SMS channel."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from adapters.channels.frame.courier import BatchCourier, Link
from adapters.channels.frame.nhn.accounts import NhnAccounts
from adapters.channels.frame.nhn.http_calls import NhnCalls, Refusal, verdict
from adapters.channels.sms.fitting import Fitting, Ready
from adapters.channels.sms.nhn.codes import api_rule
from adapters.channels.sms.nhn.requests import BATCH, SendRequest, group, read_results
from adapters.channels.sms.nhn.results import ask_results, look_up, poll_results
from application.ports.channel_plugins import Capabilities
from application.ports.channels import (
    ChannelSettings,
    Credential,
    Envelope,
    InquiryBatch,
    Poll,
    Polled,
    SendBatch,
    Tried,
)
from domain.messaging.outcome import Accepted, CredentialFault, Finding, Outcome, Rejected, Unknown

PROVIDER: Final = "nhn"
USUAL_URL: Final = "https://sms.api.nhncloudservice.com"
FEW_TEXTS: Final = 4
"""Up to so many different texts a batch is sent in requests of many recipients."""

CAPABILITIES = Capabilities(
    claim_before_send=True,
    batch_size=BATCH,
    callbacks=True,
    polls=True,
    looks_up=True,
    receipts=True,
    bills_on_delivery=True,
)


class NhnRoute:
    """Sends, looks up and polls over one app key per application."""

    provider = PROVIDER
    claims = True

    def __init__(self, settings: ChannelSettings) -> None:
        self._accounts = NhnAccounts(settings, PROVIDER, USUAL_URL, api_rule)

    def calls(self, credential: Credential) -> NhnCalls:
        """Raise KeyError for a credential that is none of NHN's."""
        return self._accounts.calls(credential)

    async def open(self, batch: SendBatch) -> NhnCourier | Outcome:
        """A courier, or why none of this batch can be sent."""
        try:
            calls = self.calls(batch.credential)
        except KeyError as missing:
            details = {"field": str(missing.args[0])}
            return CredentialFault("invalid_credential", batch.credential.version, details=details)
        texts = len({id(envelope.content) for envelope in batch.envelopes})
        link = self._accounts.link(batch.application_id)
        return NhnCourier(link, BATCH if texts <= FEW_TEXTS else 1, calls, batch)

    async def look_up(self, batch: InquiryBatch) -> Sequence[Finding]:
        """Ask for each message by our reference."""
        try:
            calls = self.calls(batch.credential)
        except KeyError:
            return [Unknown("invalid_credential")] * len(batch.inquiries)
        return await look_up(calls, batch.credential.version, batch.inquiries)

    async def poll(self, poll: Poll) -> Polled:
        """Which results were updated since the last look."""
        try:
            calls = self.calls(poll.credential)
        except KeyError:
            return Polled((), poll.cursor)
        return await poll_results(calls, poll)

    async def try_credential(self, credential: Credential) -> Tried:
        """The results of the last minutes."""
        calls = self.calls(credential)
        answered = await ask_results(calls, datetime.now(UTC))
        return Tried(Accepted() if isinstance(answered, bytes) else verdict(answered, credential.version))

    async def close(self) -> None:
        """Close the connections."""
        await self._accounts.close()


class NhnCourier(BatchCourier):
    """Sends the envelopes of one batch: recipients of one text together."""

    def __init__(self, link: Link, size: int, calls: NhnCalls, batch: SendBatch) -> None:
        super().__init__(link, size)
        self._calls = calls
        self._sender = batch.credential.fields.get("sender")
        self._version = batch.credential.version
        self._fitting = Fitting(self._sender, self._version)

    def place(self, envelope: Envelope) -> Outcome | None:
        """What the text and the number say before any request."""
        ready = self._fitting.of(envelope)
        return None if isinstance(ready, Ready) else ready

    async def deliver(self, envelopes: Sequence[Envelope]) -> Sequence[Outcome]:
        """One request for each text among them, at once."""
        ready = [self._fitting.of(envelope) for envelope in envelopes]
        requests = group(envelopes, [one for one in ready if isinstance(one, Ready)])
        answers = await asyncio.gather(*(self._send(request) for request in requests))
        outcomes: dict[int, Outcome] = {}
        for request, answered in zip(requests, answers, strict=True):
            outcomes.update(zip(request.places, answered, strict=True))
        return [outcomes[place] for place in range(len(envelopes))]

    async def _send(self, request: SendRequest) -> Sequence[Outcome]:
        answered = await self._calls.ask("POST", request.path(self._calls.app_key), request.body())
        if isinstance(answered, bytes):
            return read_results(request, answered, self._version)
        if not isinstance(answered, Refusal):
            return [answered] * len(request.places)
        refused = answered.outcome(self._version)
        if (
            isinstance(refused, CredentialFault)
            and answered.rule.message_code is not None
            and request.ready.sender != self._sender
        ):
            # The sender came with this message: a fault of it is no reason to stop the others.
            refused = Rejected(answered.reason, message_code=answered.rule.message_code, bug=True)
        return [refused] * len(request.places)
