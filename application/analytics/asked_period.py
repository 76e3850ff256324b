"""The span of time that a command asks for: defaults from the clock and from the application's settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import attrs

from application.analytics.commands import FiguresCommand
from application.ports.applications import Applications
from application.ports.clock import Clock
from domain.analytics.period import Period

SPAN: Final = timedelta(days=7)
"""How far back figures go when nobody says."""


@attrs.frozen(kw_only=True)
class AskedPeriod:
    applications: Applications
    clock: Clock

    async def __call__(self, command: FiguresCommand) -> Period:
        """Raise NotFound without such an application, InvalidInput naming since, until or zone."""
        application = await self.applications.get(command.application_id)
        until = self.clock.now() if command.until is None else command.until
        since = until - SPAN if command.since is None else command.since
        zone = application.settings.time_zone if command.zone is None else command.zone
        return Period.of(since, until, zone, command.granularity)
