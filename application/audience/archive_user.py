"""Archive a user: messages to their external id stop, and a login brings them back."""

from __future__ import annotations

import attrs

from application.audience.commands import ArchiveUserCommand
from application.audience.transact import transact
from application.ports.audience import Audience, AudienceUnit
from application.ports.clock import Clock
from domain.audience.user import User


@attrs.frozen(kw_only=True)
class ArchiveUser:
    audience: Audience
    clock: Clock

    async def __call__(self, command: ArchiveUserCommand) -> User:
        """Their subscriptions stay linked. Archiving twice keeps the first time; raise NotFound."""
        return await transact(self.audience, lambda unit: self._archive(unit, command))

    async def _archive(self, unit: AudienceUnit, command: ArchiveUserCommand) -> User:
        user = await unit.users.find(command.application_id, command.user, lock=True)
        user.archive(self.clock.now())
        await unit.users.save(user)
        return user
