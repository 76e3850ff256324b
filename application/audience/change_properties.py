"""Change properties of the user that a device's subscription is linked to."""

from __future__ import annotations

import attrs

from application.audience.commands import ChangePropertiesCommand
from application.audience.subscription_access import lock_subscription
from application.audience.transact import transact
from application.ports.audience import Audience, AudienceUnit
from application.ports.clock import Clock
from domain.audience.user import User
from domain.shared.errors import Conflict


@attrs.frozen(kw_only=True)
class ChangeProperties:
    audience: Audience
    clock: Clock

    async def __call__(self, command: ChangePropertiesCommand) -> User:
        """Raise NotFound; Conflict when nobody is logged in; InvalidInput for personal data and past the limits."""
        return await transact(self.audience, lambda unit: self._change(unit, command))

    async def _change(self, unit: AudienceUnit, command: ChangePropertiesCommand) -> User:
        subscription = await lock_subscription(
            unit, command.application_id, command.subscription_id, command.install_id
        )
        if subscription.user_id is None:
            raise Conflict(
                "the subscription is anonymous", field="subscription_id", fix="log a user in before"
            )
        user = await unit.users.find(command.application_id, subscription.user_id, lock=True)
        user.change_properties(set=command.set, remove=command.remove)
        user.touch(self.clock.now())
        await unit.users.save(user)
        return user
