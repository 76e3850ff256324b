"""Group commit: concurrent callers share one piece of work, each gets its own answer; the waiting room is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context, copy_context
from typing import Generic, TypeVar

from application.ports.log_context import forget
from domain.shared.errors import Unavailable

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def _one(_: object) -> int:
    return 1


class GroupCommit(Generic[Item, Answer]):
    """Gather items for a few milliseconds, or until `at_most` wait, and hand them on together.

    While `concurrency` groups are under way the next one goes on filling, so groups grow under load by themselves.
    A failure of the work is every caller's failure: each raises the same exception. The work is never repeated: what
    failed may have been committed.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        *,
        window: float = 0.004,
        at_most: int = 500,
        concurrency: int = 2,
        waiting_room: int = 20_000,
        weigh: Callable[[Item], int] = _one,
    ) -> None:
        """`window` in seconds; `waiting_room`: items that may wait before callers get Unavailable; `at_most` is of what
        `weigh` says of each item: how much work it is."""
        self._work = work
        self._window = window
        self._at_most = at_most
        self._free = asyncio.Semaphore(concurrency)
        self._waiting_room = waiting_room
        self._weigh = weigh
        self._weight = 0
        self._waiting: list[tuple[Item, asyncio.Future[Answer], Context]] = []
        self._pump: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()
        self.groups = 0
        """Groups handed on so far."""
        self.items = 0
        """Items handed on so far: items / groups is the mean group size."""

    async def submit(self, item: Item) -> Answer:
        """The answer for this item. Raise Unavailable when the waiting room is full."""
        if len(self._waiting) >= self._waiting_room:
            raise Unavailable("too many requests are waiting to be stored", retry_after=1.0)
        weight = self._weigh(item)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future, copy_context()))
        self._weight += weight
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        while self._waiting:
            if self._weight < self._at_most:
                await asyncio.sleep(self._window)
            await self._free.acquire()
            group = self._take()
            # What a group of several logs is about none of them; its task would inherit whoever came first.
            alone = group[0][2] if len(group) == 1 else _nobody(group[0][2])
            task = asyncio.create_task(self._run(group), context=alone)
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    def _take(self) -> list[tuple[Item, asyncio.Future[Answer], Context]]:
        """The first that wait, as many as make a group; one at least."""
        weight, n = self._weigh(self._waiting[0][0]), 1
        for item, _, _ in self._waiting[1:]:
            more = self._weigh(item)
            if weight + more > self._at_most:
                break
            weight, n = weight + more, n + 1
        group, self._waiting = self._waiting[:n], self._waiting[n:]
        self._weight -= weight
        return group

    async def _run(self, group: list[tuple[Item, asyncio.Future[Answer], Context]]) -> None:
        try:
            self.groups += 1
            self.items += len(group)
            answers = await self._work([item for item, _, _ in group])
            for (_, future, _), answer in zip(group, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
        except Exception as error:
            _fail(group, error)
        finally:
            # Also when this was cancelled: nobody waits for an answer that does not come.
            _fail(group, Unavailable())
            self._free.release()

    async def close(self) -> None:
        """Wait until everything that was submitted has its answer."""
        while self._waiting or self._running:
            await asyncio.gather(*self._running, return_exceptions=True)
            if self._pump is not None:
                await self._pump


def _fail(group: list[tuple[Item, asyncio.Future[Answer], Context]], error: Exception) -> None:
    """Whoever has no answer yet raises this."""
    for _, future, _ in group:
        if not future.done():
            future.set_exception(error)


def _nobody(context: Context) -> Context:
    """The context of one caller without what says whose it is."""
    forgotten = context.copy()
    forgotten.run(forget)
    return forgotten
