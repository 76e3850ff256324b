"""A scheduler that fans out as fast as it can: the product's own, but without waiting for the workers.

`python -m bootstrap.bench.unbounded_scheduler`; in production fan-out stays 20,000 messages ahead of delivery, so that its
own speed would never be seen.
"""

from __future__ import annotations

import asyncio
import signal
import sys

import attrs
import uvloop
from dependency_injector import providers

from bootstrap.log_setup import set_up_logging
from bootstrap.node import open_node
from bootstrap.roles import run_scheduler
from bootstrap.settings import Settings

NO_BOUND = 1_000_000_000


async def main() -> None:
    """As `bootstrap.role` runs a scheduler."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    loop.add_reader(sys.stdin.fileno(), stopping.set)
    async with open_node(Settings(), "scheduler") as node:
        fan_out = attrs.evolve(node.use_cases.fan_out(), look_ahead=NO_BOUND)
        node.use_cases.fan_out.override(providers.Object(fan_out))
        await run_scheduler(node, stopping)


if __name__ == "__main__":
    set_up_logging(form="text", level="WARNING", role="scheduler")
    uvloop.run(main())
