"""One role as the whole life of a process: signals, metrics, its parts, and an end that a supervisor understands."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Sequence

import uvloop

from adapters.jetstream.connection import is_lost, try_nats
from application.steps import repeat
from bootstrap.log_setup import set_up_logging
from bootstrap.metrics import serving_metrics
from bootstrap.node import Node, open_node
from bootstrap.node_report import telling_of
from bootstrap.roles import PARTS, Part
from bootstrap.settings import EXIT_WITH_PARENT, Settings

log = logging.getLogger(__name__)

LOOK_AT_NATS_EVERY = 1.0
"""Seconds between looks whether the connection to NATS can still come back."""
STOP_SECONDS = 24.0
"""A little less than orchestrators and `up` give a process to end."""


def run_role(role: str, settings: Settings) -> None:
    """Block until SIGTERM or SIGINT; everything under way is finished or handed back within 25 seconds."""
    set_up_logging(form=settings.log_format, level=settings.log_level, role=role)
    if not uvloop.run(_run(role, settings)):
        raise SystemExit(1)


async def _run(role: str, settings: Settings) -> bool:
    """Whether it ended because it was asked to. Raise what a part raises: whoever started the process starts it again."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    if os.environ.get(EXIT_WITH_PARENT):
        # Standard input is the read end of the supervisor's pipe: it ends when the supervisor does, however it died.
        loop.add_reader(sys.stdin.fileno(), stopping.set)
    async with open_node(settings, role) as node:
        # What lives as long as the process need not be looked at by any collection, not even once: a start would be
        # longer by a tenth of a second for three megabytes.
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        gc.enable()
        log.info("started")
        async with serving_metrics(node, role), telling_of(node, role), asyncio.TaskGroup() as group:
            watching = group.create_task(_end_without_nats(node, stopping))
            parts = [
                group.create_task(_whole(part, node, stopping), name=part.__name__) for part in PARTS[role]
            ]
            group.create_task(_end_in_time(parts, stopping))
    log.info("stopped")
    return not watching.result()


async def _whole(part: Part, node: Node, stopping: asyncio.Event) -> None:
    """A part that ends by itself ends the process: it would live on without it."""
    await part(node, stopping)
    if not stopping.is_set():
        raise RuntimeError(f"{part.__name__} ended by itself")


async def _end_without_nats(node: Node, stopping: asyncio.Event) -> bool:
    """End everything in good order when the connection to NATS is lost for good; whether that was the case.

    Not before NATS takes new ones: whoever starts this process again would start it in vain, and what works without NATS,
    as accepting does, would be away, too.
    """
    lost = False

    async def look() -> None:
        nonlocal lost
        if not is_lost(node.nats):
            return
        log.error("the connection to NATS is lost for good: this process ends as soon as NATS takes new ones")
        await try_nats(nats_url)
        lost = True
        stopping.set()

    assert node.settings.nats_url is not None, "the node is connected"
    nats_url = node.settings.nats_url.get_secret_value()
    await repeat("coming back to NATS", look, stopping, every=LOOK_AT_NATS_EVERY)
    return lost


async def _end_in_time(
    parts: Sequence[asyncio.Task[None]], stopping: asyncio.Event, seconds: float = STOP_SECONDS
) -> None:
    """What has not ended in time after a stop waits for something that does not come."""
    await stopping.wait()
    _, late = await asyncio.wait(parts, timeout=seconds)
    for task in late:
        log.error("%s did not end within %.0f seconds and is cut off", task.get_name(), seconds)
        task.cancel()
