"""Change an application's name, settings or activity."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from application.applications.commands import UpdateApplicationCommand
from application.applications.key_cache import KeyCache
from application.applications.provider_choice import check_provider_choice
from application.ports.applications import Applications
from application.ports.clock import Clock
from application.ports.pauses import Pauses
from application.ports.provider_directory import ProviderDirectory
from domain.applications.application import Application
from domain.campaigns.advertising import advertising_from_json
from domain.shared.channels import Channel, SubscriptionType
from domain.shared.json_values import Json


@attrs.frozen(kw_only=True)
class UpdateApplication:
    applications: Applications
    clock: Clock
    key_cache: KeyCache
    providers: ProviderDirectory
    pauses: Pauses

    async def __call__(self, command: UpdateApplicationCommand) -> Application:
        """Raise NotFound, or InvalidInput naming the field.

        Choosing another provider for a channel lifts the pause that the one before caused.
        """
        check_advertising(command.settings or {})
        now = self.clock.now()
        chosen: set[Channel] = set()

        def update(found: Application) -> None:
            before = found.settings.providers
            found.update(now, name=command.name, settings=command.settings, is_active=command.is_active)
            after = found.settings.providers
            check_provider_choice(self.providers, found.settings.to_json())
            chosen.update(
                Channel.from_wire(name) for name in {*before, *after} if before.get(name) != after.get(name)
            )

        application = await self.applications.change(command.application_id, update)
        if chosen:
            types = [type_ for type_ in SubscriptionType if type_.channel in chosen]
            await self.pauses.lift_faults(command.application_id, types)
        if command.is_active is not None:
            self.key_cache.clear()
        return application


def check_advertising(settings: Mapping[str, Json]) -> None:
    """Raise InvalidInput naming the field when the rules of advertising cannot be read; campaigns read them."""
    option = settings.get("advertising")
    if option is not None:
        advertising_from_json(option, field="settings.advertising")
