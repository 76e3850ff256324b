"""Create a user under the application's own id, or revive and update the one there is."""

from __future__ import annotations

import attrs

from application.audience.commands import PutUserCommand
from application.audience.transact import transact
from application.ports.applications import Applications
from application.ports.audience import Audience, AudienceUnit
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from domain.audience.user import User


@attrs.frozen(slots=True)
class UserPut:
    user: User
    created: bool


@attrs.frozen(kw_only=True)
class PutUser:
    applications: Applications
    audience: Audience
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: PutUserCommand) -> UserPut:
        """Given properties replace the ones there are. Raise InvalidInput naming the field; NotFound, Forbidden for
        an unknown or inactive application."""
        (await self.applications.get(command.application_id)).check_active()
        wanted = User.create(
            self.identifiers.one(), command.application_id, command.external_id, self.clock.now()
        )
        if command.properties is not None:
            wanted.change_properties(set=command.properties, remove=())
        return await transact(self.audience, lambda unit: self._put(unit, command, wanted))

    async def _put(self, unit: AudienceUnit, command: PutUserCommand, wanted: User) -> UserPut:
        user, created = (await unit.users.ensure([wanted]))[command.external_id]
        if command.properties is not None and not created:
            user.properties = wanted.properties
            await unit.users.save(user)
        return UserPut(user, created)
