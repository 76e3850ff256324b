"""NHN Cloud KakaoTalk Bizmessage as a route of the Kakao channel."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import attrs

from adapters.channels.frame.courier import BatchCourier, Link
from adapters.channels.frame.korean_time import seconds_until_midnight
from adapters.channels.frame.nhn.http_calls import NhnCalls, Refusal, verdict
from adapters.channels.frame.phone_codes import TEMPLATE_FAULT
from adapters.channels.kakao.filling import Filling, Ready, fill_batch
from adapters.channels.kakao.nhn.account import PROVIDER, nhn_accounts
from adapters.channels.kakao.nhn.codes import ALL_FAILED
from adapters.channels.kakao.nhn.requests import BATCH, IDEMPOTENCY, SendRequest, group, read_results
from adapters.channels.kakao.nhn.results import look_up, poll_results, root
from adapters.channels.kakao.nhn.templates import ask_templates, read_template
from adapters.channels.kakao.shelf import TemplateShelf
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
from domain.alimtalk.template import KakaoTemplate
from domain.messaging.outcome import Accepted, CredentialFault, Deferred, Finding, Outcome, Rejected, Unknown

CAPABILITIES: Final = Capabilities(
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
        self._accounts = nhn_accounts(settings)
        self._shelf = TemplateShelf(PROVIDER, settings.kakao_templates)

    async def open(self, batch: SendBatch) -> NhnCourier | Outcome:
        """A courier with the batch's templates at hand, or why none of it can be sent."""
        fields = batch.credential.fields
        try:
            calls = self._accounts.calls(batch.credential)
            sender_key = fields["sender_key"]
        except KeyError as missing:
            details = {"field": str(missing.args[0])}
            return CredentialFault("invalid_credential", batch.credential.version, details=details)

        async def ask(code: str) -> KakaoTemplate | None:
            return await read_template(calls, fields, batch.application_id, code)

        filling = await fill_batch(batch, self._shelf, ask)
        link = self._accounts.link(batch.application_id)
        return NhnCourier(link, calls, sender_key, filling, batch, self._shelf)

    async def look_up(self, batch: InquiryBatch) -> Sequence[Finding]:
        """Ask for each message by our reference."""
        try:
            calls = self._accounts.calls(batch.credential)
        except KeyError:
            return [Unknown("invalid_credential")] * len(batch.inquiries)
        return await look_up(calls, batch.credential.version, batch.inquiries)

    async def poll(self, poll: Poll) -> Polled:
        """Which results were updated since the last look."""
        try:
            calls = self._accounts.calls(poll.credential)
        except KeyError:
            return Polled((), poll.cursor)
        return await poll_results(calls, poll)

    async def try_credential(self, credential: Credential) -> Tried:
        """The templates of the sender key."""
        calls = self._accounts.calls(credential)
        answered = await ask_templates(calls, credential.fields)
        return Tried(Accepted() if isinstance(answered, bytes) else verdict(answered, credential.version))

    async def close(self) -> None:
        """Close the connections."""
        await self._accounts.close()


class NhnCourier(BatchCourier):
    """Sends the envelopes of one batch: recipients of one template together."""

    def __init__(
        self,
        link: Link,
        calls: NhnCalls,
        sender_key: str,
        filling: Filling,
        batch: SendBatch,
        shelf: TemplateShelf,
    ) -> None:
        super().__init__(link, BATCH)
        self._calls = calls
        self._sender_key = sender_key
        self._filling = filling
        self._application_id = batch.application_id
        self._version = batch.credential.version
        self._shelf = shelf

    def place(self, envelope: Envelope) -> Outcome | None:
        """What the template says before any request."""
        ready = self._filling.of(envelope)
        return None if isinstance(ready, Ready) else ready

    async def deliver(self, envelopes: Sequence[Envelope]) -> Sequence[Outcome]:
        """One request for each template among them, at once."""
        ready = [self._filling.of(envelope) for envelope in envelopes]
        requests = group(envelopes, [one for one in ready if isinstance(one, Ready)])
        answers = await asyncio.gather(*(self._send(request) for request in requests))
        outcomes: dict[int, Outcome] = {}
        for request, answered in zip(requests, answers, strict=True):
            outcomes.update(zip(request.places, answered, strict=True))
            if any(isinstance(one, Rejected) and one.message_code == TEMPLATE_FAULT for one in answered):
                self._shelf.doubt(self._application_id, request.template_code)
        return [outcomes[place] for place in range(len(envelopes))]

    async def _send(self, request: SendRequest) -> Sequence[Outcome]:
        answered = await self._calls.ask(
            "POST",
            f"{root(self._calls)}/messages",
            request.body(self._sender_key),
            {IDEMPOTENCY: request.idempotency_key()},
        )
        if isinstance(answered, bytes):
            return read_results(request, answered, self._version)
        if not isinstance(answered, Refusal):
            return [answered] * len(request.places)
        if answered.code == ALL_FAILED:
            each = read_results(request, answered.body, self._version)
            # Nobody was sent anything: what the answer leaves out was not sent either.
            return [
                Rejected(answered.reason, bug=True) if isinstance(one, Deferred) and one.unknown else one
                for one in each
            ]
        refused = answered.outcome(self._version)
        if isinstance(refused, Deferred) and refused.throttle and answered.code is not None:
            refused = attrs.evolve(refused, retry_after=seconds_until_midnight(datetime.now(UTC)))
        return [refused] * len(request.places)
