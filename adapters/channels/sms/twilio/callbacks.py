"""Twilio's callbacks: the status of a message, and what recipients answer (STOP, START)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs

from adapters.channels.frame.failure_report import failure_report
from adapters.channels.frame.phone_codes import SMS_BLOCKED
from adapters.channels.sms.twilio.codes import callback_rule
from adapters.channels.sms.twilio.route import FORM, REFERENCE
from adapters.channels.sms.twilio.signature import HEADER, SETTINGS_HEADER, algorithm_of, is_signed
from application.ports.channels import ChannelSettings
from application.ports.delivery_reports import Callback, CallbackAnswer
from domain.messaging.client_ref import message_of
from domain.messaging.event import MessageEventType
from domain.messaging.report import AddressReport, MessageReport, ProviderReport
from domain.shared.channels import SubscriptionType
from domain.shared.errors import Forbidden, InvalidInput

LARGEST: Final = 256 * 1024
MOST_FIELDS: Final = 200
NO_REPLY: Final = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""TwiML that says nothing back; Twilio itself confirms STOP."""
EVENTS: Final[Mapping[str, MessageEventType]] = {
    "sent": MessageEventType.SENT,
    "delivered": MessageEventType.RECEIVED,
    "read": MessageEventType.CONVERTED,
}
FAILURES: Final = frozenset({"undelivered", "failed", "canceled"})
STOP: Final = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "수신거부"}
)
START: Final = frozenset({"START", "YES", "UNSTOP", "수신동의"})


class TwilioCallbacks:
    """Reads Twilio's callbacks; asks nobody."""

    def __init__(self, settings: ChannelSettings) -> None:
        """`settings` are not needed: the public URL comes with each callback."""

    async def read(self, callback: Callback) -> CallbackAnswer:
        """Raise Forbidden for a signature that does not hold, InvalidInput for a body that is no form."""
        form = _form(callback)
        _check_signature(callback, form)
        first = {name: values[0] for name, values in form.items() if values}
        report = _status(callback, first)
        if report is not None:
            return CallbackAnswer((report,))
        answer = _reply(first, callback.received_at)
        return CallbackAnswer(() if answer is None else (answer,), body=NO_REPLY, content_type="text/xml")

    async def close(self) -> None:
        """Nothing is open."""


def _form(callback: Callback) -> Mapping[str, Sequence[str]]:
    kind = callback.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if kind != FORM:
        return {}
    if len(callback.body) > LARGEST:
        raise InvalidInput("the body is too large", field="body", fix=f"send at most {LARGEST} bytes")
    try:
        return parse_qs(
            callback.body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise InvalidInput("the body is no form", field="body", fix="send a URL-encoded form") from None


def _check_signature(callback: Callback, form: Mapping[str, Sequence[str]]) -> None:
    fields = callback.credential.fields
    header = callback.headers.get(SETTINGS_HEADER, "")
    algorithm = algorithm_of(header)
    secret = fields.get("webhook_shared_key", "") if header else fields.get("auth_token", "")
    signature = callback.headers.get(HEADER, "")
    if not secret or not is_signed(secret, callback.url, form, callback.body, signature, algorithm=algorithm):
        raise Forbidden("the callback's signature does not hold")


def _status(callback: Callback, form: Mapping[str, str]) -> MessageReport | None:
    message_id = message_of(callback.query.get(REFERENCE, ""))
    status = form.get("MessageStatus", "")
    if message_id is None:
        return None
    sid = form.get("MessageSid") or None
    event = EVENTS.get(status)
    to = form.get("To", "")
    recipient = to if to.startswith("+") else None
    if event is not None:
        return MessageReport(
            message_id, event, callback.received_at, status, provider_id=sid, recipient=recipient
        )
    if status not in FAILURES:
        return None
    code = form.get("ErrorCode", "")
    return failure_report(
        callback_rule(int(code) if code.isascii() and code.isdigit() and len(code) < 10 else None),
        code or status,
        message_id=message_id,
        occurred_at=callback.received_at,
        provider_id=sid,
        recipient=recipient,
    )


def _reply(form: Mapping[str, str], now: datetime) -> ProviderReport | None:
    """STOP blocks, START lifts the block, whatever else somebody writes is not for us."""
    number = form.get("From", "")
    word = (form.get("OptOutType") or form.get("Body") or "").strip().upper()
    if not number.startswith("+"):
        return None
    if word in STOP:
        return AddressReport(SubscriptionType.SMS, number, now, "STOP", code=SMS_BLOCKED)
    if word in START:
        return AddressReport(SubscriptionType.SMS, number, now, "START", clears=frozenset({SMS_BLOCKED}))
    return None
