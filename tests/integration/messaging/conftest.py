"""Fixtures for tests of messages on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.messaging.rows import Rows, open_rows


@pytest_asyncio.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    async with open_rows(database_url) as rows:
        yield rows
