"""A worker's presence: a session advisory lock on a connection of its own, and a beat every two seconds.

The lock dies with the process (kill -9: 7 ms), the beat tells a frozen one. The connection must reach PostgreSQL
directly: a transaction pooler would let the lock wander to other sessions.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import time
from uuid import UUID

import asyncpg

from adapters.postgres.failures import CONNECTION_ERRORS
from application.ports.identifiers import Identifiers

log = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
RECONNECT_SECONDS = 0.2
TRUSTED_FOR = 5.0
"""Seconds without a confirmed beat after which no send may start."""

_BEAT = """
INSERT INTO worker (incarnation, lock_key, host, pid, started_at, beat_at) VALUES ($1, $2, $3, $4, now(), now())
ON CONFLICT (incarnation) DO UPDATE SET beat_at = now()
"""
"""The row may be gone: a worker that was taken for dead is forgotten."""

_FAILURES = (asyncpg.PostgresError, *CONNECTION_ERRORS)


class PostgresPresence:
    """Implements `application.ports.workers.Presence`; reconnects for as long as it runs."""

    def __init__(self, database_url: str, identifiers: Identifiers) -> None:
        self._url = database_url
        self._incarnation = identifiers.one()
        # The random half of a UUIDv7, so that incarnations of one millisecond differ.
        self._lock_key = int.from_bytes(self._incarnation.bytes[8:], "big", signed=True)
        self._confirmed = 0.0
        self._connection: asyncpg.Connection | None = None
        self._noticed = asyncio.Event()
        self._beating: asyncio.Task[None] | None = None

    @property
    def incarnation(self) -> UUID:
        return self._incarnation

    def alive(self) -> bool:
        return time.monotonic() - self._confirmed < TRUSTED_FOR

    async def start(self) -> None:
        """Return once the lock is held and the row is written."""
        await self._connect()
        self._beating = asyncio.create_task(self._beat())

    async def stop(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._beating
        self._confirmed = 0.0
        if self._connection is not None and not self._connection.is_closed():
            with contextlib.suppress(*_FAILURES):
                await self._connection.execute(
                    "DELETE FROM worker WHERE incarnation = $1 AND NOT EXISTS"
                    " (SELECT 1 FROM dispatch_chunk WHERE worker = $1 AND state = 2)",
                    self._incarnation,
                )
                await self._connection.close(timeout=2)

    async def _connect(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=5, command_timeout=4)
        try:
            await connection.fetchval("SELECT pg_advisory_lock($1)", self._lock_key)
            await self._write(connection)
        except BaseException:
            connection.terminate()
            raise
        connection.add_termination_listener(self._lost)
        self._connection = connection
        self._confirmed = time.monotonic()

    async def _write(self, connection: asyncpg.Connection) -> None:
        await connection.execute(_BEAT, self._incarnation, self._lock_key, socket.gethostname(), os.getpid())

    def _lost(self, connection: object) -> None:
        """The lock went with the connection, and others may take over at once: no send starts until it is held again."""
        if connection is self._connection:
            self._confirmed = 0.0
            self._noticed.set()

    async def _beat(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS if self.alive() else RECONNECT_SECONDS):
                    await self._noticed.wait()
            self._noticed.clear()
            try:
                if self._connection is None or self._connection.is_closed():
                    await self._connect()
                    continue
                sent = time.monotonic()
                await self._write(self._connection)
                self._confirmed = sent
            except Exception as error:
                # Whatever it is: a worker without a beat would start no send any more, and live on.
                expected = isinstance(error, _FAILURES)
                log.warning("the worker's beat failed and is tried again: %s", error, exc_info=not expected)
                if self._connection is not None:
                    self._connection.terminate()
                    self._connection = None
