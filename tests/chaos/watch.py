"""Looks at PostgreSQL ten times a second, also while it is away, and knows how long nothing was settled."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from uuid import UUID

import asyncpg

from tests.chaos.waiting import until

EVERY = 0.1
AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
_SETTLED = "SELECT count(*) FROM message WHERE application_id = $1 AND status NOT IN (0, 3)"


class Watch:
    """`async with Watch(...)` counts settled messages of one application in the background."""

    def __init__(self, database_url: str, application_id: UUID) -> None:
        self._url = database_url
        self._application_id = application_id
        self.settled = 0
        self._grew: list[float] = []
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Watch:
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._watching is not None
        self._watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._watching

    async def reaches(self, n: int, within: float = 30.0) -> None:
        """Wait until `n` messages are settled."""

        async def reached() -> bool:
            return self.settled >= n

        await until(reached, within=within)

    async def caught_up(self) -> None:
        """Wait until everything settled so far was seen."""
        await asyncio.sleep(2 * EVERY)

    def longest_stall(self, since: float) -> float:
        """The longest time in seconds after `since` in which nothing was settled, up to the last settlement."""
        moments = [since, *(moment for moment in self._grew if moment > since)]
        return max((later - earlier for earlier, later in itertools.pairwise(moments)), default=float("inf"))

    async def _watch(self) -> None:
        connection: asyncpg.Connection | None = None
        while True:
            try:
                if connection is None or connection.is_closed():
                    connection = await asyncpg.connect(self._url, timeout=2, command_timeout=5)
                settled = await connection.fetchval(_SETTLED, self._application_id)
                if settled > self.settled:
                    self._grew.append(time.monotonic())
                    self.settled = settled
            except AWAY:
                if connection is not None:
                    connection.terminate()
                    connection = None
            await asyncio.sleep(EVERY)
