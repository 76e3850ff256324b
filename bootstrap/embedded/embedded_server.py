"""What both embedded servers share: lock, start until it answers, restart on the same port, stop."""

from __future__ import annotations

import atexit
import os
import threading
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Final, Self

from bootstrap.embedded.child_process import ChildProcess, Command
from bootstrap.embedded.errors import EmbeddedServerError, StartFailed
from bootstrap.embedded.folder_lock import FolderLock
from bootstrap.embedded.ports import free_port

_LAUNCHES: Final = 5
_PATIENCE: Final = 60.0


class EmbeddedServer(ABC):
    """A server process in a data folder of its own.

    All methods block (a start takes well under a second, the first of PostgreSQL about one): call them with
    `asyncio.to_thread` from a running loop. They may be called from any thread. The folder is locked from
    `start()` to `stop()`, and across a crash of the server in between.
    """

    name: str

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        """Take the data folder (made when missing) and the port, 0 for a free one that is then kept."""
        self._folder = folder.absolute()
        self._wanted_port = port
        self._port = port
        self._lock = FolderLock(self._folder)
        self._mutex = threading.RLock()
        self._child: ChildProcess | None = None
        self._owner = os.getpid()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._folder)!r}, port={self._port}, pid={self.pid})"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def folder(self) -> Path:
        """Return the data folder as it was asked for."""
        return self._folder

    @property
    def port(self) -> int:
        """Return the TCP port on 127.0.0.1; 0 until the first start has chosen one."""
        return self._port

    @property
    def pid(self) -> int | None:
        """Return the server's process id, or None when it does not run."""
        child = self._child
        return None if child is None or child.exited.is_set() else child.pid

    @property
    def running(self) -> bool:
        """Tell whether the server process is alive."""
        return self.pid is not None

    @property
    @abstractmethod
    def url(self) -> str:
        """Return the address with user and password; raises EmbeddedServerError before the first start."""

    @property
    def child(self) -> ChildProcess | None:
        """Return the current or last process, to wait for its end."""
        return self._child

    def start(self) -> str:
        """Start the server, wait until it answers a client, and return its URL; a running one is kept.

        After a crash, of the server or of the whole program, this recovers the data on the same port.
        Raises BinariesMissing, FolderInUse, FolderUnreachable or StartFailed.
        """
        with self._mutex:
            if self.running:
                return self.url
            self._folder.mkdir(parents=True, exist_ok=True)
            held = self._lock.held
            self._lock.acquire()
            try:
                self._prepare()
                self._launch()
            except BaseException:
                if not held:
                    self._lock.release()
                raise
            atexit.register(self.stop)
            return self.url

    def stop(self) -> None:
        """Stop the server cleanly and release the folder; harmless when it does not run.

        In a forked child this does nothing: the server belongs to the parent.
        """
        if os.getpid() != self._owner:
            return
        with self._mutex:
            if self._child is not None:
                self._child.stop()
                self._child = None
            self._lock.release()
            atexit.unregister(self.stop)

    def _launch(self) -> None:
        settled = self._port != 0
        for attempt in range(1, _LAUNCHES + 1):
            if not settled:
                self._port = free_port()
            child = ChildProcess(self._command())
            self._child = child
            try:
                self._await_answer(child)
            except StartFailed:
                child.stop(patience=1.0)
                # A port chosen here may have been taken since; one that was given may not be free again yet.
                if attempt == _LAUNCHES or not self._is_transient(child.log_tail()):
                    if not settled:
                        self._port = 0
                    raise
                time.sleep(0.2 * attempt)
            except BaseException:
                child.stop(patience=1.0)
                raise
            else:
                return

    def _await_answer(self, child: ChildProcess) -> None:
        end = time.monotonic() + _PATIENCE
        while not self._answers(child):
            if child.exited.wait(0.01):
                raise StartFailed(self.name, f"it ended with code {child.exit_code}", child.log_tail())
            if time.monotonic() > end:
                raise StartFailed(self.name, f"no answer within {_PATIENCE:.0f} seconds", child.log_tail())

    def _require_port(self) -> int:
        if self._port == 0:
            raise EmbeddedServerError(f"{self.name} has no address before its first start.")
        return self._port

    @abstractmethod
    def _prepare(self) -> None:
        """Make the files the server needs, and end what an earlier crash left running."""

    @abstractmethod
    def _command(self) -> Command:
        """Return how to run the server on `port`."""

    @abstractmethod
    def _answers(self, child: ChildProcess) -> bool:
        """Tell whether a client gets a real answer from this very process."""

    @abstractmethod
    def _is_transient(self, log: str) -> bool:
        """Tell from the log of a failed start whether trying again can help."""
