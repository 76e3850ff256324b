"""Starts a second Python that runs servers, to be killed or asked by the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[3]


def python(script: str, *arguments: str) -> subprocess.Popen[str]:
    """Start the script in a new interpreter at the checkout's root; its output is a pipe of text lines."""
    return subprocess.Popen(
        [sys.executable, "-u", "-c", script, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that ended and was not reaped by its new parent does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Wait until the condition holds, and tell whether it did."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def processes_below(folder: Path) -> list[psutil.Process]:
    """Return the live processes that work in the folder or below it, or name it in their arguments."""
    found = []
    for process in psutil.process_iter():
        try:
            mentions = [process.cwd(), *process.cmdline()]
            if process.pid != os.getpid() and any(str(folder) in word for word in mentions):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return [process for process in found if alive(process.pid)]
