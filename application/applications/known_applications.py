"""Remembers applications for a few seconds, so that a fleet of devices costs no query a call to know its application.

What is changed in this process is read anew at once; other processes follow when their few seconds are over.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from application.ports.applications import Applications
from application.ports.clock import Clock
from domain.applications.application import Application

REMEMBER: Final = timedelta(seconds=3)
MAX_ENTRIES: Final = 1_000


class KnownApplications:
    """Implements `application.ports.applications.Applications`; nobody may change what `get` answers."""

    def __init__(self, applications: Applications, clock: Clock, *, remember: timedelta = REMEMBER) -> None:
        self._applications = applications
        self._clock = clock
        self._remember = remember
        self._known: OrderedDict[UUID, tuple[Application, datetime]] = OrderedDict()
        self._loading: dict[UUID, asyncio.Future[Application]] = {}
        self._changes = 0

    async def add(self, application: Application) -> None:
        await self._applications.add(application)

    async def get(self, application_id: UUID) -> Application:
        """Raise NotFound, which is not remembered."""
        now = self._clock.now()
        known = self._known.get(application_id)
        if known is not None and known[1] <= now < known[1] + self._remember:
            return known[0]
        loading = self._loading.get(application_id)
        if loading is None:
            # One look-up for all who ask meanwhile: a fleet asks hundreds of times at once.
            loading = asyncio.ensure_future(self._load(application_id, now))
            self._loading[application_id] = loading
            loading.add_done_callback(lambda done: self._loaded(application_id, done))
        return await asyncio.shield(loading)

    async def _load(self, application_id: UUID, now: datetime) -> Application:
        changes = self._changes
        found = await self._applications.get(application_id)
        if changes == self._changes:  # else it may be what it was before somebody changed it
            self._known[application_id] = (found, now)
            self._known.move_to_end(application_id)
            while len(self._known) > MAX_ENTRIES:
                self._known.popitem(last=False)
        return found

    def _loaded(self, application_id: UUID, done: asyncio.Future[Application]) -> None:
        if self._loading.get(application_id) is done:
            del self._loading[application_id]
        if not done.cancelled():
            done.exception()  # seen, also when nobody waits for it any longer

    async def change(self, application_id: UUID, change: Callable[[Application], None]) -> Application:
        """As the port says; also when it fails the application is read anew."""
        try:
            return await self._applications.change(application_id, change)
        finally:
            self._changes += 1
            self._known.pop(application_id, None)
            self._loading.pop(application_id, None)  # who asks from now on does not join an older look-up

    async def list(self, *, after: UUID | None, limit: int) -> Sequence[Application]:
        return await self._applications.list(after=after, limit=limit)
