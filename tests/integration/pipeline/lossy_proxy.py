"""A TCP proxy before a server that can swallow answers, cut connections and bring a server's farewell, as networks do at the worst moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import attrs

FAREWELL = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
FAREWELL = b"E" + (len(FAREWELL) + 4).to_bytes(4, "big") + FAREWELL
"""What a server says before it ends a session: ErrorResponse of PostgreSQL's protocol, https://www.postgresql.org/docs/current/protocol-message-formats.html."""


@attrs.define
class LossyProxy:
    url: str
    trigger: bytes = b""
    """What the client says, after which the server's answer is swallowed and the connection cut."""
    refuse: bool = False
    """New connections are cut at once."""
    greeting: bytes = b""
    """What new connections hear before they are cut."""
    cuts: int = 0
    _writers: list[asyncio.StreamWriter] = attrs.field(factory=list)
    _frozen: list[asyncio.StreamWriter] = attrs.field(factory=list)

    def bid_farewell(self) -> None:
        """Clients read that the server ends their sessions; the end itself does not arrive."""
        self.say(FAREWELL)

    def say(self, words: bytes) -> None:
        """Clients read this as if the server had said it."""
        for writer in self._writers:
            writer.write(words)

    def cut(self) -> None:
        """Every connection ends."""
        for writer in self._writers:
            writer.transport.abort()

    def freeze(self) -> None:
        """Nothing passes any more over the connections that are open, and nobody is told: a firewall has forgotten them."""
        self._frozen = list(self._writers)

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int
    ) -> None:
        if self.refuse or self.greeting:
            writer.write(self.greeting)
            writer.close()
            return
        up_reader, up_writer = await asyncio.open_connection(host, port)
        self._writers.append(writer)
        swallow = asyncio.Event()

        async def upward() -> None:
            while data := await reader.read(65536):
                if writer in self._frozen:
                    continue
                if self.trigger and self.trigger in data:
                    swallow.set()
                up_writer.write(data)
                await up_writer.drain()

        async def downward() -> None:
            while data := await up_reader.read(65536):
                if writer in self._frozen:
                    continue
                if swallow.is_set():
                    # The server has done what it was told; the client never hears of it.
                    self.cuts += 1
                    writer.transport.abort()
                    return
                writer.write(data)
                await writer.drain()

        tasks = [asyncio.create_task(upward()), asyncio.create_task(downward())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._writers.remove(writer)
        up_writer.close()
        writer.close()


@asynccontextmanager
async def lossy(database_url: str) -> AsyncIterator[LossyProxy]:
    """A proxy in front of the database of this URL."""
    parts = urlsplit(database_url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 5432
    proxy = LossyProxy("")
    server = await asyncio.start_server(lambda r, w: proxy.serve(r, w, host, port), "127.0.0.1", 0)
    login = parts.netloc.rpartition("@")[0]
    proxy.url = urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    try:
        yield proxy
    finally:
        server.close()
