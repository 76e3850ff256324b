"""Gather the first calls of many installs into one transaction: each posts its own request, the database sees few."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol
from uuid import UUID

import attrs

from application.audience.commands import RegisterSubscriptionsCommand
from application.audience.register_subscriptions import RegisterSubscriptions
from application.audience.views import RegistrationOutcome
from domain.audience.subscription_event import ChangeSource
from domain.shared.errors import InvalidInput, SignalError


@attrs.frozen(slots=True)
class RegistrationCall:
    """One caller's registration."""

    command: RegisterSubscriptionsCommand
    identity_verified: bool

    @property
    def kind(self) -> tuple[UUID, ChangeSource, bool]:
        """Calls of one kind can share a transaction."""
        return self.command.application_id, self.command.source, self.identity_verified


class Gatherer(Protocol):
    """Concurrent callers share one piece of work; each gets its own answer."""

    async def submit(self, item: RegistrationCall) -> RegistrationOutcome: ...

    async def close(self) -> None: ...


Work = Callable[[Sequence[RegistrationCall]], Awaitable[Sequence[RegistrationOutcome]]]


class GatheredRegistrations:
    """Used like RegisterSubscriptions. Calls with one registration wait a few milliseconds for one another."""

    def __init__(
        self, register_subscriptions: RegisterSubscriptions, gatherer: Callable[[Work], Gatherer]
    ) -> None:
        """`gatherer` makes the thing that gathers, given the work to do with what was gathered."""
        self._together = register_subscriptions
        self._gatherer = gatherer(self._register_group)

    async def register(
        self, command: RegisterSubscriptionsCommand, *, identity_verified: bool
    ) -> tuple[RegistrationOutcome, ...]:
        """As RegisterSubscriptions.register; also raise Unavailable when too many calls wait."""
        if len(command.registrations) != 1:
            return await self._together.register(command, identity_verified=identity_verified)
        return (await self._gatherer.submit(RegistrationCall(command, identity_verified)),)

    async def close(self) -> None:
        """Wait until everything that was submitted has its answer."""
        await self._gatherer.close()

    async def _register_group(self, calls: Sequence[RegistrationCall]) -> Sequence[RegistrationOutcome]:
        outcomes: dict[int, RegistrationOutcome] = {}
        for kind in dict.fromkeys(call.kind for call in calls):
            places = [place for place, call in enumerate(calls) if call.kind == kind]
            answers = await self._register_alike([calls[place] for place in places])
            outcomes.update(zip(places, answers, strict=True))
        return [outcomes[place] for place in range(len(calls))]

    async def _register_alike(self, calls: Sequence[RegistrationCall]) -> Sequence[RegistrationOutcome]:
        """A value that the database refuses bisects the group, so that neighbours succeed."""
        first = calls[0]
        command = attrs.evolve(
            first.command, registrations=tuple(one for call in calls for one in call.command.registrations)
        )
        try:
            return await self._together.register(command, identity_verified=first.identity_verified)
        except InvalidInput as refused:
            if len(calls) == 1:
                return [refused]
        except SignalError as error:
            return [error] * len(calls)
        middle = len(calls) // 2
        return [*await self._register_alike(calls[:middle]), *await self._register_alike(calls[middle:])]
