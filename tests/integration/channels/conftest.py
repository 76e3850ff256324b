"""Fixtures for tests of channels that charge."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.channels.desk import Desk, open_desk


@pytest_asyncio.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    """One SMS channel."""
    async with open_desk(database_url) as opened:
        yield opened
