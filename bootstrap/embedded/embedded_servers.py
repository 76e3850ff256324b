"""PostgreSQL and NATS together in one data folder: started, found, supervised and stopped as one."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from bootstrap.embedded.errors import EmbeddedServerError
from bootstrap.embedded.folder_lock import FolderLock
from bootstrap.embedded.nats_server import EmbeddedNats
from bootstrap.embedded.postgres_server import EmbeddedPostgres
from bootstrap.embedded.running_state import RunningServers, remove_running, write_running
from bootstrap.embedded.supervision import Supervision


class EmbeddedServers:
    """Both servers below `<folder>/postgres` and `<folder>/nats`; `find_running(folder)` finds them.

    Blocking, like its parts: use `asyncio.to_thread` from a running loop, or a `with` statement.
    """

    def __init__(
        self,
        folder: Path,
        *,
        postgres_port: int = 0,
        nats_port: int = 0,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
        supervise: bool = False,
    ) -> None:
        """Describe the servers; `supervise` restarts one that dies (at most ten times a minute)."""
        self._folder = folder.absolute()
        self.postgres = EmbeddedPostgres(
            self._folder / "postgres", port=postgres_port, durable=durable, settings=settings
        )
        self.nats = EmbeddedNats(self._folder / "nats", port=nats_port, durable=durable)
        self._supervise = supervise
        self._supervisions: list[Supervision] = []
        self._lock = FolderLock(self._folder)
        self._mutex = threading.Lock()
        self._owner = os.getpid()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> RunningServers:
        """Start both and publish where they are; raises FolderInUse when another process runs them."""
        with self._mutex:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            try:
                self.nats.start()
                self.postgres.start()
                state = self._publish()
            except BaseException:
                self._stop()
                raise
            if self._supervise and not self._supervisions:
                self._supervisions = [
                    Supervision(server, on_restart=self._publish) for server in (self.nats, self.postgres)
                ]
            atexit.register(self.stop)
            return state

    def stop(self) -> None:
        """Stop both, NATS first, and leave neither process nor lock; harmless when nothing runs."""
        if os.getpid() != self._owner:
            return
        with self._mutex:
            self._stop()
            atexit.unregister(self.stop)

    def _stop(self) -> None:
        for supervision in self._supervisions:
            supervision.stop()
        self._supervisions = []
        if self._lock.held:
            remove_running(self._folder)
        self.nats.stop()
        self.postgres.stop()
        self._lock.release()

    def _publish(self) -> RunningServers:
        postgres_pid, nats_pid = self.postgres.pid, self.nats.pid
        if postgres_pid is None or nats_pid is None:
            raise EmbeddedServerError("A server ended while the other one was starting.")
        state = RunningServers(
            folder=self._folder,
            supervisor_pid=os.getpid(),
            postgres_pid=postgres_pid,
            postgres_port=self.postgres.port,
            nats_pid=nats_pid,
            nats_port=self.nats.port,
            database_url=self.postgres.url,
            nats_url=self.nats.url,
        )
        write_running(state)
        return state
