"""Gather the calls of many installs into few statements: each comes in its own request, often many at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import attrs

from application.audience.authenticate_install import AuthenticateInstall, Verdict
from application.audience.commands import AuthenticateInstallCommand
from application.audience.views import AuthenticatedInstall
from domain.shared.errors import SignalError

Work = Callable[[Sequence[AuthenticateInstallCommand]], Awaitable[Sequence[Verdict]]]


class Gatherer(Protocol):
    """Concurrent callers share one piece of work; each gets its own answer."""

    async def submit(self, item: AuthenticateInstallCommand) -> Verdict: ...

    async def close(self) -> None: ...


@attrs.frozen(kw_only=True)
class GatheredAuthentication(AuthenticateInstall):
    """Called like AuthenticateInstall. Concurrent calls wait a few milliseconds for one another."""

    gatherer: Callable[[Work], Gatherer]
    """Makes the thing that gathers, given the work to do with what was gathered."""
    together: Gatherer = attrs.field(
        init=False, default=attrs.Factory(lambda self: self.gatherer(self.authenticate), takes_self=True)
    )

    async def __call__(self, command: AuthenticateInstallCommand) -> AuthenticatedInstall:
        """As AuthenticateInstall; also raise Unavailable when too many calls wait."""
        verdict = await self.together.submit(command)
        if isinstance(verdict, SignalError):
            raise verdict
        return verdict

    async def close(self) -> None:
        """Wait until everything that was submitted has its answer."""
        await self.together.close()
