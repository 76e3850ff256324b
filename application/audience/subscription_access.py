"""Gets at one subscription on behalf of whoever asks: an install sees only its own."""

from __future__ import annotations

from uuid import UUID

from application.ports.audience import AudienceUnit
from domain.audience.subscription import Subscription
from domain.shared.errors import NotFound


async def lock_subscription(
    unit: AudienceUnit, application_id: UUID, subscription_id: UUID, install_id: UUID | None = None
) -> Subscription:
    """The live subscription, locked; raise NotFound for an archived one and for somebody else's."""
    for found in await unit.subscriptions.lock(application_id, [subscription_id]):
        if not found.is_archived and install_id in (None, found.install_id):
            return found
    raise NotFound("there is no such subscription")


async def external_id_of(unit: AudienceUnit, subscription: Subscription) -> str | None:
    """The application's own id of the user a subscription is linked to."""
    if subscription.user_id is None:
        return None
    names = await unit.users.external_ids(subscription.application_id, [subscription.user_id])
    return names.get(subscription.user_id)
