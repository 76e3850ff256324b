"""A world of its own for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.engine import open_engine
from tests.integration.audience.world import World


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url, pool_size=5)
    yield engine
    await engine.dispose()


@pytest.fixture
def world(engine: AsyncEngine) -> World:
    return World(engine)
