"""A pipeline on the bench, as for figures."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.pipeline.workshop import Workshop, open_workshop


@pytest_asyncio.fixture
async def shop(database_url: str) -> AsyncIterator[Workshop]:
    async with open_workshop(database_url) as workshop:
        yield workshop
