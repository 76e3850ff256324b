"""Reads one mail that came to an address of ours: a delivery status, a complaint, a request to unsubscribe, or nothing.

Whom it concerns is never taken from its words: the address it came to, or the field of ours in the mail that it quotes, must
carry a reference that this application signed. Automatic replies ("out of office") say nothing about an address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32
from typing import Final
from uuid import UUID

import attrs

from adapters.channels.email import codes
from adapters.channels.email.letter import BOUNCE_PREFIX, REF_HEADER, UNSUBSCRIBE_PREFIX
from adapters.channels.email.smtp.replies import rule_of_status
from adapters.channels.frame.verdict import Mark
from domain.messaging.event import MessageEventType
from domain.messaging.links import REF_LENGTH, LinkRefused, Purpose
from domain.messaging.report import MessageReport
from domain.shared.errors import InvalidInput

ReadRef = Callable[[str, Purpose], UUID]
"""The message that a reference names; raises LinkRefused."""

_OURS: Final = re.compile(rf"([bu])\+([a-z2-7]{{{REF_LENGTH}}})@", re.IGNORECASE)
_PURPOSE: Final = {BOUNCE_PREFIX[0]: Purpose.BOUNCE, UNSUBSCRIBE_PREFIX[0]: Purpose.UNSUBSCRIBE_MAIL}
_ADDRESSED: Final = ("to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "cc")
_STATUS: Final = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")
_SPAM: Final = frozenset({"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list"})
MOST_PARTS: Final = 200


@attrs.frozen(slots=True)
class Concerned:
    """The message that a mail is about, and how we know."""

    message_id: UUID
    purpose: Purpose


def read_mail(
    raw: bytes, recipient: str | None, read_ref: ReadRef, *, received_at: datetime
) -> Sequence[MessageReport]:
    """The reports that a mail makes; `recipient` is the envelope's, where the mail server told it.

    Raise InvalidInput for a mail that names no message of ours.
    """
    mail = BytesParser(policy=compat32).parsebytes(raw)
    kind = _report_type(mail)
    concerned = _concerned(mail, recipient, read_ref, quoted=kind is not None)
    if concerned is None:
        raise InvalidInput(
            "the mail names no message of this application",
            field="recipient",
            fix="pass the envelope's recipient as ?recipient=b+…@your bounce domain",
        )
    message_id = concerned.message_id
    if concerned.purpose is Purpose.UNSUBSCRIBE_MAIL:
        return () if _is_automatic(mail) else (_unsubscribed(message_id, received_at),)
    if kind == "delivery-status":
        found = _delivery_status(mail)
        return () if found is None else (_by_status(found, message_id, received_at),)
    if kind == "feedback-report":
        return (_complaint(mail, message_id, received_at),)
    return ()


def _report_type(mail: Message) -> str | None:
    if mail.get_content_type() != "multipart/report":
        return None
    kind = mail.get_param("report-type")
    return kind.lower() if isinstance(kind, str) else None


def _is_automatic(mail: Message) -> bool:
    return str(mail.get("auto-submitted", "no")).strip().lower().partition(";")[0] != "no"


def _concerned(mail: Message, recipient: str | None, read_ref: ReadRef, *, quoted: bool) -> Concerned | None:
    """The first reference that was signed for this application."""
    for purpose, ref in _references(mail, recipient, quoted):
        try:
            return Concerned(read_ref(ref, purpose), purpose)
        except LinkRefused:
            continue
    return None


def _references(mail: Message, recipient: str | None, quoted: bool) -> Iterator[tuple[Purpose, str]]:
    addressed = [recipient or ""] + [str(value) for name in _ADDRESSED for value in mail.get_all(name, [])]
    for text in addressed:
        for found in _OURS.finditer(text):
            yield _PURPOSE[found[1].lower()], found[2]
    if quoted:
        for original in _originals(mail):
            ref = str(original.get(REF_HEADER, "")).strip()
            if ref:
                yield Purpose.BOUNCE, ref
            for found in _OURS.finditer(str(original.get("return-path", ""))):
                yield Purpose.BOUNCE, found[2]


def _originals(mail: Message) -> Iterator[Message]:
    """What the report quotes: the whole mail, or its header fields alone."""
    for part in _parts(mail):
        kind = part.get_content_type()
        payload = part.get_payload()
        if kind == "message/rfc822" and isinstance(payload, list) and payload:
            first = payload[0]
            if isinstance(first, Message):
                yield first
        elif kind == "text/rfc822-headers":
            decoded = part.get_payload(decode=True)
            if isinstance(decoded, bytes):
                yield BytesHeaderParser(policy=compat32).parsebytes(decoded)


def _parts(mail: Message) -> Iterator[Message]:
    payload = mail.get_payload()
    if isinstance(payload, list):
        for part in payload[:MOST_PARTS]:
            if isinstance(part, Message):
                yield part


@attrs.frozen(slots=True)
class DeliveryStatus:
    """The recipient's fields of a delivery status notification."""

    action: str
    status: str
    diagnostic: str


