"""Lift what the API disabled; a -2 of the user stays."""

from __future__ import annotations

import attrs

from application.audience.commands import EnableSubscriptionCommand
from application.audience.history import store_changed
from application.audience.subscription_access import external_id_of, lock_subscription
from application.audience.transact import transact
from application.audience.views import SubscriptionView
from application.ports.audience import Audience, AudienceUnit
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers


@attrs.frozen(kw_only=True)
class EnableSubscription:
    audience: Audience
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: EnableSubscriptionCommand) -> SubscriptionView:
        """The status is worked out anew; raise NotFound."""
        return await transact(self.audience, lambda unit: self._enable(unit, command))

    async def _enable(self, unit: AudienceUnit, command: EnableSubscriptionCommand) -> SubscriptionView:
        subscription = await lock_subscription(unit, command.application_id, command.subscription_id)
        subscription.enable_by_api(now=self.clock.now())
        await store_changed(unit.subscriptions, [subscription], self.identifiers)
        return SubscriptionView(subscription, await external_id_of(unit, subscription))
