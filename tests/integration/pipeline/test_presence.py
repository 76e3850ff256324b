"""A worker's presence on a real PostgreSQL: whatever its connection does to it, the beat goes on."""

from __future__ import annotations

import asyncio

import asyncpg

from adapters.postgres.presence import PostgresPresence
from adapters.system.identifiers import Uuid7
from tests.integration.pipeline.lossy_proxy import lossy


async def _beats_again(presence: PostgresPresence, before: asyncpg.Connection | None) -> None:
    async with asyncio.timeout(20):
        while presence._connection is before or not presence.alive():
            await asyncio.sleep(0.02)


async def test_a_farewell_without_an_end_does_not_silence_a_worker(database_url: str) -> None:
    """The driver has lost its place in that conversation: it is given up, and the beat goes on with another one."""
    async with lossy(database_url) as proxy:
        presence = PostgresPresence(proxy.url, Uuid7())
        await presence.start()
        try:
            before = presence._connection
            proxy.bid_farewell()
            await _beats_again(presence, before)
        finally:
            await presence.stop()
