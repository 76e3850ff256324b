"""The client over its connections: opened when needed, given up when idle, honest about hosts it cannot reach."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest

from adapters.channels.frame.trust import trust
from adapters.channels.push.http2.answers import NotProcessed
from adapters.channels.push.http2.client import Http2Client
from adapters.channels.push.http2.header_block import literals
from tests.conformance.channels.push import ApnsCase


def client_to(origin: str, ca: str, *, connections: int = 2, timeout: float = 5.0) -> Http2Client:
    return Http2Client(origin, trust(Path(ca).read_bytes(), "h2"), connections=connections, timeout=timeout)


def established(origin: str) -> int:
    port = int(origin.rpartition(":")[2])
    connections = psutil.Process().net_connections(kind="tcp")
    return sum(one.status == "ESTABLISHED" and one.raddr.port == port for one in connections)


async def ask(client: Http2Client) -> int:
    """The simulator refuses this request, which says nothing that APNs would take."""
    head = client.authority + literals([(":path", b"/3/device/00")])
    return (await client.post(head, b"{}")).status


async def test_a_retired_client_still_serves_and_leaves_no_connection(apns: ApnsCase) -> None:
    """Whoever holds it may finish; its connections close as soon as they are idle."""
    origin = apns.sim.ready["apns_production"]
    client = client_to(origin, apns.sim.ca)
    before = established(origin)
    assert set(await asyncio.gather(*[ask(client) for _ in range(100)])) == {403}
    assert established(origin) == before + 2
    client.retire()
    assert await ask(client) == 403
    async with asyncio.timeout(5):
        while established(origin) > before:
            await asyncio.sleep(0.01)


async def test_a_host_that_cannot_be_reached_has_processed_nothing(apns: ApnsCase) -> None:
    """Refused, and a port that accepts connections and never says a word: each named as it is."""
    for origin, reason in (("https://127.0.0.1:1", "connect_failed"),):
        client = client_to(origin, apns.sim.ca)
        with pytest.raises(NotProcessed, match=reason):
            await ask(client)
    silent = await asyncio.start_server(lambda _r, _w: asyncio.sleep(60), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    client = client_to(f"https://127.0.0.1:{port}", apns.sim.ca, timeout=0.4)
    with pytest.raises(NotProcessed, match="connect_timeout"):
        await ask(client)
    await client.close()
    silent.close()


async def test_a_certificate_of_another_authority_is_not_trusted(apns: ApnsCase) -> None:
    """Without the simulator's authority nothing is sent."""
    client = Http2Client(apns.sim.ready["apns_production"], trust(None, "h2"), connections=1, timeout=5)
    with pytest.raises(NotProcessed, match="connect_failed"):
        await ask(client)


async def test_a_client_that_is_closed_opens_again_when_asked(apns: ApnsCase) -> None:
    """Closing ends connections, not the client."""
    client = client_to(apns.sim.ready["apns_production"], apns.sim.ca)
    assert await ask(client) == 403
    await client.close()
    assert await ask(client) == 403
    await client.close()


async def test_a_closed_client_leaves_nothing_even_where_nobody_says_goodbye(apns: ApnsCase) -> None:
    """A provider that falls silent holds up neither `close` nor the end of the event loop: its connection is cut."""
    provider = int(apns.sim.ready["apns_production"].rpartition(":")[2])
    silent = asyncio.Event()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            if silent.is_set():
                await asyncio.sleep(60)
            writer.write(data)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", provider)
        await asyncio.gather(pass_on(reader, up_writer), pass_on(up_reader, writer))

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    origin = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    client = client_to(origin, apns.sim.ca)
    assert await ask(client) == 403
    silent.set()
    await client.close()
    assert established(origin) == 0
    server.close()
