"""The note that a running stack leaves for others: `stack.json` in the data folder, readable by its owner only."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import attrs
import psutil

from bootstrap.embedded.data_folder import write_private

STATE_FILE = "stack.json"


@attrs.frozen(kw_only=True)
class StackState:
    """Where everything is. URLs carry passwords, the key is secret: both stay out of the repr."""

    supervisor_pid: int
    supervisor_started: float
    api_url: str
    operator_key: str = attrs.field(repr=False)
    database_url: str = attrs.field(repr=False)
    nats_url: str = attrs.field(repr=False)
    simulator_control: str | None = None
    simulator_ca: str | None = None


def write_state(folder: Path, state: StackState) -> None:
    """Publish the note."""
    write_private(folder / STATE_FILE, json.dumps(attrs.asdict(state), indent=2) + "\n")


def remove_state(folder: Path) -> None:
    """Withdraw the note."""
    (folder / STATE_FILE).unlink(missing_ok=True)


def find_stack(folder: Path) -> StackState | None:
    """The stack that runs in this folder, or None when there is none alive."""
    try:
        state = StackState(**json.loads((folder / STATE_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    with contextlib.suppress(psutil.Error):
        supervisor = psutil.Process(state.supervisor_pid)
        same = abs(supervisor.create_time() - state.supervisor_started) < 1.0
        if same and supervisor.status() != psutil.STATUS_ZOMBIE:
            return state
    return None


def this_process() -> tuple[int, float]:
    """(pid, start time) of the supervisor: pids are reused, pairs of both are not."""
    process = psutil.Process()
    return process.pid, process.create_time()
