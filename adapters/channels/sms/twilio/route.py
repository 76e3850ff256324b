"""Twilio as a route of the SMS channel: one request a message, many at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote_plus, urlencode
from uuid import UUID

import msgspec

from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.callback_urls import callback_url
from adapters.channels.frame.courier import Link
from adapters.channels.frame.exchange import Answer, exchange
from adapters.channels.frame.korean_time import seconds_until_midnight
from adapters.channels.frame.phone_codes import NUMBER_INVALID, SENDER_FAULT
from adapters.channels.frame.recent import Recent
from adapters.channels.frame.transport import Host
from adapters.channels.frame.verdict import outcome
from adapters.channels.sms.content import LONGEST_UNICODE, SmsContent
from adapters.channels.sms.fitting import prepare
from adapters.channels.sms.twilio.account import PROVIDER, USUAL_URL, TwilioAccount
from adapters.channels.sms.twilio.codes import UNTIL_TOMORROW, create_rule
from adapters.channels.sms.twilio.inquiry import look_up
from application.ports.channel_plugins import Capabilities
from application.ports.channels import ChannelSettings, Credential, Envelope, InquiryBatch, SendBatch, Tried
from domain.messaging.content import Body
from domain.messaging.outcome import Accepted, CredentialFault, Deferred, Finding, Outcome, Rejected, Unknown
from domain.messaging.sender_number import international_sender
from domain.shared.errors import ContentTooLarge

KEPT: Final = 4_096
LONGEST_VALIDITY: Final = 36_000
"""Seconds that Twilio keeps a message in its queue at most."""
REFERENCE: Final = "ref"
"""The query parameter of the callback URL that carries our client_ref."""
FORM: Final = "application/x-www-form-urlencoded"

CAPABILITIES = Capabilities(claim_before_send=True, callbacks=True, looks_up=True, receipts=True)
"""Twilio bills each segment that it tried to send; its reports come by callback alone."""


class _Created(msgspec.Struct):
    sid: str = ""
    code: int | None = None
    error_code: int | None = None


_read = msgspec.json.Decoder(_Created, strict=False).decode


class TwilioRoute:
    """Sends and looks up over one account per application."""

    provider = PROVIDER
    claims = True

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings
        self._host = Host(settings.url(PROVIDER, USUAL_URL), settings, http2=False)
        self._breakers: Recent[UUID, Breaker] = Recent(KEPT)

    async def open(self, batch: SendBatch) -> TwilioCourier | Outcome:
        """A courier, or why none of this batch can be sent."""
        try:
            account = TwilioAccount.from_fields(batch.credential.fields)
        except KeyError as missing:
            details = {"field": str(missing.args[0])}
            return CredentialFault("invalid_credential", batch.credential.version, details=details)
        link = Link(self._host.slots, self._breaker(batch.application_id))
        return TwilioCourier(link, self._host, account, batch.credential, self._settings)

    async def look_up(self, batch: InquiryBatch) -> Sequence[Finding]:
        """Ask for each message by recipient and time."""
        try:
            account = TwilioAccount.from_fields(batch.credential.fields)
        except KeyError:
            return [Unknown("invalid_credential")] * len(batch.inquiries)
        breaker = self._breaker(batch.application_id)
        return await look_up(
            self._host, breaker, account, batch.inquiries, timeout=self._settings.request_timeout
        )

    async def try_credential(self, credential: Credential) -> Tried:
        """The account's last message."""
        account = TwilioAccount.from_fields(credential.fields)
        headers = {"authorization": account.authorization}
        breaker = self._breaker(credential.application_id)
        answer = await exchange(self._host, breaker, "GET", f"{account.messages}?PageSize=1", headers)
        if isinstance(answer, Deferred):
            return Tried(answer)
        if answer.ok:
            return Tried(Accepted())
        try:
            code = _read(answer.body).code
        except (msgspec.MsgspecError, UnicodeDecodeError):
            code = None
        rule = create_rule(answer.status, code)
        return Tried(
            outcome(rule, str(code or f"http_{answer.status}"), credential_version=credential.version)
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._host.close()

    def _breaker(self, application_id: UUID) -> Breaker:
        return self._breakers.get(application_id, Breaker)


class TwilioCourier:
    """Sends one batch's envelopes to Twilio."""

    pacer = None
    """Twilio queues by itself, up to ten hours a sender."""

    def __init__(
        self,
        link: Link,
        host: Host,
        account: TwilioAccount,
        credential: Credential,
        settings: ChannelSettings,
    ) -> None:
        self._link = link
        self._host = host
        self._account = account
        self._version = credential.version
        self._headers = {"content-type": FORM, "authorization": account.authorization}
        self._callback = callback_url(settings, credential)
        self._bodies: dict[int, str | Rejected] = {}

    def place(self, envelope: Envelope) -> Link | Outcome:
        """The account's link, or why this is not worth a request."""
        if not envelope.token.startswith("+"):
            return Rejected("malformed_number", subscription_code=NUMBER_INVALID)
        body = self._body(envelope.content)
        return body if isinstance(body, Rejected) else self._link

    async def deliver(self, envelope: Envelope, link: Link) -> Outcome:
        """POST Messages.json."""
        fixed = self._body(envelope.content)
        assert isinstance(fixed, str)
        form = f"To={quote_plus(envelope.token)}&{fixed}"
        if self._callback is not None:
            form += f"&StatusCallback={quote_plus(f'{self._callback}?{REFERENCE}={envelope.client_ref}')}"
        if envelope.expires_at is not None:
            left = int(envelope.expires_at.timestamp() - time.time())
            form += f"&ValidityPeriod={min(max(left, 1), LONGEST_VALIDITY)}"
        answer = await exchange(
            self._host, link.breaker, "POST", self._account.messages, self._headers, form.encode()
        )
        if isinstance(answer, Deferred):
            return answer
        return self._judge(answer, envelope.content)

    def _judge(self, answer: Answer, content: Body) -> Outcome:
        try:
            created = _read(answer.body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            created = _Created()
        if answer.ok and created.error_code is None:
            # What was created and cannot be read was created all the same.
            return Accepted(created.sid or None)
        code = created.error_code if answer.ok else created.code
        rule = create_rule(answer.status, code)
        wait = answer.retry_after
        if code in UNTIL_TOMORROW and wait is None:
            wait = seconds_until_midnight(datetime.now(UTC))
        judged = outcome(
            rule,
            str(code or f"http_{answer.status}"),
            credential_version=self._version,
            retry_after=wait,
            details={"http_status": answer.status},
        )
        if (
            isinstance(judged, CredentialFault)
            and rule.message_code is not None
            and content.get("sender") is not None
        ):
            # The sender came with this message: a fault of it is no reason to stop the others.
            return Rejected(judged.reason, message_code=rule.message_code, bug=True)
        return judged

    def _body(self, content: Body) -> str | Rejected:
        # The batch holds every content, so an id stays the same content's.
        known = self._bodies.get(id(content))
        if known is None:
            known = self._bodies[id(content)] = self._prepare(content)
        return known

    def _prepare(self, body: Body) -> str | Rejected:
        content = prepare(body)
        if isinstance(content, Rejected):
            return content
        sender = self._account.sender
        if content.sender is not None:
            own = international_sender(content.sender)
            if own is None:
                return Rejected("sender_not_international", message_code=SENDER_FAULT, bug=True)
            sender = own
        text = _whole_text(content)
        if len(text) > LONGEST_UNICODE:
            details = {"characters": len(text), "limit": LONGEST_UNICODE}
            return Rejected(ContentTooLarge.code, details=details)
        from_ = "MessagingServiceSid" if _is_service(sender) else "From"
        return urlencode({from_: sender, "Body": text})


def _whole_text(content: SmsContent) -> str:
    """Twilio knows no titles: one becomes the first line."""
    return f"{content.title}\n{content.text}" if content.title else content.text


def _is_service(sender: str) -> bool:
    return len(sender) == 34 and sender.startswith("MG")
