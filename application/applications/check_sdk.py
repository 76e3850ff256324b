"""Tell whether an application still takes an app's SDK."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import attrs

from application.applications.commands import CheckSdkCommand
from application.ports.applications import Applications
from application.ports.clock import Clock
from domain.applications.sdk_version import check_sdk
from domain.applications.settings import ApplicationSettings
from domain.shared.errors import NotFound

REMEMBERED: Final = timedelta(seconds=5)
MOST: Final = 1_000
"""Applications; all are forgotten when there are more."""


@attrs.define(kw_only=True)
class CheckSdk:
    """For installs that nobody knows yet; many come at once when an app is released, so settings are remembered."""

    applications: Applications
    clock: Clock
    _known: dict[UUID, tuple[datetime, ApplicationSettings | None]] = attrs.field(factory=dict, init=False)

    async def __call__(self, command: CheckSdkCommand) -> None:
        """Raise SdkTooOld. Whether there is such an application is told elsewhere."""
        now = self.clock.now()
        until, settings = self._known.get(command.application_id, (now, None))
        if until <= now:
            settings = await self._settings(command.application_id)
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[command.application_id] = (now + REMEMBERED, settings)
        if settings is not None:
            check_sdk(settings, command.header)

    async def _settings(self, application_id: UUID) -> ApplicationSettings | None:
        try:
            return (await self.applications.get(application_id)).settings
        except NotFound:
            return None
