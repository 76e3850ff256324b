"""Solapi as a channel's route: what is particular to a channel is how a message of it is written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import attrs
import msgspec

from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.courier import BatchCourier, Link
from adapters.channels.frame.korean_time import seconds_until_morning
from adapters.channels.frame.phone_codes import TEMPLATE_FAULT
from adapters.channels.frame.recent import Recent
from adapters.channels.frame.solapi.account import PROVIDER, USUAL_URL, SolapiAccount
from adapters.channels.frame.solapi.codes import FALLBACK, MORNING, SUSPECT_NUMBER, TAKEN, status_rule
from adapters.channels.frame.solapi.group_send import Added, GroupSend, Registered, SolapiMessage
from adapters.channels.frame.solapi.http_calls import Refusal, SolapiCalls, decode
from adapters.channels.frame.solapi.inquiry import look_up
from adapters.channels.frame.solapi.status_reports import confirmed_reports, poll_reports
from adapters.channels.frame.transport import Host
from adapters.channels.frame.verdict import outcome
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
from application.ports.delivery_reports import Callback, CallbackAnswer
from domain.messaging.outcome import Accepted, CredentialFault, Deferred, Finding, Outcome, Rejected, Unknown

BATCH = 10_000
"""Messages that one request adds to a group (and 15 MB, which as many long messages stay below)."""
KEPT = 4_096

CAPABILITIES = Capabilities(
    claim_before_send=True,
    batch_size=BATCH,
    callbacks=True,
    polls=True,
    looks_up=True,
    receipts=True,
    bills_on_delivery=True,
)
"""Solapi refunds what the carrier or Kakao could not deliver."""


@attrs.frozen
class Writing:
    """How a channel writes the messages of one batch."""

    compose: Callable[[Envelope], SolapiMessage | Outcome]
    """One envelope as Solapi's message, or why it is not worth a request."""
    doubt: Callable[[Envelope], None] | None = None
    """Told of each message whose template is not what it was."""


Writer = Callable[[SendBatch, SolapiAccount, SolapiCalls], Awaitable[Writing | Outcome]]


BALANCE = "/cash/v1/balance"


class _Balance(msgspec.Struct):
    balance: float = 0.0
    point: float = 0.0


class SolapiAccounts:
    """The accounts and their circuit breakers, as this process last used them."""

    def __init__(self, settings: ChannelSettings) -> None:
        self.host = Host(settings.url(PROVIDER, USUAL_URL), settings, http2=False)
        self._breakers: Recent[UUID, Breaker] = Recent(KEPT)

    def breaker(self, application_id: UUID) -> Breaker:
        """This application's view of Solapi."""
        return self._breakers.get(application_id, Breaker)

    def calls(self, credential: Credential) -> tuple[SolapiAccount, SolapiCalls]:
        """Raise KeyError for a credential that is none of Solapi's."""
        account = SolapiAccount.from_fields(credential.fields)
        return account, SolapiCalls(self.host, account, self.breaker(credential.application_id))

    async def close(self) -> None:
        """Close the connections."""
        await self.host.close()


class SolapiRoute:
    """Sends, looks up and polls over one account per application."""

    provider = PROVIDER
    claims = True

    def __init__(self, settings: ChannelSettings, writer: Writer, *, kakao: bool) -> None:
        self._accounts = SolapiAccounts(settings)
        self._writer = writer
        self._kakao = kakao

    async def open(self, batch: SendBatch) -> SolapiCourier | Outcome:
        """A courier, or why none of this batch can be sent."""
        try:
            account, calls = self._accounts.calls(batch.credential)
        except KeyError as missing:
            details = {"field": str(missing.args[0])}
            return CredentialFault("invalid_credential", batch.credential.version, details=details)
        writing = await self._writer(batch, account, calls)
        if not isinstance(writing, Writing):
            return writing
        link = Link(self._accounts.host.slots, self._accounts.breaker(batch.application_id))
        sending = GroupSend(calls, batch.credential.version)
        return SolapiCourier(link, sending, writing, account, batch.credential.version, kakao=self._kakao)

    async def look_up(self, batch: InquiryBatch) -> Sequence[Finding]:
        """Ask for each message by recipient and time."""
        try:
            _, calls = self._accounts.calls(batch.credential)
        except KeyError:
            return [Unknown("invalid_credential")] * len(batch.inquiries)
        return await look_up(calls, batch.credential.version, batch.inquiries)

    async def poll(self, poll: Poll) -> Polled:
        """What changed since the last look, of this channel."""
        try:
            _, calls = self._accounts.calls(poll.credential)
        except KeyError:
            return Polled((), poll.cursor)
        return await poll_reports(calls, poll, kakao=self._kakao)

    async def try_credential(self, credential: Credential) -> Tried:
        """The balance: who asks must be let in, and have something to pay with."""
        account, calls = self._accounts.calls(credential)
        version = credential.version
        needed = "pf_id" if self._kakao else "sender"
        if (account.pf_id if self._kakao else account.sender) is None:
            return Tried(CredentialFault("invalid_credential", version, details={"field": needed}))
        answered = await calls.ask("GET", BALANCE)
        if not isinstance(answered, bytes):
            return Tried(answered.outcome(version) if isinstance(answered, Refusal) else answered)
        found = decode(answered, _Balance)
        if found is None:
            return Tried(Deferred("unreadable_answer"))
        notes = {"balance": found.balance, "point": found.point}
        if found.balance + found.point <= 0:
            return Tried(CredentialFault("NotEnoughBalance", version), notes)
        return Tried(Accepted(), notes)

    async def close(self) -> None:
        """Close the connections."""
        await self._accounts.close()


