"""List subscriptions of an application, or of one of its users."""

from __future__ import annotations

import attrs

from application.audience.commands import ListSubscriptionsCommand
from application.audience.views import SubscriptionView
from application.ports.audience import Audience
from domain.shared.errors import NotFound
from domain.shared.page import Page, check_limit, decode_id_cursor


@attrs.frozen(kw_only=True)
class ListSubscriptions:
    audience: Audience

    async def __call__(self, command: ListSubscriptionsCommand) -> Page[SubscriptionView]:
        """In the order of creation, without tokens; raise InvalidInput for a bad cursor or limit."""
        limit, after = check_limit(command.limit), decode_id_cursor(command.cursor)
        async with self.audience.begin() as unit:
            user_id = None
            if command.user is not None:
                try:
                    user_id = (await unit.users.find(command.application_id, command.user)).id
                except NotFound:
                    return Page(())
            found = await unit.subscriptions.list(
                command.application_id,
                user_id=user_id,
                type=command.type,
                subscribed=command.subscribed,
                include_archived=command.include_archived,
                after=after,
                limit=limit + 1,
            )
            owners = sorted({one.user_id for one in found if one.user_id is not None})
            names = await unit.users.external_ids(command.application_id, owners) if owners else {}
        views = [
            SubscriptionView(one, None if one.user_id is None else names.get(one.user_id)) for one in found
        ]
        return Page.cut(views, limit, lambda view: view.subscription.id)
