"""CPU seconds of process trees, and facts about the machine they ran on."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import psutil

_LIBRARIES = ("aioapns", "asyncpg", "nats-py", "pyreqwest", "uvicorn", "uvloop")


def tree_seconds(pids: Sequence[int]) -> float:
    """User and system seconds of these processes, of their living descendants, and of those that ended and were
    reaped (PostgreSQL's backends end with their connection; the postmaster then carries their time).
    """
    total = 0.0
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            for one in (process, *process.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    times = one.cpu_times()
                    total += times.user + times.system + times.children_user + times.children_system
    return total


def busy_seconds() -> float:
    """Seconds that the machine's cores have been busy with anything, ours or not, since it started."""
    times = psutil.cpu_times()
    return float(
        times.user + times.system + times.nice + getattr(times, "irq", 0.0) + getattr(times, "softirq", 0.0)
    )


def resident_mb(pid: int) -> float:
    """Resident memory of one process in MB (10^6 bytes); 0 when it has ended."""
    try:
        return float(psutil.Process(pid).memory_info().rss) / 1e6
    except psutil.NoSuchProcess:
        return 0.0


def machine() -> dict[str, object]:
    """Where this was measured."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "model": _model(),
        "memory_mb": round(psutil.virtual_memory().total / 1e6),
        "load_average": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()}",
    }


def versions(servers: Mapping[str, str]) -> dict[str, str]:
    """Of Python, the libraries that matter, and the servers."""
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
        **servers,
    }


def _model() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
