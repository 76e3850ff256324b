"""The connection to NATS: what it comes back from by itself, and when it is known that it will not."""

from __future__ import annotations

import asyncio

import pytest

from adapters.jetstream.connection import is_lost, open_nats
from tests.integration.pipeline.lossy_proxy import LossyProxy, lossy


async def _until_lost(proxy_does: LossyProxy, url: str, last_words: bytes, greeting: bytes) -> bool:
    """Whether the connection is known to be lost within five seconds after the server said this."""
    client = await open_nats(url)
    try:
        assert not is_lost(client)
        proxy_does.greeting = greeting
        proxy_does.say(last_words)
        if not last_words:
            proxy_does.cut()
        for _ in range(100):
            if is_lost(client):
                return True
            await asyncio.sleep(0.05)
        return False
    finally:
        await client.close()


@pytest.mark.parametrize(
    ("last_words", "greeting"),
    [(b"-ERR 'Authorization Violation'\r\n", b""), (b"", b"INFO\r\n")],
    ids=["a password that was changed", "a stranger at the server's address"],
)
async def test_a_client_that_gave_up_is_known_as_lost(
    nats_url: str, last_words: bytes, greeting: bytes
) -> None:
    """It never connects again, whatever its options say about reconnecting."""
    async with lossy(nats_url) as proxy:
        assert await _until_lost(proxy, proxy.url, last_words, greeting)


async def test_a_connection_that_comes_back_is_not_lost(nats_url: str) -> None:
    """Cut, and refused for a while: the client goes on trying."""
    async with lossy(nats_url) as proxy:
        client = await open_nats(proxy.url)
        proxy.refuse = True
        proxy.cut()
        for _ in range(15):
            assert not is_lost(client)
            await asyncio.sleep(0.05)
        proxy.refuse = False
        async with asyncio.timeout(20):
            while not client.is_connected:
                assert not is_lost(client)
                await asyncio.sleep(0.05)
        await client.close()