def _delivery_status(mail: Message) -> DeliveryStatus | None:
    """The first group of fields about a recipient; there is one recipient per mail of ours."""
    for part in _parts(mail):
        payload = part.get_payload()
        if part.get_content_type() != "message/delivery-status" or not isinstance(payload, list):
            continue
        for fields in payload:
            if not isinstance(fields, Message) or "action" not in fields:
                continue
            found = _STATUS.search(str(fields.get("status", "")))
            action = str(fields["action"]).strip().lower().partition(" ")[0]
            status = f"{found[1]}.{int(found[2])}.{int(found[3])}" if found else "5.0.0"
            return DeliveryStatus(action, status, str(fields.get("diagnostic-code", ""))[:300])
    return None


def _by_status(said: DeliveryStatus, message_id: UUID, at: datetime) -> MessageReport:
    details = {"status": said.status, "diagnostic": " ".join(said.diagnostic.split()) or None}
    if said.action == "delivered":
        return MessageReport(message_id, MessageEventType.RECEIVED, at, details=details)
    if said.action != "failed":
        return MessageReport(
            message_id,
            MessageEventType.REPORTED,
            at,
            f"dsn {said.action[:20]} {said.status}",
            details=details,
        )
    rule = rule_of_status(said.status)
    return MessageReport(
        message_id,
        MessageEventType.FAILED,
        at,
        f"dsn {said.status}",
        subscription_code=rule.subscription_code if rule.mark in (Mark.FAIL, Mark.BUG) else None,
        soft=rule.soft,
        details={**details, "mark": rule.mark.name.lower()},
    )


def _complaint(mail: Message, message_id: UUID, at: datetime) -> MessageReport:
    kind = "abuse"
    for part in _parts(mail):
        payload = part.get_payload()
        if part.get_content_type() == "message/feedback-report":
            first = payload[0] if isinstance(payload, list) and payload else None
            text = first.as_string() if isinstance(first, Message) else str(payload)
            found = re.search(r"^feedback-type:\s*([a-z-]+)", text, re.IGNORECASE | re.MULTILINE)
            kind = found[1].lower() if found else kind
    if kind == "not-spam":
        return MessageReport(
            message_id,
            MessageEventType.REPORTED,
            at,
            "complaint not-spam",
            clears=frozenset({codes.COMPLAINT}),
        )
    code = codes.COMPLAINT if kind in _SPAM else None
    return MessageReport(
        message_id, MessageEventType.REPORTED, at, f"complaint {kind[:30]}", subscription_code=code
    )


def _unsubscribed(message_id: UUID, at: datetime) -> MessageReport:
    return MessageReport(
        message_id,
        MessageEventType.REPORTED,
        at,
        "unsubscribe mail",
        subscription_code=codes.UNSUBSCRIBED,
    )
