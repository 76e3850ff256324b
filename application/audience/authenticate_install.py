"""Tell which install an SDK's call comes from; of many calls at once, in three statements for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import attrs

from application.audience.commands import AuthenticateInstallCommand
from application.audience.transact import transact
from application.audience.views import AuthenticatedInstall
from application.ports.applications import Applications
from application.ports.audience import Audience, AudienceUnit
from application.ports.clock import Clock
from domain.applications.application import Application
from domain.audience.install import Install, check_install_id
from domain.shared.errors import NotFound, SignalError, Unauthenticated

SEEN_EVERY: Final = timedelta(minutes=1)

Verdict = AuthenticatedInstall | SignalError


@attrs.frozen(kw_only=True)
class AuthenticateInstall:
    """One is a batch of one."""

    applications: Applications
    audience: Audience
    clock: Clock

    async def __call__(self, command: AuthenticateInstallCommand) -> AuthenticatedInstall:
        """Raise Unauthenticated for an unknown application or install and a wrong secret; Forbidden when the
        application is inactive."""
        (verdict,) = await self.authenticate([command])
        if isinstance(verdict, SignalError):
            raise verdict
        return verdict

    async def authenticate(self, commands: Sequence[AuthenticateInstallCommand]) -> Sequence[Verdict]:
        """One verdict per command, in their order; a bad one does not fail its neighbours."""
        verdicts: dict[int, Verdict] = {}
        for application_id in dict.fromkeys(command.application_id for command in commands):
            members = {
                place: one for place, one in enumerate(commands) if one.application_id == application_id
            }
            verdicts |= await self._of_application(application_id, members)
        return [verdicts[place] for place in range(len(commands))]

    async def _of_application(
        self, application_id: UUID, members: Mapping[int, AuthenticateInstallCommand]
    ) -> dict[int, Verdict]:
        try:
            application = await self.applications.get(application_id)
            application.check_active()
        except NotFound:
            return {place: refusal() for place in members}
        except SignalError as error:
            return dict.fromkeys(members, error)
        verdicts: dict[int, Verdict] = {}
        well_formed: dict[int, AuthenticateInstallCommand] = {}
        for place, command in members.items():
            try:
                check_install_id(command.install_id)
                well_formed[place] = command
            except SignalError as error:
                verdicts[place] = error
        if well_formed:
            verdicts |= await self._judge(application, well_formed)
        return verdicts

    async def _judge(
        self, application: Application, members: Mapping[int, AuthenticateInstallCommand]
    ) -> dict[int, Verdict]:
        names = sorted({command.install_id for command in members.values()})
        async with self.audience.begin() as unit:
            found = dict(await unit.installs.find(application.id, names))
        stale = sorted(
            {
                command.install_id
                for command in members.values()
                if (install := found.get(command.install_id)) is not None
                and install.opens_with(command.secret)
                and (not install.is_confirmed or self.clock.now() - install.last_seen_at >= SEEN_EVERY)
            }
        )
        if stale:
            found |= await transact(
                self.audience, lambda unit: self._see(unit, application.id, stale, members)
            )
        return {
            place: AuthenticatedInstall(application, install)
            if (install := found.get(command.install_id)) is not None and install.opens_with(command.secret)
            else refusal()
            for place, command in members.items()
        }

    async def _see(
        self,
        unit: AudienceUnit,
        application_id: UUID,
        stale: Sequence[str],
        members: Mapping[int, AuthenticateInstallCommand],
    ) -> Mapping[str, Install]:
        """Confirm those that are still opened by a secret that was presented."""
        found = await unit.installs.find(application_id, stale, lock=True)
        presented = [(one.install_id, one.secret) for one in members.values()]
        opened = {
            name: found[name]
            for name, secret in presented
            if name in found and found[name].opens_with(secret)
        }
        for install in opened.values():
            install.confirm(self.clock.now())
        await unit.installs.save([opened[name] for name in sorted(opened)])
        return found


def refusal() -> Unauthenticated:
    return Unauthenticated(
        "the install is unknown or its secret is wrong", fix="register the install's subscription again"
    )
