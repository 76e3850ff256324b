"""The application as it is served: the production containers on real servers, uvicorn in a thread of its own."""

from __future__ import annotations

import asyncio
import secrets
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import attrs
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette

from adapters.crypto.keyring import Keyring
from bootstrap.http_server import http_application
from bootstrap.node import open_node
from bootstrap.settings import Settings
from entrypoints.http.settings import HttpSettings
from tests.servers import apart, delete_streams


@attrs.frozen
class Served:
    """A running server and the operator's key."""

    url: str
    operator_key: str = attrs.field(repr=False)
    database_url: str


@asynccontextmanager
async def application(
    database_url: str, nats_url: str, settings: HttpSettings, own_settings: Mapping[str, Any]
) -> AsyncIterator[tuple[Starlette, str]]:
    """The whole application and the operator's key; closes what it opened."""
    prefix = f"t{secrets.token_hex(4)}"
    with TemporaryDirectory() as folder:
        own = {
            "data_folder": Path(folder),
            "database_url": SecretStr(database_url),
            "nats_url": SecretStr(nats_url),
            "nats_prefix": prefix,
            "signal_keys": SecretStr(Keyring.generate().text()),
            **own_settings,
        }
        async with open_node(Settings().model_copy(update=own), "api") as node:
            await node.infrastructure.doorbells().ensure_stream()
            operator = await node.use_cases.ensure_operator_key()()
            assert operator is not None
            try:
                yield http_application(node, settings), operator.plain
            finally:
                await node.use_cases.accept_messages().close()
                await node.use_cases.receipt_gatherer().close()
    await asyncio.to_thread(apart, delete_streams(nats_url, prefix))


@contextmanager
def serving(
    database_url: str, nats_url: str, settings: HttpSettings | None = None, **own_settings: Any
) -> Iterator[Served]:
    """Serve until the block ends; uvicorn runs in a thread with a loop of its own. `own_settings`: of `Settings`."""
    chosen = settings or HttpSettings(
        key_rate_per_second=1e6, key_burst=1e6, failed_burst=1e6, install_burst=1e6
    )
    started = threading.Event()
    found: dict[str, Any] = {}

    async def run() -> None:
        try:
            async with application(database_url, nats_url, chosen, own_settings) as (app, key):
                config = uvicorn.Config(app, lifespan="off", log_config=None)
                server = uvicorn.Server(config)
                found["server"], found["key"] = server, key
                with socket.create_server(("127.0.0.1", 0)) as listening:
                    # As uvloop does in production; asyncio leaves it out for such a socket, and every answer, which is
                    # written in two parts, would then wait 40 ms for the client's delayed acknowledgement.
                    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    found["port"] = listening.getsockname()[1]
                    started.set()  # connections wait in the socket's backlog until uvicorn takes them
                    await server.serve([listening])
        except BaseException as error:
            found["error"] = error
            raise
        finally:
            started.set()

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="rest server", daemon=True)
    thread.start()
    assert started.wait(30)
    if "port" not in found:
        raise RuntimeError("the server did not start") from found.get("error")
    try:
        yield Served(f"http://127.0.0.1:{found['port']}", found["key"], database_url)
    finally:
        found["server"].should_exit = True
        thread.join(20)
    assert not thread.is_alive()
    if "error" in found:
        raise found["error"]


def execute(database_url: str, statement: str, *arguments: Any) -> list[Any]:
    """Run one SQL statement aside, for states that no caller can bring about."""

    async def run() -> list[Any]:
        connection = await asyncpg.connect(database_url)
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()

    return apart(run())
