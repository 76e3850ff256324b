"""Change an application's name, settings or activity."""

from __future__ import annotations

import attrs

from application.applications.commands import UpdateApplicationCommand
from application.applications.key_cache import KeyCache
from application.ports.applications import Applications
from application.ports.clock import Clock
from domain.applications.application import Application


@attrs.frozen(kw_only=True)
class UpdateApplication:
    applications: Applications
    clock: Clock
    key_cache: KeyCache

    async def __call__(self, command: UpdateApplicationCommand) -> Application:
        """Raise NotFound, or InvalidInput naming the field."""
        now = self.clock.now()
        application = await self.applications.change(
            command.application_id,
            lambda found: found.update(
                now, name=command.name, settings=command.settings, is_active=command.is_active
            ),
        )
        if command.is_active is not None:
            self.key_cache.clear()
        return application
