"""Ends what a crash left running: server processes that still sit on a data folder whose lock is now ours.

Only called with the folder's lock held, so no living supervisor can own what is found here.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from bootstrap.embedded.errors import StartFailed

logger = logging.getLogger(__name__)


def working_in(folder: Path, program: str) -> list[psutil.Process]:
    """Return the live processes of `program` whose working folder is `folder` (zombies are not alive)."""
    wanted = str(folder.resolve())
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.name().startswith(program) and process.cwd() == wanted and _lives(process):
                found.append(process)
    return found


def end(
    name: str, processes: Iterable[psutil.Process], gentle: signal.Signals, patience: float = 10.0
) -> None:
    """Stop processes: gentle signal, after `patience` seconds SIGKILL; StartFailed if one survives."""
    remaining = list(processes)
    for number, seconds in ((gentle, patience), (signal.SIGKILL, 5.0)):
        if not remaining:
            return
        logger.warning(
            "%s of an earlier run still lives (pid %s): sending %s",
            name,
            ", ".join(str(process.pid) for process in remaining),
            number.name,
        )
        for process in remaining:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        until = time.monotonic() + seconds
        while remaining and time.monotonic() < until:
            time.sleep(0.01)
            remaining = [process for process in remaining if _lives(process)]
    if remaining:
        raise StartFailed(name, f"process {remaining[0].pid} of an earlier run cannot be ended")


def _lives(process: psutil.Process) -> bool:
    # Orphans in a container whose first process reaps nobody stay zombies: that is dead enough.
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
