"""Set and remove tags of a subscription."""

from __future__ import annotations

import attrs

from application.audience.commands import ChangeTagsCommand
from application.audience.history import store_changed
from application.audience.subscription_access import lock_subscription
from application.audience.transact import transact
from application.ports.audience import Audience, AudienceUnit
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import ChangeSource


@attrs.frozen(kw_only=True)
class ChangeTags:
    audience: Audience
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: ChangeTagsCommand) -> Subscription:
        """Raise NotFound, or InvalidInput past 100 keys, 128 characters a key or 8 KB."""
        return await transact(self.audience, lambda unit: self._change(unit, command))

    async def _change(self, unit: AudienceUnit, command: ChangeTagsCommand) -> Subscription:
        now = self.clock.now()
        subscription = await lock_subscription(
            unit, command.application_id, command.subscription_id, command.install_id
        )
        subscription.change_tags(set=command.set, remove=command.remove, source=command.source, now=now)
        if command.source is ChangeSource.SDK:
            subscription.touch(now)
        await store_changed(unit.subscriptions, [subscription], self.identifiers)
        return subscription
