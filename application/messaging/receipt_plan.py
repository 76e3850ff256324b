"""What receipts do to messages: a pure decision over locked rows.

A receipt for a message that was attempted proves the send, so the send is applied first; a receipt for one that was
not is kept until it is. After a final state only the event is written. Order: send < receive < convert < the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import attrs

from application.ports.receipts import Effects, EventLine, LockedMessage, ReceiptItem, ReceiptPlan
from domain.messaging.event import EVENT_OF, MessageEventType, Source, event_id
from domain.messaging.lifecycle import TRANSITIONS, WAITING, Event
from domain.messaging.outcome import SoftFault
from domain.shared.channels import Channel, SubscriptionType

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
_MOVES = (Event.SEND, Event.FAIL, Event.RECEIVE, Event.CONVERT)

NEVER_SHOWN: Mapping[str, str] = {"-70": "unsupported_version", "-71": "switched_off"}
"""Codes with which a device gives an in-app message up for good (channel fact sheet 6.3), and the reason they leave."""

STORAGE_FULL: Final = "-73"
STORAGE_FAULT: Final = SoftFault(-73, 3)
"""A device that had no room for an in-app message tries again; three times in a row say that it has none."""


class Verdict(StrEnum):
    """What became of one receipt; the value is its wire name."""

    ACCEPTED = "accepted"
    """Recorded now, earlier, or kept until its message is settled."""
    UNKNOWN_MESSAGE = "unknown_message"
    NOT_YOURS = "not_yours"
    """The message went to another subscription, or the subscription belongs to another install."""
    TOO_LATE = "too_late"
    """The message is older than what is kept."""


def plan_receipts(
    items: Sequence[ReceiptItem],
    messages: Mapping[UUID, LockedMessage],
    installs: Mapping[UUID, UUID | None],
    now: datetime,
) -> tuple[list[Verdict], ReceiptPlan]:
    """One verdict per item, in their order, and what to write."""
    plan = ReceiptPlan(moves={event: [] for event in _MOVES})
    verdicts = [Verdict.ACCEPTED] * len(items)
    order: Sequence[int] = range(len(items))
    ranks = [_RANK[item.event_type] for item in items]
    if len(set(ranks)) > 1:
        order = sorted(order, key=ranks.__getitem__)
    for index in order:
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
    if message is None:
        return Verdict.UNKNOWN_MESSAGE
    if item.application_id is not None and item.application_id != message.application_id:
        return Verdict.UNKNOWN_MESSAGE
    if item.effects is not None and message.type not in item.effects.types:
        return Verdict.UNKNOWN_MESSAGE
    if item.subscription_id is not None and item.subscription_id != message.subscription_id:
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
    first = False
    if kind is MessageEventType.RECEIVED:
        told = message.was_received
        first = _receive(item, message, plan) and not told
    elif kind is MessageEventType.CONVERTED:
        told = message.was_converted
        first = _convert(item, message, plan) and not told
    elif kind is MessageEventType.FAILED and item.source is Source.PROVIDER:
        _fail(item, message, plan)
    elif message.type is SubscriptionType.IN_APP_MESSAGE:
        item = _shown(item, message, plan)
    if kind is not MessageEventType.SENT:
        identity = item.event_id
        if item.subscription_id is None and kind is not MessageEventType.REPORTED:
            identity = event_id(message.id, message.subscription_id, kind)
        plan.events.append(EventLine(item, message, identity, kind, item.occurred_at, first))
        if item.source is not Source.PROVIDER or kind not in _SAYS_NOTHING_OF_ACTIVITY:
            plan.active.add(message.subscription_id)
    if item.kept:
        plan.done.append(item.event_id)


def _receive(item: ReceiptItem, message: LockedMessage, plan: ReceiptPlan) -> bool:
    moved = _move(message, Event.RECEIVE, plan, item.occurred_at)
    if moved:
        _count_received(item, message, plan)
    return moved


def _convert(item: ReceiptItem, message: LockedMessage, plan: ReceiptPlan) -> bool:
    if not _move(message, Event.CONVERT, plan, item.occurred_at):
        return False
    if not message.was_received:
        plan.implied.append((message, item.occurred_at))
    _count_received(item, message, plan)
    if not message.was_converted:
        message.was_converted = True
        _count(item, message, plan.converted, plan.last_converted)
    return True


def _shown(item: ReceiptItem, message: LockedMessage, plan: ReceiptPlan) -> ReceiptItem:
    """An in-app message is delivered when it was on the screen; a device that can never show it has failed it, and says
    with the code why it can show none until that changes. Answers the receipt with what it means beyond the message."""
    if item.event_type is MessageEventType.DISPLAYED:
        _receive(item, message, plan)
    elif item.event_type is MessageEventType.FAILED:
        code = str(item.metadata.get("code"))
        if code == STORAGE_FULL and not item.kept:
            return attrs.evolve(item, effects=Effects(soft=STORAGE_FAULT))
        reason = NEVER_SHOWN.get(code)
        if reason is not None and _move(message, Event.FAIL, plan, item.occurred_at):
            plan.fail_reasons[message.id] = reason
            if not item.kept:  # kept: what was true of the device then may no longer be
                return attrs.evolve(item, effects=Effects(code=int(code)))
    return item


def _fail(item: ReceiptItem, message: LockedMessage, plan: ReceiptPlan) -> None:
    """Only for a provider's report: a device that could not show a message says nothing about its delivery."""
    if _move(message, Event.FAIL, plan, item.occurred_at):
        if item.effects is not None and item.effects.gives_back:
            plan.given_back.add(message.id)
        plan.fail_reasons[message.id] = item.reason or "provider_report"
        plan.fail_details[message.id] = item.metadata


def _count_received(item: ReceiptItem, message: LockedMessage, plan: ReceiptPlan) -> None:
    if not message.was_received:
        message.was_received = True
        _count(item, message, plan.received, plan.last_received)
        if message.type.channel is not Channel.PUSH:
            plan.healed.add(message.subscription_id)


def _count(
    item: ReceiptItem, message: LockedMessage, counts: dict[UUID, int], last: dict[UUID, datetime]
) -> None:
    whose = message.subscription_id
    counts[whose] = counts.get(whose, 0) + 1
    latest = last.get(whose)
    if latest is None or item.occurred_at > latest:
        last[whose] = item.occurred_at


def _move(message: LockedMessage, event: Event, plan: ReceiptPlan, when: datetime) -> bool:
    """Apply the transition if the table has it; the row is locked, so the guard will agree."""
    after = TRANSITIONS.get((message.status, event))
    if after is None:
        return False
    message.status = after
    if event is Event.SEND and message.sent_at is None:
        message.sent_at = when
    plan.moves[event].append((message, when))
    return True


def _proof(item: ReceiptItem, message: LockedMessage, now: datetime) -> EventLine:
    """The `sent` event that a receipt stands for, when no settlement has written one."""
    kind = EVENT_OF[Event.SEND]
    identity = event_id(message.id, message.subscription_id, kind)
    return EventLine(item, message, identity, kind, min(item.occurred_at, now))
