"""A customer's endpoint: a real HTTP server that keeps what it is told and answers as a test wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import attrs


@attrs.frozen
class Told:
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@attrs.define
class Receiver:
    """`answers` by path are statuses, taken in order; the last one stays. A path in `held` answers once it is let go."""

    port: int = 0
    told: list[Told] = attrs.field(factory=list)
    answers: dict[str, list[int]] = attrs.field(factory=dict)
    held: dict[str, asyncio.Event] = attrs.field(factory=dict)
    location: str = ""

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def of(self, path: str) -> list[Told]:
        return [one for one in self.told if one.path == path]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                path = line.split()[1].decode()
                headers: dict[str, str] = {}
                while (header := (await reader.readline()).strip()) != b"":
                    name, _, value = header.decode().partition(": ")
                    headers[name.lower()] = value
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.told.append(Told(path, headers, body))
                if path in self.held:
                    await self.held[path].wait()
                statuses = self.answers.get(path, [200])
                status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
                location = f"Location: {self.location}\r\n" if self.location else ""
                writer.write(f"HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n{location}\r\n".encode())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Listens on a free port until the block ends."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        for event in receiver.held.values():
            event.set()
        server.close()
