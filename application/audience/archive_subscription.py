"""Archive a subscription: kept for the record, never sent to again."""

from __future__ import annotations

import attrs

from application.audience.commands import ArchiveSubscriptionCommand
from application.audience.history import store_changed
from application.audience.subscription_access import lock_subscription
from application.audience.transact import transact
from application.ports.audience import Audience, AudienceUnit
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import ChangeReason


@attrs.frozen(kw_only=True)
class ArchiveSubscription:
    audience: Audience
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: ArchiveSubscriptionCommand) -> Subscription:
        """Raise NotFound, also for one that is archived already."""
        return await transact(self.audience, lambda unit: self._archive(unit, command))

    async def _archive(self, unit: AudienceUnit, command: ArchiveSubscriptionCommand) -> Subscription:
        subscription = await lock_subscription(
            unit, command.application_id, command.subscription_id, command.install_id
        )
        subscription.archive(source=command.source, reason=ChangeReason.REQUESTED, now=self.clock.now())
        await store_changed(unit.subscriptions, [subscription], self.identifiers)
        return subscription
