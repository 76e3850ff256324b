"""The SDK itself on the Dart VM, where there is one: it measures its own start, login and registrations."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from bootstrap.stack.role_process import ROOT

PACKAGE = ROOT / "sdk-flutter"


def measure_sdk(api_url: str, application_id: str, sessions: int) -> dict[str, Any] | str:
    """What the SDK's bench tells, or why it could not be run."""
    set_up = PACKAGE / "tool/ci/setup.sh"
    if not set_up.exists():
        return "the SDK's sources are not here"
    ran = subprocess.run(["bash", str(set_up)], capture_output=True, text=True, check=False)
    if ran.returncode:
        return ran.stderr.strip().splitlines()[-1] if ran.stderr.strip() else "no Dart VM"
    ran = subprocess.run(
        [
            str(PACKAGE / "tool/ci/dart"),
            str(PACKAGE / "tool/ci/bench.dart"),
            api_url,
            application_id,
            str(sessions),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(
            f"the SDK's bench ended with {ran.returncode}:\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}"
        )
    found: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
    return found
