"""One process of the installation: settings to connected containers, and an orderly end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import attrs

from bootstrap.settings import Settings
from bootstrap.tracing import close_tracer
from domain.shared.errors import SignalError

if TYPE_CHECKING:
    from nats.aio.client import Client

    from adapters.telemetry.exposition import Source
    from bootstrap.infrastructure import Infrastructure
    from bootstrap.use_cases import UseCases

CONNECTIONS: Mapping[str, tuple[int, int, int]] = {
    "api": (4, 8, 6),
    "worker": (3, 4, 2),
    "worker-transactional": (2, 3, 2),
    "worker-bulk": (2, 3, 2),
    "scheduler": (5, 2, 2),
    "all": (8, 10, 6),
    "command": (2, 1, 2),
}
"""Connections of a role: (hot path, hot path with kept plans, control plane), opened when they are needed; with the
workers' locks API, scheduler and a worker for each lane take at most 43 of the 50 allowed."""


@attrs.frozen
class Node:
    """The containers of one process and what they stand on."""

    settings: Settings
    infrastructure: Infrastructure
    use_cases: UseCases
    nats: Client
    sources: list[Source] = attrs.field(factory=list, eq=False)
    """What /metrics shows besides what every process has; parts of a role add theirs."""


@asynccontextmanager
async def open_node(settings: Settings, role: str) -> AsyncIterator[Node]:
    """Connect, make sure that today's partitions are there, and close everything at the end.

    Both URLs must be set. Raise OSError or TimeoutError when PostgreSQL or NATS cannot be reached.
    """
    # Here, because this loads the whole product: help pages and commands that are refused do without.
    from dependency_injector import providers

    from adapters.jetstream.connection import open_nats
    from adapters.postgres.engine import raw_connection
    from adapters.postgres.partitions import ensure_partitions
    from bootstrap.infrastructure import Infrastructure
    from bootstrap.restore_guard import check_installation
    from bootstrap.use_cases import UseCases

    assert settings.database_url is not None and settings.nats_url is not None, "URLs are needed"  # noqa: PT018
    hot, kept, control = CONNECTIONS[role]
    client = await open_nats(settings.nats_url.get_secret_value(), name=f"automata-signal {role}")
    infrastructure = Infrastructure(
        settings=providers.Object(settings),
        database_url=providers.Object(settings.database_url.get_secret_value()),
        nats=providers.Object(client),
        role=providers.Object(f"automata-signal {role}"),
        hot_connections=providers.Object(hot),
        kept_connections=providers.Object(kept),
        control_connections=providers.Object(control),
    )
    use_cases = UseCases(infrastructure=infrastructure)
    try:
        # First: a collector that cannot be used is said at the start.
        tracer = infrastructure.tracer()
    except SignalError:
        await client.close()
        raise
    try:
        async with raw_connection(infrastructure.control()) as connection:
            await ensure_partitions(connection, infrastructure.clock().now())
            if role != "command":
                await check_installation(connection, hold_on_timeline_change=settings.hold_on_timeline_change)
        yield Node(settings, infrastructure, use_cases, client)
    finally:
        await close_tracer(tracer)
        await client.close()
        await infrastructure.hot().dispose()
        await infrastructure.kept_plans().dispose()
        await infrastructure.control().dispose()
