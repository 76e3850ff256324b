"""What an SES event says about a message of ours: one table from the event's kind to reports (channel fact sheet 3.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import attrs
import msgspec

from adapters.channels.email import codes
from adapters.channels.email.ses.requests import TAG
from domain.audience.address import parse_address
from domain.messaging.client_ref import message_of
from domain.messaging.event import MessageEventType
from domain.messaging.outcome import SoftFault
from domain.messaging.report import MessageReport
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput

FAILED, REPORTED = MessageEventType.FAILED, MessageEventType.REPORTED
_SPAM_KINDS: Final = frozenset({"abuse", "fraud", "virus", "other", None})
_MESSAGES_FAULT: Final = frozenset({"MessageTooLarge", "ContentRejected", "AttachmentRejected"})
_OURS: Final[Mapping[str, str | int | None]] = {"mark": "bug"}
"""What was sent is at fault, not who it was sent to."""

_CONVERTED: Final = frozenset(
    {
        (MessageEventType.CLICKED, "click"),
        (MessageEventType.CLICKED, "open"),
        (MessageEventType.DISPLAYED, "open"),
    }
)


class _Mail(msgspec.Struct):
    id: str | None = msgspec.field(default=None, name="messageId")
    tags: dict[str, list[str]] = {}
    destination: list[str] = []


class _Bounce(msgspec.Struct):
    kind: str = msgspec.field(default="Undetermined", name="bounceType")
    subkind: str | None = msgspec.field(default=None, name="bounceSubType")
    timestamp: str | None = None


class _Complaint(msgspec.Struct):
    kind: str | None = msgspec.field(default=None, name="complaintFeedbackType")
    subkind: str | None = msgspec.field(default=None, name="complaintSubType")
    timestamp: str | None = None


class _Preferences(msgspec.Struct):
    all: bool = msgspec.field(default=False, name="unsubscribeAll")
    topics: list[dict[str, object]] = msgspec.field(default_factory=list, name="topicSubscriptionStatus")


class _Subscription(msgspec.Struct):
    timestamp: str | None = None
    preferences: _Preferences | None = msgspec.field(default=None, name="newTopicPreferences")


class _Detail(msgspec.Struct):
    """What the other kinds carry."""

    timestamp: str | None = None
    reason: str | None = None
    error: str | None = msgspec.field(default=None, name="errorMessage")
    delay: str | None = msgspec.field(default=None, name="delayType")
    link: str | None = None
    smtp: str | None = msgspec.field(default=None, name="smtpResponse")
    milliseconds: int | None = msgspec.field(default=None, name="processingTimeMillis")


class SesEvent(msgspec.Struct):
    """Event publishing says `eventType`, identity notifications say `notificationType`."""

    event: str | None = msgspec.field(default=None, name="eventType")
    notification: str | None = msgspec.field(default=None, name="notificationType")
    mail: _Mail = msgspec.field(default_factory=_Mail)
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None
    subscription: _Subscription | None = None
    delivery: _Detail | None = None
    reject: _Detail | None = None
    failure: _Detail | None = None
    delivery_delay: _Detail | None = msgspec.field(default=None, name="deliveryDelay")
    open: _Detail | None = None
    click: _Detail | None = None


_read: Final = msgspec.json.Decoder(SesEvent).decode


@attrs.frozen(slots=True)
class Statement:
    """What one event means, before it is known of which message and when."""

    event: MessageEventType
    reason: str | None = None
    code: int | None = None
    soft: SoftFault | None = None
    clears: frozenset[int] = frozenset()
    timestamp: str | None = None
    details: Mapping[str, str | int | None] = attrs.field(factory=dict)


def reports_of(text: str, *, received_at: datetime, converted_by: str = "click") -> Sequence[MessageReport]:
    """The reports that an event makes; none for a message that is not ours or a kind that says nothing.

    `converted_by`: open or click. Who opened a mail received it. Raise MsgspecError when it is not JSON of an event;
    unknown fields are ignored.
    """
    event = _read(text)
    message_id = _message(event.mail)
    said = None if message_id is None else statement(event)
    if message_id is None or said is None:
        return ()
    report = MessageReport(
        message_id=message_id,
        event=said.event,
        occurred_at=_moment(said.timestamp) or received_at,
        reason=said.reason,
        subscription_code=said.code,
        soft=said.soft,
        clears=said.clears,
        provider_id=event.mail.id,
        recipient=_recipient(event.mail),
        details={key: value for key, value in said.details.items() if value is not None},
    )
    implied = []
    if said.event is MessageEventType.DISPLAYED:
        implied.append(MessageEventType.RECEIVED)
    if (said.event, converted_by) in _CONVERTED:
        implied.append(MessageEventType.CONVERTED)
    return (*(attrs.evolve(report, event=kind, details={}) for kind in implied), report)


def statement(event: SesEvent) -> Statement | None:
    """The row of the table."""
    kind = (event.event or event.notification or "").replace(" ", "")
    detail = _Detail()
    if kind == "Send":
        return Statement(MessageEventType.SENT)
    if kind == "Delivery":
        detail = event.delivery or detail
        details = {"reply": _short(detail.smtp), "milliseconds": detail.milliseconds}
        return Statement(MessageEventType.RECEIVED, timestamp=detail.timestamp, details=details)
    if kind == "Open":
        return Statement(MessageEventType.DISPLAYED, timestamp=(event.open or detail).timestamp)
    if kind == "Click":
        detail = event.click or detail
        return Statement(
            MessageEventType.CLICKED, timestamp=detail.timestamp, details={"link": _short(detail.link)}
        )
    if kind == "Reject":
        reason = (event.reject or detail).reason or "Bad content"
        return Statement(FAILED, f"Reject: {reason}"[:120], details=_OURS)
    if kind == "RenderingFailure":
        return Statement(
            FAILED,
            "Rendering Failure",
            details={**_OURS, "error": _short((event.failure or detail).error)},
        )
    if kind == "DeliveryDelay":
        detail = event.delivery_delay or detail
        return Statement(REPORTED, f"DeliveryDelay: {detail.delay}"[:120], timestamp=detail.timestamp)
    if kind == "Bounce" and event.bounce is not None:
        return bounced(event.bounce.kind, event.bounce.subkind, event.bounce.timestamp)
    if kind == "Complaint" and event.complaint is not None:
        return complained(event.complaint.kind, event.complaint.subkind, event.complaint.timestamp)
    if kind == "Subscription" and event.subscription is not None:
        return _resubscribed(event.subscription)
    return None


def bounced(kind: str, subkind: str | None, timestamp: str | None = None) -> Statement:
    """A bounce: the address is gone, or the mailbox could not take it just now, or the message was at fault."""
    reason = f"Bounce: {kind}/{subkind or 'General'}"[:120]
    if kind == "Permanent":
        code = codes.UNSUBSCRIBED if subkind == "UnsubscribedRecipient" else codes.HARD_BOUNCE
        return Statement(FAILED, reason, code=code, timestamp=timestamp)
    if kind == "Transient" and subkind in _MESSAGES_FAULT:
        return Statement(FAILED, reason, timestamp=timestamp, details=_OURS)
    return Statement(FAILED, reason, soft=codes.SOFT, timestamp=timestamp)


def complained(kind: str | None, subkind: str | None, timestamp: str | None = None) -> Statement:
    """A complaint: the message's state stays, the recipient is left alone from now on."""
    if subkind == "OnAccountSuppressionList":
        return Statement(
            FAILED, "Complaint: OnAccountSuppressionList", code=codes.COMPLAINT, timestamp=timestamp
        )
    reason = f"Complaint: {kind or 'unspecified'}"[:120]
    if kind == "not-spam":
        return Statement(REPORTED, reason, clears=frozenset({codes.COMPLAINT}), timestamp=timestamp)
    if kind in _SPAM_KINDS:
        return Statement(REPORTED, reason, code=codes.COMPLAINT, timestamp=timestamp)
    return Statement(REPORTED, reason, timestamp=timestamp)


def _resubscribed(subscription: _Subscription) -> Statement:
    new = subscription.preferences or _Preferences()
    out = new.all or any(one.get("subscriptionStatus") == "OptOut" for one in new.topics)
    return Statement(
        REPORTED,
        "Subscription: OptOut" if out else "Subscription: OptIn",
        code=codes.UNSUBSCRIBED if out else None,
        timestamp=subscription.timestamp,
    )


def _message(mail: _Mail) -> UUID | None:
    """The message that the event's tag names."""
    for ref in mail.tags.get(TAG, ()):
        found = message_of(ref)
        if found is not None:
            return found
    return None


def _recipient(mail: _Mail) -> str | None:
    """The one address that we sent to, in its canonical form."""
    if len(mail.destination) != 1:
        return None
    try:
        address = parse_address(SubscriptionType.EMAIL, mail.destination[0])
    except InvalidInput:
        return None
    return None if address.fault is not None else address.text


def _moment(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _short(value: str | None) -> str | None:
    return None if value is None else value[:300]
