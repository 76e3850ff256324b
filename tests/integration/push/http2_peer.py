"""A server that says what a test wants, frame by frame: the other end of `Connection`, over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from hpack import Encoder
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, HeadersFrame, RstStreamFrame, SettingsFrame

from adapters.channels.push.http2.connection import Connection

PREFACE = 24


class Peer(asyncio.Protocol):
    """Collects the client's frames; sends those of the test."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.lost = asyncio.Event()
        self._came = asyncio.Event()
        self._text = b""
        self._greeted = False
        self._encoder = Encoder()
        self._encoder.header_table_size = 0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()

    def data_received(self, data: bytes) -> None:
        self._text += data
        if not self._greeted and len(self._text) >= PREFACE:
            self._greeted, self._text = True, self._text[PREFACE:]
        while self._greeted and len(self._text) >= 9:
            frame, size = Frame.parse_frame_header(memoryview(self._text[:9]))
            if len(self._text) < 9 + size:
                break
            frame.parse_body(memoryview(self._text[9 : 9 + size]))
            self._text = self._text[9 + size :]
            self.frames.append(frame)
        self._came.set()

    def send(self, *frames: Frame | bytes) -> None:
        """Write frames, or raw bytes."""
        assert self.transport is not None
        self.transport.write(b"".join(one if isinstance(one, bytes) else one.serialize() for one in frames))

    def answer(self, stream: int, status: int = 200, body: bytes = b"") -> list[Frame]:
        """The frames of an answer."""
        head = HeadersFrame(stream, data=self.block([(":status", str(status))]), flags=["END_HEADERS"])
        if not body:
            head.flags.add("END_STREAM")
            return [head]
        return [head, DataFrame(stream, data=body, flags=["END_STREAM"])]

    def block(self, fields: Sequence[tuple[str, str]]) -> bytes:
        """A header block without references to a table."""
        return bytes(self._encoder.encode(fields))

    async def until(self, kind: type[Frame], n: int = 1) -> list[Frame]:
        """The first n frames of a kind, waiting for them."""
        async with asyncio.timeout(5):
            while len(found := [one for one in self.frames if isinstance(one, kind)]) < n:
                self._came.clear()
                await self._came.wait()
        return found[:n]

    def body_of(self, stream: int) -> bytes:
        """What came of a request's body."""
        return b"".join(
            one.data for one in self.frames if isinstance(one, DataFrame) and one.stream_id == stream
        )


@asynccontextmanager
async def connected(
    settings: dict[int, int] | None = None, timeout: float = 5.0
) -> AsyncIterator[tuple[Connection, Peer]]:
    """A ready connection and its peer, which has sent these settings."""
    peers: list[Peer] = []

    def new() -> Peer:
        peers.append(Peer())
        return peers[-1]

    loop = asyncio.get_running_loop()
    server = await loop.create_server(new, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    _, connection = await loop.create_connection(lambda: Connection(timeout, lambda: None), "127.0.0.1", port)
    try:
        while not peers or peers[0].transport is None:
            await asyncio.sleep(0.001)
        peers[0].send(SettingsFrame(0, settings=settings or {}))
        await connection.ready
        yield connection, peers[0]
    finally:
        connection.close()
        server.close()


__all__ = ["DataFrame", "GoAwayFrame", "HeadersFrame", "Peer", "RstStreamFrame", "SettingsFrame", "connected"]
