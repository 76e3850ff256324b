"""Tell since when an app's SDK is deprecated."""

from __future__ import annotations

from datetime import datetime

import attrs

from application.applications.commands import CheckSdkCommand
from application.ports.applications import Applications
from domain.applications.sdk_version import is_deprecated


@attrs.frozen(slots=True, kw_only=True)
class TellDeprecation:
    """`applications` should be those that are remembered: every call of every device asks."""

    applications: Applications

    async def __call__(self, command: CheckSdkCommand) -> datetime | None:
        """The latest time at which it can have become so; None when it is not. Raise NotFound for no application."""
        application = await self.applications.get(command.application_id)
        return application.updated_at if is_deprecated(application.settings, command.header) else None
