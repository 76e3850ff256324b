"""Turns what happened to subscriptions into events with ids."""

from __future__ import annotations

from collections.abc import Sequence

from application.ports.identifiers import Identifiers
from application.ports.subscriptions import Subscriptions
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import SubscriptionEvent


def drain_events(subscriptions: Sequence[Subscription], identifiers: Identifiers) -> list[SubscriptionEvent]:
    """The changes of each subscription as events; the subscriptions forget them."""
    ids = iter(identifiers.many(sum(len(subscription.changes) for subscription in subscriptions)))
    events: list[SubscriptionEvent] = []
    for subscription in subscriptions:
        channel = subscription.type.channel.wire
        events.extend(
            SubscriptionEvent(
                id=next(ids),
                subscription_id=subscription.id,
                user_id=change.user_id,
                application_id=subscription.application_id,
                event_type=change.event_type,
                channel=channel,
                source=change.source,
                reason=change.reason,
                metadata=change.metadata,
                occurred_at=change.occurred_at,
            )
            for change in subscription.changes
        )
        subscription.changes.clear()
    return events


async def store_changed(
    subscriptions: Subscriptions, changed: Sequence[Subscription], identifiers: Identifiers
) -> None:
    """Store subscriptions that existed before, with what happened to them."""
    await subscriptions.store(new=(), changed=changed, events=drain_events(changed, identifiers))
