"""A database with books."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.postgres.engine import open_engine
from tests.integration.quota.books import Books


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    engine = open_engine(database_url, pool_size=2)
    books = Books(database_url, engine)
    yield books
    await books.close()
    await engine.dispose()
