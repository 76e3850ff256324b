"""The real servers that tests run on: one PostgreSQL and one NATS a session, a fresh database a test.

TEST_DATABASE_URL (a role that may create databases) and TEST_NATS_URL name servers to use instead.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import nats
from nats.js.errors import NotFoundError

from adapters.postgres.partitions import ensure_partitions
from bootstrap.embedded import EmbeddedNats, EmbeddedPostgres, FolderInUse
from bootstrap.embedded.folder_lock import FolderLock

Result = TypeVar("Result")

PREFIX = "signal-test-"
ROOM_IN_MEMORY = 4 * 1024**3
"""Bytes that must be free before the servers' files are kept in memory."""


def apart(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end in a thread with a loop of its own, whatever loop the test has."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def memory_root() -> Path | None:
    """Return the memory file system where it has room, else None.

    Cloning a database makes some 300 files: about 12 ms there, 300 ms on a virtual machine's disk.
    """
    root = Path("/dev/shm")
    if os.access(root, os.W_OK) and shutil.disk_usage(root).free >= ROOM_IN_MEMORY:
        return root
    return None


def sweep(root: Path) -> None:
    """Remove what killed test runs left in memory: folders ten minutes old in which no server runs."""
    for folder in root.glob(f"{PREFIX}*"):
        locks = [FolderLock(file.parent) for file in folder.glob("*/lock")]
        try:
            if time.time() - folder.stat().st_mtime < 600:
                continue
            for lock in locks:
                lock.acquire()
        except (FolderInUse, OSError):
            continue
        finally:
            for lock in locks:
                lock.forget()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def open_folder(root: Path | None = None) -> Iterator[Path]:
    """Yield a new folder that other users may enter, as PostgreSQL needs when root runs the tests."""
    if root is not None:
        sweep(root)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the URL of a PostgreSQL server on which databases may be created."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url.replace("postgresql+asyncpg://", "postgresql://", 1)
        return
    settings = {"max_wal_size": "512MB", "min_wal_size": "64MB"}
    with (
        open_folder(memory_root()) as folder,
        EmbeddedPostgres(folder / "postgres", durable=False, settings=settings) as server,
    ):
        yield server.url


@contextmanager
def nats_server() -> Iterator[str]:
    """Yield the URL of a NATS server with JetStream."""
    if url := os.environ.get("TEST_NATS_URL"):
        yield url
        return
    with open_folder(memory_root()) as folder, EmbeddedNats(folder / "nats", durable=False) as server:
        yield server.url


class Databases:
    """Creates and drops databases over one connection, kept by a thread that runs its loop."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="test databases", daemon=True)
        self._thread.start()
        self._connection = self._run(asyncpg.connect(server_url))

    def create(self, name: str, *, template: str = "template1") -> str:
        """Create a database as a copy of the template and return its URL."""
        statement = f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'
        self._run(self._connection.execute(statement))
        return self.url(name)

    def close_to_clients(self, name: str) -> None:
        """Refuse connections to a database: a template that somebody is connected to cannot be copied."""
        self._run(self._connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))

    def drop(self, name: str) -> None:
        """Drop a database, ending the sessions that are still connected to it."""
        self._run(self._connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))

    def url(self, name: str) -> str:
        """Return the URL of a database on this server."""
        return urlunsplit(urlsplit(self._server_url)._replace(path=f"/{quote(name, safe='')}"))

    def close(self) -> None:
        """Close the connection and end the thread."""
        self._run(self._connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=60)


async def make_partitions(database_url: str) -> None:
    """Make the partitions that the product wants today."""
    connection = await asyncpg.connect(database_url)
    try:
        await ensure_partitions(connection, datetime.now(UTC))
    finally:
        await connection.close()


async def delete_streams(nats_url: str, prefix: str) -> None:
    """Delete every stream whose name starts with the prefix."""
    client = await nats.connect(nats_url, allow_reconnect=False)
    try:
        stream_api = client.jetstream()
        try:
            streams = await stream_api.streams_info()
        except NotFoundError:
            return
        for stream in streams:
            if stream.config.name is not None and stream.config.name.startswith(prefix):
                await stream_api.delete_stream(stream.config.name)
    finally:
        await client.close()
