"""Fixtures for tests on NATS: a connection, the queue of requests, and the rows behind a real accept."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from nats.aio.client import Client

from adapters.jetstream.connection import open_nats
from adapters.jetstream.requests import JetStreamRequests
from tests.integration.messaging.rows import Rows, open_rows


@pytest_asyncio.fixture
async def client(nats_url: str) -> AsyncIterator[Client]:
    client = await open_nats(nats_url, name="test")
    yield client
    await client.close()


@pytest_asyncio.fixture
async def requests(client: Client, stream_prefix: str) -> AsyncIterator[JetStreamRequests]:
    requests = JetStreamRequests(client, prefix=stream_prefix)
    await requests.ensure()
    yield requests
    await requests.close()


@pytest_asyncio.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    async with open_rows(database_url) as rows:
        yield rows
