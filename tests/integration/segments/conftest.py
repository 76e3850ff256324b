"""A database of a module's own for segments, and the loop that its connection lives in."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.engine import open_engine, raw_connection
from adapters.postgres.partitions import ensure_partitions
from tests.integration.segments.population import APPLICATION
from tests.integration.segments.world import SegmentWorld
from tests.servers import Databases


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as opened:
        yield opened


@pytest.fixture(scope="module")
def connection(
    postgres_server: Databases, template_database: str, runner: asyncio.Runner
) -> Iterator[AsyncConnection]:
    """One connection to a database of this module's own; every example rolls back."""
    name = f"test_{secrets.token_hex(6)}"
    url = postgres_server.create(name, template=template_database)
    engine = open_engine(url, pool_size=2)

    async def opened() -> AsyncConnection:
        async with raw_connection(engine) as driver:
            await ensure_partitions(driver, datetime.now(UTC))
            await driver.execute(
                "INSERT INTO application (id, name, created_at, updated_at) VALUES ($1, 'shop', now(), now())",
                APPLICATION,
            )
        return await engine.connect()

    found = runner.run(opened())
    yield found
    runner.run(found.close())
    runner.run(engine.dispose())
    postgres_server.drop(name)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url, pool_size=3)
    yield engine
    await engine.dispose()


@pytest.fixture
def segment_world(engine: AsyncEngine) -> SegmentWorld:
    return SegmentWorld(engine)
