"""Fetch requests while there are free hands, serve them side by side, and finish them before leaving."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from application.ports.request_queue import Delivery, RequestQueue
from application.steps import repeat

CONCURRENCY = 16
"""Requests served at a time: each is at most one accept transaction."""
FETCH_SECONDS = 1.0


class RequestConsumer:
    """`await consumer.run(stopping)` serves until `stopping` is set, then finishes what it has begun."""

    def __init__(
        self,
        queue: RequestQueue,
        handle: Callable[[Delivery], Awaitable[None]],
        *,
        concurrency: int = CONCURRENCY,
        wait: float = FETCH_SECONDS,
    ) -> None:
        """`wait`: seconds that one fetch waits for requests, and about what stopping takes."""
        self._queue = queue
        self._handle = handle
        self._concurrency = concurrency
        self._wait = wait
        self._busy: set[asyncio.Task[None]] = set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Returns within a fetch's wait and the longest request; what was fetched is served, nothing is lost."""
        await repeat("fetching requests", self._fetch, stopping, every=self._wait)
        while self._busy:
            await asyncio.wait(self._busy)

    async def _fetch(self) -> bool:
        free = self._concurrency - len(self._busy)
        if not free:
            await asyncio.wait(self._busy, return_when=asyncio.FIRST_COMPLETED)
            return True
        for delivery in await self._queue.fetch(free, self._wait):
            task = asyncio.create_task(self._serve(delivery))
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)
        return True

    async def _serve(self, delivery: Delivery) -> None:
        await self._handle(delivery)
