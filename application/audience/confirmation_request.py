"""Which subscriptions have just begun to wait for a confirmation: their messages are due with the registration."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from application.ports.confirmations import Asked
from domain.audience.confirmation import CONFIRMED_TYPES, PENDING_FOR
from domain.audience.status_catalogue import AWAITING_CONFIRMATION
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import SubscriptionEventType
from domain.shared.channels import SubscriptionType

_BEGINS = frozenset({SubscriptionEventType.STATUS_CHANGED, SubscriptionEventType.UNSUBSCRIBED})


def must_confirm(type: SubscriptionType, wanted: bool | None, channels: Collection[str]) -> bool:
    """Whether a new address waits for its owner's word: as the caller says, else as the application's setting."""
    if type not in CONFIRMED_TYPES:
        return False
    return type.channel.wire in channels if wanted is None else wanted


def newly_waiting(subscriptions: Iterable[Subscription], now: datetime) -> list[Asked]:
    """Asked before the changes are drained: those that came to wait, or wait with another address than before."""
    return [
        asked(one, now)
        for one in subscriptions
        if one.subscription_status == AWAITING_CONFIRMATION
        and any(
            change.event_type in _BEGINS or change.event_type is SubscriptionEventType.TOKEN_CHANGED
            for change in one.changes
        )
    ]


def asked(subscription: Subscription, now: datetime) -> Asked:
    """A message is due to this subscription's address."""
    assert subscription.token is not None
    return Asked(
        subscription_id=subscription.id,
        application_id=subscription.application_id,
        address_index=subscription.token.index,
        pending_until=now + PENDING_FOR,
    )
