"""The note a running pair of servers leaves for others: `running.json`, with pids, ports and URLs (0600)."""

from __future__ import annotations

import contextlib
import json
import socket
from pathlib import Path
from typing import Final

import attrs
import psutil

from bootstrap.embedded.data_folder import write_private
from bootstrap.embedded.ports import LOOPBACK

_FILE: Final = "running.json"


@attrs.frozen
class RunningServers:
    """Where the servers of a data folder are; the URLs carry passwords and stay out of the repr."""

    folder: Path
    supervisor_pid: int
    postgres_pid: int
    postgres_port: int
    nats_pid: int
    nats_port: int
    database_url: str = attrs.field(repr=False)
    nats_url: str = attrs.field(repr=False)


def write_running(state: RunningServers) -> None:
    """Publish the state with the supervisor's start time: pids are reused, pairs of both are not."""
    note = attrs.asdict(state, filter=lambda field, _: field.name != "folder")
    note["supervisor_started"] = psutil.Process(state.supervisor_pid).create_time()
    write_private(state.folder / _FILE, json.dumps(note, indent=2) + "\n")


def remove_running(folder: Path) -> None:
    """Withdraw the note."""
    (folder / _FILE).unlink(missing_ok=True)


def find_running(folder: Path) -> RunningServers | None:
    """Return the servers another process runs in this folder, or None when there are none that answer."""
    folder = folder.absolute()
    try:
        note = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        started = note.pop("supervisor_started")
        state = RunningServers(folder=folder, **note)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    with contextlib.suppress(psutil.Error):
        supervisor = psutil.Process(state.supervisor_pid)
        alive = abs(supervisor.create_time() - started) < 1.0 and supervisor.status() != psutil.STATUS_ZOMBIE
        if alive and _listens(state.postgres_port) and _listens(state.nats_port):
            return state
    return None


def _listens(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), 1).close()
    except OSError:
        return False
    return True
