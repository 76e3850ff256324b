"""What receipts do to messages: a pure decision over locked rows.

A receipt for a message that was attempted proves the send, so the send is applied first; a receipt for one that was
not is kept until it is. After a final state only the event is written. Order: send < receive < convert < the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from uuid import UUID

from application.ports.receipts import EventLine, LockedMessage, ReceiptItem, ReceiptPlan
from domain.messaging.event import EVENT_OF, MessageEventType, Source
from domain.messaging.lifecycle import TRANSITIONS, WAITING, Event, Status
from domain.shared.channels import Channel

_RANK = {
    MessageEventType.SENT: 0,
    MessageEventType.RECEIVED: 1,
    MessageEventType.CONVERTED: 2,
    MessageEventType.DISPLAYED: 3,
    MessageEventType.CLICKED: 4,
    MessageEventType.DISMISSED: 5,
    MessageEventType.FAILED: 6,
    MessageEventType.REPORTED: 7,
}
"""The order in which the receipts of one message are applied."""

_SAYS_NOTHING_OF_ACTIVITY = frozenset({MessageEventType.FAILED, MessageEventType.REPORTED})
RECEIPT_TYPES = frozenset(_RANK)
_CODE = {kind: bytes([kind]) for kind in MessageEventType}
_VERSION_8 = 0x8 << 76 | 0x2 << 62
_FREE_BITS = ~(0xF << 76 | 0x3 << 62) & (1 << 128) - 1
_MOVES = (Event.SEND, Event.FAIL, Event.RECEIVE, Event.CONVERT)


class Verdict(StrEnum):
    """What became of one receipt; the value is its wire name."""

    ACCEPTED = "accepted"
    """Recorded now, earlier, or kept until its message is settled."""
    UNKNOWN_MESSAGE = "unknown_message"
    NOT_YOURS = "not_yours"
    """The message went to another subscription, or the subscription belongs to another install."""
    TOO_LATE = "too_late"
    """The message is older than what is kept."""


def event_id(
    message_id: UUID, subscription_id: UUID | None, event_type: MessageEventType, said: bytes = b""
) -> UUID:
    """The same id for the same statement about a message, whoever makes it and however often; `said` tells apart
    statements of one type.

    A UUIDv8 (RFC 9562 section 5.8) of 122 bits of BLAKE2b: a third of the time of a UUIDv5, with the same use.
    """
    recipient = b"" if subscription_id is None else subscription_id.bytes
    digest = blake2b(message_id.bytes + recipient + _CODE[event_type] + said, digest_size=16).digest()
    return UUID(int=int.from_bytes(digest, "big") & _FREE_BITS | _VERSION_8)


def plan_receipts(
    items: Sequence[ReceiptItem],
    messages: Mapping[UUID, LockedMessage],
    installs: Mapping[UUID, UUID | None],
    now: datetime,
) -> tuple[list[Verdict], ReceiptPlan]:
    """One verdict per item, in their order, and what to write."""
    plan = ReceiptPlan(moves={event: {} for event in _MOVES})
    verdicts = [Verdict.ACCEPTED] * len(items)
    for index in sorted(range(len(items)), key=lambda at: _RANK[items[at].event_type]):
        item = items[index]
        message = messages.get(item.message_id)
        refused = _refusal(item, message, installs)
        if message is None or refused is not None:
            verdicts[index] = refused or Verdict.UNKNOWN_MESSAGE
            if item.kept:
                plan.done.append(item.event_id)
        else:
            _apply(item, message, plan, now)
    return verdicts, plan


def _refusal(
    item: ReceiptItem, message: LockedMessage | None, installs: Mapping[UUID, UUID | None]
) -> Verdict | None:
    if message is None or item.application_id not in (None, message.application_id):
        return Verdict.UNKNOWN_MESSAGE
    if item.effects is not None and message.type not in item.effects.types:
        return Verdict.UNKNOWN_MESSAGE
    if item.subscription_id not in (None, message.subscription_id):
        return Verdict.NOT_YOURS
    if item.install_id is not None and installs.get(message.subscription_id) != item.install_id:
        return Verdict.NOT_YOURS
    return None


def _apply(item: ReceiptItem, message: LockedMessage, plan: ReceiptPlan, now: datetime) -> None:
    if message.status in WAITING:
        if not (message.attempted or item.event_type is MessageEventType.SENT):
            plan.early.append(item)
            return
        _move(message, Event.SEND, plan, min(item.occurred_at, now))
        plan.events.append(_proof(item, message, now))
    kind = item.event_type
    if kind is MessageEventType.RECEIVED:
        _receive(item, message, plan)
    elif kind is MessageEventType.CONVERTED:
        _convert(item, message, plan)
    elif kind is MessageEventType.FAILED and item.source is Source.PROVIDER:
        _fail(item, message, plan)
    if kind is not MessageEventType.SENT:
        identity = item.event_id
        if item.subscription_id is None and kind is not MessageEventType.REPORTED:
            identity = event_id(message.id, message.subscription_id, kind)
        plan.events.append(EventLine(item, message, identity, kind, item.occurred_at))
        if item.source is not Source.PROVIDER or kind not in _SAYS_NOTHING_OF_ACTIVITY:
            plan.active.add(message.subscription_id)
    if item.kept:
        plan.done.append(item.event_id)


def _receive(item: ReceiptItem, message: LockedMessage, plan: ReceiptPlan) -> None:
    if _move(message, Event.RECEIVE, plan, item.occurred_at):
        _count_received(message, plan)


def _convert(item: ReceiptItem, message: LockedMessage, plan: ReceiptPlan) -> None:
    if not _move(message, Event.CONVERT, plan, item.occurred_at):
        return
    _count_received(message, plan)
    if not message.was_converted:
        message.was_converted = True
        plan.converted[message.subscription_id] = plan.converted.get(message.subscription_id, 0) + 1


def _fail(item: ReceiptItem, message: LockedMessage, plan: ReceiptPlan) -> None:
    """Only for a provider's report: a device that could not show a message says nothing about its delivery."""
    if _move(message, Event.FAIL, plan, item.occurred_at):
        if item.effects is not None and item.effects.gives_back:
            plan.given_back.add(message.id)
        plan.fail_reasons[message.id] = item.reason or "provider_report"


def _count_received(message: LockedMessage, plan: ReceiptPlan) -> None:
    if not message.was_received:
        message.was_received = True
        plan.received[message.subscription_id] = plan.received.get(message.subscription_id, 0) + 1
        if message.type.channel is not Channel.PUSH:
            plan.healed.add(message.subscription_id)


def _move(message: LockedMessage, event: Event, plan: ReceiptPlan, when: datetime) -> bool:
    """Apply the transition if the table has it; the row is locked, so the guard will agree."""
    after = TRANSITIONS.get((message.status, event))
    if after is None:
        return False
    message.status = Status(after)
    plan.moves[event][message.id] = when
    return True


def _proof(item: ReceiptItem, message: LockedMessage, now: datetime) -> EventLine:
    """The `sent` event that a receipt stands for, when no settlement has written one."""
    kind = EVENT_OF[Event.SEND]
    identity = event_id(message.id, message.subscription_id, kind)
    return EventLine(item, message, identity, kind, min(item.occurred_at, now))
