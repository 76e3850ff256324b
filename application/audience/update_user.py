"""Set and remove properties of a user."""

from __future__ import annotations

import attrs

from application.audience.commands import UpdateUserCommand
from application.audience.transact import transact
from application.ports.audience import Audience, AudienceUnit
from domain.audience.user import User
from domain.shared.errors import NotFound


@attrs.frozen(kw_only=True)
class UpdateUser:
    audience: Audience

    async def __call__(self, command: UpdateUserCommand) -> User:
        """Raise NotFound, also for an archived user; InvalidInput for personal data and past the limits."""
        return await transact(self.audience, lambda unit: self._update(unit, command))

    async def _update(self, unit: AudienceUnit, command: UpdateUserCommand) -> User:
        user = await unit.users.find(command.application_id, command.user, lock=True)
        if user.is_archived:
            raise NotFound("there is no such user")
        user.change_properties(set=command.set, remove=command.remove)
        await unit.users.save(user)
        return user
