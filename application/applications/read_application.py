"""Read one application."""

from __future__ import annotations

import attrs

from application.applications.commands import ReadApplicationCommand
from application.ports.applications import Applications
from domain.applications.application import Application


@attrs.frozen(kw_only=True)
class ReadApplication:
    applications: Applications

    async def __call__(self, command: ReadApplicationCommand) -> Application:
        """Raise NotFound."""
        return await self.applications.get(command.application_id)
