"""Each process tells of itself every five seconds, so that the dashboard can show all of them."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from adapters.jetstream.figures import connection_figures
from adapters.postgres.gauges import pool_figures
from adapters.telemetry.machine import Machine
from adapters.telemetry.node_reading import NodeReadings
from application.ports.health import NodeReport
from application.steps import repeat
from bootstrap.node import Node

log = logging.getLogger(__name__)

EVERY: Final = 5.0
FAREWELL_SECONDS: Final = 2.0


@asynccontextmanager
async def telling_of(node: Node, role: str) -> AsyncIterator[None]:
    """Tell while the block runs, and say good-bye at its end; a database that is away costs a report, not the role."""
    infrastructure = node.infrastructure
    measures, reports, clock = (
        infrastructure.measures(),
        infrastructure.node_reports(),
        infrastructure.clock(),
    )
    engines = {
        "hot": infrastructure.hot(),
        "kept_plans": infrastructure.kept_plans(),
        "control": infrastructure.control(),
    }
    readings = NodeReadings(
        [
            measures.figures,
            measures.distributions,
            Machine(node.settings.data_folder).figures,
            lambda: pool_figures(engines),
            lambda: connection_figures(node.nats),
        ]
    )
    incarnation, started = infrastructure.identifiers().one(), clock.now()

    async def tell() -> None:
        report = NodeReport(
            incarnation=incarnation,
            role=role,
            host=socket.gethostname(),
            pid=os.getpid(),
            started_at=started,
            reported_at=clock.now(),
            reading=readings.now(),
        )
        await reports.write(report)

    task = asyncio.create_task(repeat("telling how this process does", tell, asyncio.Event(), every=EVERY))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await reports.forget(incarnation)
        except Exception as error:
            log.info("the report of this process stays until it is old: %s", error)
