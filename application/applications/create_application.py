"""Create an application."""

from __future__ import annotations

import attrs

from application.applications.commands import CreateApplicationCommand
from application.applications.provider_choice import check_provider_choice
from application.applications.update_application import check_advertising
from application.ports.applications import Applications
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.provider_directory import ProviderDirectory
from domain.applications.application import Application


@attrs.frozen(kw_only=True)
class CreateApplication:
    applications: Applications
    clock: Clock
    identifiers: Identifiers
    providers: ProviderDirectory

    async def __call__(self, command: CreateApplicationCommand) -> Application:
        """Raise InvalidInput for a bad name or setting."""
        check_advertising(command.settings)
        application = Application.create(
            self.identifiers.one(), command.name, command.settings, self.clock.now()
        )
        check_provider_choice(self.providers, application.settings.to_json())
        await self.applications.add(application)
        return application
