"""Gather the calls of many installs into few statements: each comes in its own request, often many at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import attrs

from application.audience.authenticate_install import AuthenticateInstall, Verdict, refusal
from application.audience.commands import AuthenticateInstallCommand
from application.audience.install_cache import InstallCache
from application.audience.views import AuthenticatedInstall
from domain.audience.install import Install
from domain.shared.errors import NotFound, SignalError

Work = Callable[[Sequence[AuthenticateInstallCommand]], Awaitable[Sequence[Verdict]]]


class Gatherer(Protocol):
    """Concurrent callers share one piece of work; each gets its own answer."""

    async def submit(self, item: AuthenticateInstallCommand) -> Verdict: ...

    async def close(self) -> None: ...


@attrs.frozen(kw_only=True)
class GatheredAuthentication(AuthenticateInstall):
    """Called like AuthenticateInstall. Concurrent calls wait a few milliseconds for one another; an install that has just
    shown its secret is known again at once."""

    gatherer: Callable[[Work], Gatherer]
    """Makes the thing that gathers, given the work to do with what was gathered."""
    cache: InstallCache = attrs.field(factory=InstallCache)
    together: Gatherer = attrs.field(
        init=False, default=attrs.Factory(lambda self: self.gatherer(self.authenticate), takes_self=True)
    )

    async def __call__(self, command: AuthenticateInstallCommand) -> AuthenticatedInstall:
        """As AuthenticateInstall; also raise Unavailable when too many calls wait."""
        now = self.clock.now()
        known = self.cache.get(command.application_id, command.install_id, command.secret, now)
        if known is not None:
            return await self._still(command, known)
        verdict = await self.together.submit(command)
        if isinstance(verdict, SignalError):
            raise verdict
        self.cache.put(verdict.install, now)
        return verdict

    async def _still(self, command: AuthenticateInstallCommand, known: Install) -> AuthenticatedInstall:
        """The application's own state is asked each time: it may have been switched off."""
        try:
            application = await self.applications.get(command.application_id)
        except NotFound:
            raise refusal() from None
        application.check_active()
        return AuthenticatedInstall(application, known)

    async def close(self) -> None:
        """Wait until everything that was submitted has its answer."""
        await self.together.close()