class SolapiCourier(BatchCourier):
    """Sends the envelopes of one batch, up to 10,000 a group."""

    def __init__(
        self,
        link: Link,
        sending: GroupSend,
        writing: Writing,
        account: SolapiAccount,
        version: int,
        *,
        kakao: bool,
    ) -> None:
        super().__init__(link, BATCH)
        self._sending = sending
        self._writing = writing
        self._account = account
        self._version = version
        self._kakao = kakao
        self._messages: dict[UUID, SolapiMessage] = {}

    def place(self, envelope: Envelope) -> Outcome | None:
        """Write the message, or say why it is not worth a request."""
        message = self._writing.compose(envelope)
        if isinstance(message, Outcome):
            return message
        self._messages[envelope.message_id] = message
        return None

    async def deliver(self, envelopes: Sequence[Envelope]) -> Sequence[Outcome]:
        """The three steps; the third only when there is something to send."""
        messages = [self._messages.pop(envelope.message_id) for envelope in envelopes]
        registered = await self._sending.register(messages)
        if not isinstance(registered, Registered):
            return [registered] * len(envelopes)
        outcomes = [
            self._judge(message, added) for message, added in zip(messages, registered.added, strict=True)
        ]
        self._doubt(envelopes, outcomes)
        if any(isinstance(one, Accepted) for one in outcomes):
            failure = await self._sending.send(registered.group_id)
            if failure is not None:
                return [failure if isinstance(one, Accepted) else one for one in outcomes]
        return outcomes

    def _doubt(self, envelopes: Sequence[Envelope], outcomes: Sequence[Outcome]) -> None:
        if self._writing.doubt is not None:
            for envelope, one in zip(envelopes, outcomes, strict=True):
                if isinstance(one, Rejected) and one.message_code == TEMPLATE_FAULT:
                    self._writing.doubt(envelope)

    def _judge(self, message: SolapiMessage, added: Added) -> Outcome:
        code = added.status_code
        if code in TAKEN:
            return Accepted(added.message_id)
        rule = status_rule(code, kakao=self._kakao)
        wait = seconds_until_morning(datetime.now(UTC)) if code in MORNING else None
        details: dict[str, str | int | float | bool | None] = {}
        if self._kakao:
            details["fallback"] = code in FALLBACK
            if code in SUSPECT_NUMBER:
                details["phone_review"] = True
        judged = outcome(rule, code, credential_version=self._version, retry_after=wait, details=details)
        if (
            isinstance(judged, CredentialFault)
            and rule.message_code is not None
            and self._has_own_sender(message)
        ):
            # The sender came with this message: a fault of it is no reason to stop the others.
            return Rejected(code, message_code=rule.message_code, bug=True, details=details)
        return judged

    def _has_own_sender(self, message: Mapping[str, object]) -> bool:
        return message.get("from") not in (None, self._account.sender)


class SolapiCallbacks:
    """Reads Solapi's report webhooks, of either channel."""

    def __init__(self, settings: ChannelSettings) -> None:
        self._accounts = SolapiAccounts(settings)

    async def read(self, callback: Callback) -> CallbackAnswer:
        """Raise InvalidInput for an unreadable body, Unavailable when Solapi cannot confirm it now: it calls again."""
        _, calls = self._accounts.calls(callback.credential)
        return CallbackAnswer(await confirmed_reports(calls, callback.body, now=callback.received_at))

    async def close(self) -> None:
        """Close the connections."""
        await self._accounts.close()


def solapi_callbacks(settings: ChannelSettings) -> SolapiCallbacks:
    """A new reader."""
    return SolapiCallbacks(settings)
