"""Prometheus' own checker, where it is installed: what it finds is a failure.

Where it is missing the run's summary says what was not checked (tests/conftest.py).
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def promtool(*arguments: str, stdin: str | None = None, cwd: Path | None = None) -> None:
    """Run it; fail with what it says. Nothing happens where it is not installed."""
    program = shutil.which("promtool")
    if program is None:
        return
    done = subprocess.run(
        [program, *arguments],
        input=stdin,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
