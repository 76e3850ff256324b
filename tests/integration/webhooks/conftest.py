"""Fixtures for tests of webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.webhooks.hooks import Hooks, open_hooks


@pytest_asyncio.fixture
async def hooks(database_url: str) -> AsyncIterator[Hooks]:
    async with open_hooks(database_url) as hooks:
        yield hooks
