"""A server as our own child: reaped when it ends, ended when we end, even by `kill -9`.

The kernel's parent-death signal exists on Linux only and follows the *thread* that forked, so a start from
a worker thread would end the server with that thread. Instead every child has a watchdog, a shell that reads
from a pipe whose other end only we hold: end of file means that we are gone.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs

from bootstrap.embedded.accounts import Account, identity

logger = logging.getLogger(__name__)

LOG_LIMIT: Final = 16 * 1024 * 1024
"""Bytes above which a server's log is set aside (one generation) at its next start."""

# $1 is the gentle signal, $2 the last resort after ten seconds. The pid is read, not passed, because the
# watchdog starts first: a child never runs unwatched for longer than one write takes.
_WATCHDOG: Final = """
trap '' HUP INT TERM
read -r pid || exit 0
read -r word && exit 0
kill -s "$1" "$pid" 2>/dev/null || exit 0
n=0
while kill -0 "$pid" 2>/dev/null; do
  n=$((n + 1))
  if [ "$n" -gt 100 ]; then kill -s "$2" "$pid" 2>/dev/null; exit 0; fi
  sleep 0.1
done
"""


@attrs.frozen
class Command:
    """How to run a server: program and arguments, folder, log, account, and the signals that end it."""

    name: str
    argv: Sequence[str]
    folder: Path
    log: Path
    gentle: signal.Signals
    final: signal.Signals
    account: Account | None = None
    environment: Mapping[str, str] = attrs.field(factory=dict, repr=False)


class ChildProcess:
    """A running server; `exited` is set once it has ended and was reaped."""

    def __init__(self, command: Command) -> None:
        """Start the server in a session of its own, so that Ctrl-C reaches us and not it."""
        self._command = command
        self.exited = threading.Event()
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHDOG, "sh", command.gentle.name[3:], command.final.name[3:]],
            bufsize=0,
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **identity(command.account),
        )
        _watchdogs.add(self._watchdog)
        try:
            _set_aside(command.log)
            with command.log.open("ab") as log:
                self._log_start = log.tell()
                self._process = subprocess.Popen(
                    list(command.argv),
                    cwd=command.folder,
                    env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", **command.environment},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    umask=0o077,
                    **identity(command.account),
                )
        except BaseException:
            self._dismiss_watchdog()
            raise
        self._tell_watchdog(f"{self._process.pid}\n")
        threading.Thread(target=self._reap, name=f"reap {command.name}", daemon=True).start()

    @property
    def pid(self) -> int:
        """Return the server's process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Return the exit code (negative: the signal that ended it), or None while it runs."""
        return self._process.returncode if self.exited.is_set() else None

    def log_tail(self, limit: int = 2_000) -> str:
        """Return the last characters the server wrote since it was started."""
        with contextlib.suppress(OSError), self._command.log.open("rb") as log:
            log.seek(max(self._log_start, log.seek(0, os.SEEK_END) - limit))
            return log.read().decode("utf-8", "replace").strip()
        return ""

    def stop(self, patience: float = 30.0) -> None:
        """End the server: its gentle signal, after `patience` seconds its last resort, at last SIGKILL."""
        for number, seconds in (
            (self._command.gentle, patience),
            (self._command.final, 5.0),
            (signal.SIGKILL, 10.0),
        ):
            if self.exited.is_set():
                break
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)
            if self.exited.wait(seconds):
                break
            logger.warning("%s (pid %d) ignores %s", self._command.name, self.pid, number.name)

    def _reap(self) -> None:
        self._process.wait()
        self._dismiss_watchdog()
        self.exited.set()

    def _dismiss_watchdog(self) -> None:
        self._tell_watchdog("done\ndone\n")
        pipe = self._watchdog.stdin
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self._watchdog.wait()
        _watchdogs.discard(self._watchdog)

    def _tell_watchdog(self, line: str) -> None:
        pipe = self._watchdog.stdin
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.write(line.encode())


def _set_aside(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".old.log"))


_watchdogs: weakref.WeakSet[subprocess.Popen[bytes]] = weakref.WeakSet()


def _close_pipes() -> None:
    for watchdog in list(_watchdogs):
        if watchdog.stdin is not None:
            watchdog.stdin.close()


# A forked child inherits the pipes; while it lived, the watchdogs would not notice that we died.
os.register_at_fork(after_in_child=_close_pipes)
