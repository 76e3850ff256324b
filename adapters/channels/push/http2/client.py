"""Requests to one host over a few HTTP/2 connections: opened when needed, shared in turns, replaced when they end."""

from __future__ import annotations

import asyncio
import ssl
from typing import Final
from urllib.parse import urlsplit

from adapters.channels.frame.waiting_line import WaitingLine
from adapters.channels.push.http2.answers import (
    CONNECT_FAILED,
    CONNECT_TIMEOUT,
    GOING_AWAY,
    Answer,
    NotProcessed,
)
from adapters.channels.push.http2.connection import Connection
from adapters.channels.push.http2.header_block import POST_HTTPS, literal

RUN: Final = 32
"""Requests in a row over one connection: frames that leave together share TLS records and system calls."""
TRIES: Final = 10
"""Connections that may go away under one request before it is given back."""
CLOSING: Final = 1.0
"""Seconds in which a provider may say goodbye."""
USER_AGENT: Final = b"automata-signal"
CONNECT_SHARE: Final = 0.5
"""Of the request timeout: connecting ends early enough to tell it from a lost answer."""


class Http2Client:
    """POSTs to one origin. Safe for any number of concurrent calls in one event loop."""

    def __init__(self, origin: str, tls: ssl.SSLContext, *, connections: int, timeout: float) -> None:
        """`origin`: https://host[:port]. `timeout`: seconds for one request, connecting included."""
        parts = urlsplit(origin)
        if parts.scheme != "https" or parts.hostname is None:
            raise ValueError(f"{origin!r} is no https origin")
        self._host, self._port = parts.hostname, parts.port or 443
        self.authority = POST_HTTPS + literal(":authority", parts.netloc.encode())
        """The first bytes of every header block for this host."""
        self._tls = tls
        self._timeout = timeout
        self._connections: list[Connection | None] = [None] * max(1, connections)
        self._opening: dict[int, asyncio.Task[None]] = {}
        self._waiting = WaitingLine()
        self._turn = 0
        self._retired = False

    async def post(self, head: bytes, body: bytes) -> Answer:
        """Send one request. `head` is a whole header block that begins with `authority`.

        Raise NotProcessed (it may be sent again) or AnswerLost (nobody knows). A cancelled call lets its request run out.
        """
        tries = 1
        while True:
            turn = self._turn
            self._turn = (turn + 1) % (RUN * len(self._connections))
            connection = self._connections[turn // RUN]
            if connection is None or not connection.has_room:
                connection = await self._find_room(turn // RUN)
            try:
                return await connection.post(head, body)
            except NotProcessed as error:
                # A server that closes a connection in good order names what it left undone (RFC 9113 section 6.8).
                if error.reason != GOING_AWAY or tries == TRIES:
                    raise
            tries += 1

    def retire(self) -> None:
        """Nobody new will come: connections close as soon as they are idle."""
        self._retired = True
        for connection in self._connections:
            if connection is not None:
                connection.leave()

    async def close(self) -> None:
        """Close every connection and see it gone, so that the event loop may end; requests under way raise AnswerLost."""
        for task in self._opening.values():
            task.cancel()
        await asyncio.gather(*self._opening.values(), return_exceptions=True)
        open_ones = [connection for connection in self._connections if connection is not None]
        self._connections = [None] * len(self._connections)
        for connection in open_ones:
            connection.close()
        await asyncio.gather(*(connection.gone(CLOSING) for connection in open_ones))

    async def _find_room(self, wanted: int) -> Connection:
        """Another connection with room, a new one, or the first place that becomes free."""
        try:
            async with asyncio.timeout(self._timeout):
                while True:
                    for place, connection in enumerate(self._connections):
                        if connection is not None and connection.has_room:
                            return connection
                        if connection is not None and connection.closed:
                            self._connections[place] = None
                    if self._connections[wanted] is None:
                        await self._open_place(wanted)
                    else:
                        await self._waiting.wait(self._changed)
        except TimeoutError:
            raise NotProcessed(CONNECT_TIMEOUT) from None

    def _changed(self) -> None:
        """There may be room, or a connection ended: the first in line looks."""
        if not self._waiting.serve_first() and self._retired:
            for connection in self._connections:
                if connection is not None and connection.idle:
                    connection.leave()

    async def _open_place(self, place: int) -> None:
        task = self._opening.get(place)
        if task is None:
            task = self._opening[place] = asyncio.ensure_future(self._open(place))
            task.add_done_callback(lambda done: self._opened(place, done))
        await asyncio.shield(task)

    def _opened(self, place: int, task: asyncio.Task[None]) -> None:
        self._opening.pop(place, None)
        if not task.cancelled():
            task.exception()
        # Whoever waits for room elsewhere may now have it here, or must try to open by themselves.
        self._waiting.serve_all()

    async def _open(self, place: int) -> None:
        """Raise NotProcessed when the host cannot be reached, or does not speak HTTP/2."""
        loop = asyncio.get_running_loop()
        connection: Connection | None = None
        try:
            async with asyncio.timeout(self._timeout * CONNECT_SHARE):
                _, connection = await loop.create_connection(
                    lambda: Connection(self._timeout, self._changed),
                    self._host,
                    self._port,
                    ssl=self._tls,
                    server_hostname=self._host,
                )
                await asyncio.shield(connection.ready)
        except TimeoutError:
            if connection is not None:
                connection.close()
            raise NotProcessed(CONNECT_TIMEOUT) from None
        except (OSError, NotProcessed) as error:
            raise NotProcessed(CONNECT_FAILED) from error
        self._connections[place] = connection
