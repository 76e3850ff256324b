"""Disable a subscription through the API: -31, which no device can lift."""

from __future__ import annotations

import attrs

from application.audience.commands import DisableSubscriptionCommand
from application.audience.history import store_changed
from application.audience.subscription_access import external_id_of, lock_subscription
from application.audience.transact import transact
from application.audience.views import SubscriptionView
from application.ports.audience import Audience, AudienceUnit
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from domain.shared.json_values import check_line


@attrs.frozen(kw_only=True)
class DisableSubscription:
    audience: Audience
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: DisableSubscriptionCommand) -> SubscriptionView:
        """Disabling twice changes nothing; raise NotFound."""
        if command.reason is not None:
            check_line(command.reason, field="reason", longest=200)
        return await transact(self.audience, lambda unit: self._disable(unit, command))

    async def _disable(self, unit: AudienceUnit, command: DisableSubscriptionCommand) -> SubscriptionView:
        subscription = await lock_subscription(unit, command.application_id, command.subscription_id)
        subscription.disable_by_api(reason=command.reason, now=self.clock.now())
        await store_changed(unit.subscriptions, [subscription], self.identifiers)
        return SubscriptionView(subscription, await external_id_of(unit, subscription))
