"""Tell whether an application still takes an app's SDK."""

from __future__ import annotations

import attrs

from application.applications.commands import CheckSdkCommand
from application.ports.applications import Applications
from domain.applications.sdk_version import check_sdk
from domain.shared.errors import NotFound


@attrs.frozen(slots=True, kw_only=True)
class CheckSdk:
    """For installs that nobody knows yet; many come at once when an app is released, so `applications` should be those
    that are remembered."""

    applications: Applications

    async def __call__(self, command: CheckSdkCommand) -> None:
        """Raise SdkTooOld. Whether there is such an application is told elsewhere."""
        try:
            application = await self.applications.get(command.application_id)
        except NotFound:
            return
        check_sdk(application.settings, command.header)
