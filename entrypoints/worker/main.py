"""Run workers until a stop is asked for, then drain within the time that orchestrators give."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from application.dispatch.settle_loop import SettleLoop
from application.dispatch.work import Worker
from application.ports.channels import ChannelSender
from application.ports.workers import Presence

log = logging.getLogger(__name__)

DRAIN_SECONDS = 15.0
SETTLE_SECONDS = 6.0
"""Together with the rest below the 25 seconds after which orchestrators kill."""


async def run_workers(
    workers: Sequence[Worker],
    settle: SettleLoop,
    presence: Presence,
    senders: Sequence[ChannelSender],
    stopping: asyncio.Event,
) -> None:
    """Return once everything under way is settled, or after 25 seconds; what is left is taken over by others."""
    await presence.start()
    settling = asyncio.create_task(settle.run())
    running = [asyncio.create_task(worker.run()) for worker in workers]
    asked = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait([asked, settling, *running], return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            raise RuntimeError("a worker's loop ended by itself") from _why([settling, *running])
    finally:
        log.info("draining")
        await asyncio.gather(*(worker.drain(DRAIN_SECONDS) for worker in workers))
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                await settle.stop()
        except TimeoutError:
            log.warning("%d outcomes could not be settled in time", settle.backlog)
        asked.cancel()
        for task in (settling, *running):
            task.cancel()
        await asyncio.gather(asked, settling, *running, return_exceptions=True)
        await asyncio.gather(*(sender.close() for sender in senders))
        await presence.stop()
        log.info("drained: %s", settle.counters)


def _why(tasks: Sequence[asyncio.Task[None]]) -> BaseException | None:
    """What the first of them ended with, if it raised."""
    ended = [task for task in tasks if task.done() and not task.cancelled()]
    return next((error for task in ended if (error := task.exception()) is not None), None)
