"""Messages as Solapi stores them: how they are listed, and what one says about a message of ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

import attrs
import msgspec

from adapters.channels.frame.failure_report import failure_report
from adapters.channels.frame.korean_time import parse_time
from adapters.channels.frame.phone_numbers import KOREA, from_digits
from adapters.channels.frame.solapi.codes import DELIVERED, FALLBACK, SUSPECT_NUMBER, TAKEN, status_rule
from adapters.channels.frame.solapi.http_calls import Refusal, SolapiCalls, decode
from domain.messaging.client_ref import message_of
from domain.messaging.event import MessageEventType
from domain.messaging.outcome import Deferred
from domain.messaging.report import MessageReport

LIST: Final = "/messages/v4/list"
PAGE: Final = 500
_KAKAO_TYPES: Final = frozenset({"ATA", "CTA", "CTI"})
REFERENCE: Final = "ref"
"""The custom field that carries our client_ref; its value comes back wherever the message is shown."""


class StoredMessage(msgspec.Struct, rename="camel"):
    """What we read of a stored message; webhooks show the same fields."""

    message_id: str = ""
    group_id: str = ""
    type: str | None = None
    to: str | None = None
    country: str | None = None
    status: str | None = None
    status_code: str | None = None
    custom_fields: dict[str, str] | None = None
    date_received: str | None = None
    date_reported: str | None = None
    date_updated: str | None = None

    @property
    def reference(self) -> str:
        """Our client_ref, or an empty text for a message that another system sent."""
        return (self.custom_fields or {}).get(REFERENCE, "")

    @property
    def recipient(self) -> str | None:
        """E.164, where the message names it."""
        return from_digits(self.to, self.country or KOREA) if self.to and self.to.isdigit() else None

    @property
    def is_kakao(self) -> bool:
        """Whether its status is read in the AlimTalk column."""
        return self.type in _KAKAO_TYPES


class _MessageList(msgspec.Struct, rename="camel"):
    message_list: dict[str, StoredMessage]
    next_key: str | None = None


@attrs.frozen(slots=True)
class Page:
    """Some stored messages, and the key of the next page."""

    messages: Sequence[StoredMessage]
    next_key: str | None


async def list_page(
    calls: SolapiCalls, path: str, query: Sequence[tuple[str, str]]
) -> Page | Refusal | Deferred:
    """One page; Deferred for an answer that cannot be read."""
    answered = await calls.ask("GET", f"{path}?{urlencode(query)}")
    if not isinstance(answered, bytes):
        return answered
    found = decode(answered, _MessageList)
    if found is None:
        return Deferred("unreadable_answer")
    for message_id, message in found.message_list.items():
        message.message_id = message.message_id or message_id
    return Page(list(found.message_list.values()), found.next_key)


def report_of(message: StoredMessage, *, seen_at: datetime) -> MessageReport | None:
    """What a stored message says, or None while it is under way, and for what is not ours."""
    message_id = message_of(message.reference)
    code = message.status_code or ""
    if message_id is None or not code or code in TAKEN:
        return None
    told_at = message.date_received or message.date_reported or message.date_updated
    occurred_at = min(parse_time(told_at, otherwise=seen_at), seen_at)
    if code == DELIVERED:
        return MessageReport(
            message_id,
            MessageEventType.RECEIVED,
            occurred_at,
            code,
            provider_id=message.message_id,
            recipient=message.recipient,
        )
    suspect = message.is_kakao and code in SUSPECT_NUMBER
    return failure_report(
        status_rule(code, kakao=message.is_kakao),
        code,
        message_id=message_id,
        occurred_at=occurred_at,
        provider_id=message.message_id,
        recipient=message.recipient,
        fallback=not message.is_kakao or code in FALLBACK,
        details={"phone_review": True} if suspect else None,
    )
