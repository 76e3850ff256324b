"""Tell which install an SDK's call comes from."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import attrs

from application.audience.commands import AuthenticateInstallCommand
from application.audience.transact import transact
from application.audience.views import AuthenticatedInstall
from application.ports.applications import Applications
from application.ports.audience import Audience, AudienceUnit
from application.ports.clock import Clock
from domain.audience.install import Install, check_install_id
from domain.shared.errors import NotFound, Unauthenticated

SEEN_EVERY: Final = timedelta(minutes=1)


@attrs.frozen(kw_only=True)
class AuthenticateInstall:
    applications: Applications
    audience: Audience
    clock: Clock

    async def __call__(self, command: AuthenticateInstallCommand) -> AuthenticatedInstall:
        """Raise Unauthenticated for an unknown application or install and a wrong secret; Forbidden when the
        application is inactive."""
        refusal = Unauthenticated(
            "the install is unknown or its secret is wrong", fix="register the install's subscription again"
        )
        try:
            application = await self.applications.get(command.application_id)
        except NotFound:
            raise refusal from None
        application.check_active()
        check_install_id(command.install_id)
        async with self.audience.begin() as unit:
            found = await unit.installs.find(command.application_id, [command.install_id])
        install = found.get(command.install_id)
        if install is None or not install.opens_with(command.secret):
            raise refusal
        if not install.is_confirmed or self.clock.now() - install.last_seen_at >= SEEN_EVERY:
            install = await transact(self.audience, lambda unit: self._see(unit, command, refusal))
        return AuthenticatedInstall(application, install)

    async def _see(
        self, unit: AudienceUnit, command: AuthenticateInstallCommand, refusal: Unauthenticated
    ) -> Install:
        found = await unit.installs.find(command.application_id, [command.install_id], lock=True)
        install = found.get(command.install_id)
        if install is None or not install.opens_with(command.secret):
            raise refusal
        install.confirm(self.clock.now())
        await unit.installs.save([install])
        return install
