"""List what happened to a subscription, in the order in which it happened."""

from __future__ import annotations

import attrs

from application.audience.commands import ListSubscriptionEventsCommand
from application.ports.audience import Audience
from domain.audience.subscription_event import SubscriptionEvent
from domain.shared.page import Page, check_limit, decode_id_cursor


@attrs.frozen(kw_only=True)
class ListSubscriptionEvents:
    audience: Audience

    async def __call__(self, command: ListSubscriptionEventsCommand) -> Page[SubscriptionEvent]:
        """Raise NotFound without such a subscription, InvalidInput for a bad cursor or limit."""
        limit, after = check_limit(command.limit), decode_id_cursor(command.cursor)
        async with self.audience.begin() as unit:
            await unit.subscriptions.get(command.application_id, command.subscription_id)
            found = await unit.subscriptions.events(
                command.application_id, command.subscription_id, after=after, limit=limit + 1
            )
        return Page.cut(found, limit, lambda event: event.id)
