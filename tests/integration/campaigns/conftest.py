"""Fixtures for tests of campaigns on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.campaigns.world import CampaignWorld, open_world


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[CampaignWorld]:
    async with open_world(database_url) as opened:
        yield opened
