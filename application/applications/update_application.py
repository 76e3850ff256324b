"""Change an application's name, settings or activity."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from application.applications.commands import UpdateApplicationCommand
from application.applications.key_cache import KeyCache
from application.ports.applications import Applications
from application.ports.clock import Clock
from domain.applications.application import Application
from domain.campaigns.advertising import advertising_from_json
from domain.shared.json_values import Json


@attrs.frozen(kw_only=True)
class UpdateApplication:
    applications: Applications
    clock: Clock
    key_cache: KeyCache

    async def __call__(self, command: UpdateApplicationCommand) -> Application:
        """Raise NotFound, or InvalidInput naming the field."""
        check_advertising(command.settings or {})
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


def check_advertising(settings: Mapping[str, Json]) -> None:
    """Raise InvalidInput naming the field when the rules of advertising cannot be read; campaigns read them."""
    option = settings.get("advertising")
    if option is not None:
        advertising_from_json(option, field="settings.advertising")
