"""Live figures: computed once per application and second, however many pages watch, and only while one does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import attrs

from domain.shared.errors import SignalError

logger = logging.getLogger("automata_signal.dashboard")
EVERY: Final = 0.8
"""Seconds between two looks: what is settled is on the page within one."""
QUIET_AFTER: Final = 15.0
LONGEST: Final = 60.0
"""A stream then ends, and the browser comes again: whether it may still look is asked anew."""
STREAMS_AT_MOST: Final = 1_000
RECONNECT: Final = b"retry: 1500\n\n"
STILL_THERE: Final = b": still there\n\n"

Compute = Callable[[], Awaitable[bytes]]


@attrs.define
class _Channel:
    """What is watched under one name."""

    compute: Compute
    watchers: int = 0
    latest: bytes = b""
    changed: asyncio.Event = attrs.field(factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class LiveFigures:
    """Streams of server-sent events that share what they show."""

    def __init__(self, *, every: float = EVERY) -> None:
        self._every = every
        self._channels: dict[str, _Channel] = {}
        self.computed = 0
        """How often anything was computed: what tests and curious people look at."""

    @property
    def watching(self) -> int:
        return sum(channel.watchers for channel in self._channels.values())

    @property
    def full(self) -> bool:
        return self.watching >= STREAMS_AT_MOST

    async def stream(self, name: str, compute: Compute) -> AsyncIterator[bytes]:
        """What `compute` answers, now and whenever it is something else, as events; ends by itself after a minute."""
        channel = self._channels.setdefault(name, _Channel(compute))
        channel.watchers += 1
        if channel.task is None:
            channel.task = asyncio.create_task(self._keep_computing(name, channel))
        loop = asyncio.get_running_loop()
        until = loop.time() + LONGEST
        shown = b""
        try:
            yield RECONNECT
            while (left := until - loop.time()) > 0:
                changed = channel.changed
                if channel.latest and channel.latest != shown:
                    shown = channel.latest
                    yield b"data: " + shown + b"\n\n"
                try:
                    async with asyncio.timeout(min(QUIET_AFTER, left)):
                        await changed.wait()
                except TimeoutError:
                    yield STILL_THERE
        finally:
            channel.watchers -= 1
            if channel.watchers == 0 and channel.task is not None:
                channel.task.cancel()
                if self._channels.get(name) is channel:
                    del self._channels[name]

    async def _keep_computing(self, name: str, channel: _Channel) -> None:
        while True:
            try:
                found = await channel.compute()
                self.computed += 1
            except SignalError as error:
                logger.warning("live figures are late: %s", type(error).__name__)
                found = channel.latest
            except Exception:
                logger.exception("live figures failed")
                found = channel.latest
            if found != channel.latest:
                channel.latest = found
                ready, channel.changed = channel.changed, asyncio.Event()
                ready.set()
            await asyncio.sleep(self._every)
