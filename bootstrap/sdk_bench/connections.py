"""Requests at the least cost to the machine that is measured: HTTP/1.1 over connections that stay open.

What the fleet spends is taken from the server beside it, so requests are bytes that were put together beforehand, and of an
answer only the status and the length of its body are read (RFC 9112).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, cast
from urllib.parse import urlsplit

import msgspec

from bootstrap.demo.json_client import CallFailed

_HEAD_ENDS = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)

Headers = Mapping[str, str]
IDLE: Final = 2.0
"""Seconds after which a connection is not used again: the server closes idle ones, and would do so while a request is
on its way (RFC 9112 section 9.3.1)."""


class _Connection(asyncio.Protocol):
    """One request at a time; the answer is (status, body)."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self.is_open = True
        self.used_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are no subclass.
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(CallFailed("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._received += data
        ends = self._received.find(_HEAD_ENDS)
        if ends < 0:
            return
        length = _LENGTH.search(self._received, 0, ends)
        whole = ends + 4 + (int(length[1]) if length else 0)
        if len(self._received) < whole or self._answer is None:
            return
        answer = int(self._received[9:12]), bytes(self._received[ends + 4 : whole])
        del self._received[:whole]
        if not self._answer.done():
            self._answer.set_result(answer)

    def send(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Connections:
    """As many connections as there are callers at once; none waits for another."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._idle: list[_Connection] = []

    def request(self, method: str, path: str, headers: Headers, body: object = None) -> bytes:
        """The bytes of a request; `body` becomes JSON."""
        raw = b"" if body is None else msgspec.json.encode(body)
        lines = [f"{method} {path} HTTP/1.1", f"host: {self._host}:{self._port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body is not None:
            lines += ["content-type: application/json", f"content-length: {len(raw)}"]
        return "\r\n".join(lines).encode() + _HEAD_ENDS + raw

    async def send(self, request: bytes) -> Any:
        """The decoded body. Raise CallFailed for an answer of 400 and above, or none."""
        now = asyncio.get_running_loop().time()
        while self._idle and not (self._idle[-1].is_open and now - self._idle[-1].used_at < IDLE):
            self._idle.pop().close()
        connection = self._idle.pop() if self._idle else await self._open()
        status, body = await connection.send(request)
        connection.used_at = asyncio.get_running_loop().time()
        self._idle.append(connection)
        if status >= 400:
            raise CallFailed(f"{request.partition(b' HTTP')[0].decode()}: {status} {body[:500].decode()}")
        return msgspec.json.decode(body) if body else None

    async def _open(self) -> _Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, self._host, self._port)
        return connection

    def close(self) -> None:
        for connection in self._idle:
            connection.close()


@asynccontextmanager
async def connections_to(url: str) -> AsyncIterator[Connections]:
    """Connections to an `http://host:port`, closed at the end."""
    parts = urlsplit(url)
    opened = Connections(parts.hostname or "127.0.0.1", parts.port or 80)
    try:
        yield opened
    finally:
        opened.close()
