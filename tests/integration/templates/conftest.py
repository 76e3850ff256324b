"""A world of its own for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.postgres.engine import open_engine
from tests.integration.templates.workshop import Workshop, open_workshop


@pytest.fixture
async def workshop(database_url: str) -> AsyncIterator[Workshop]:
    """An application, and every use case of templates on a real database."""
    engine = open_engine(database_url, pool_size=5)
    yield await open_workshop(engine)
    await engine.dispose()
