"""Gather the logins of many installs into one transaction: each posts its own request, the database sees few."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from application.audience.commands import LoginCommand
from application.audience.login import Login
from application.audience.views import LoggedIn, LoginOutcome
from domain.shared.errors import SignalError


class Gatherer(Protocol):
    """Concurrent callers share one piece of work; each gets its own answer."""

    async def submit(self, item: LoginCommand) -> LoginOutcome: ...

    async def close(self) -> None: ...


Work = Callable[[Sequence[LoginCommand]], Awaitable[Sequence[LoginOutcome]]]


class GatheredLogins:
    """Called like Login. Concurrent calls wait a few milliseconds for one another and share a commit."""

    def __init__(self, login: Login, gatherer: Callable[[Work], Gatherer]) -> None:
        """`gatherer` makes the thing that gathers, given the work to do with what was gathered."""
        self._login = login
        self._together = gatherer(self._log_in_group)

    async def __call__(self, command: LoginCommand) -> LoggedIn:
        """As Login; also raise Unavailable when too many calls wait."""
        outcome = await self._together.submit(command)
        if isinstance(outcome, SignalError):
            raise outcome
        return outcome

    async def close(self) -> None:
        """Wait until everything that was submitted has its answer."""
        await self._together.close()

    async def _log_in_group(self, commands: Sequence[LoginCommand]) -> Sequence[LoginOutcome]:
        outcomes: dict[int, LoginOutcome] = {}
        for application_id in dict.fromkeys(command.application_id for command in commands):
            places = [place for place, one in enumerate(commands) if one.application_id == application_id]
            answers = await self._login.together([commands[place] for place in places])
            outcomes.update(zip(places, answers, strict=True))
        return [outcomes[place] for place in range(len(commands))]
