"""The SDK's gates: one that failed fails the run, one that was skipped is said loudly and fails where CI is set."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "sdk-flutter/tool/ci/gates.py"


@pytest.fixture(scope="module")
def gates() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sdk_gates", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("strict", "code"), [(False, 0), (True, 1)])
def test_a_skipped_gate_is_loud_and_fails_in_ci(
    gates: ModuleType,
    strict: bool,
    code: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A gate that nobody ran guards nothing."""
    run = gates.Gates(strict=strict)
    assert run.run("good", [sys.executable, "-c", "pass"])
    run.skip("types", "there is no Dart VM here")
    assert run.verdict() == code
    told = capsys.readouterr().out
    assert "!!!!!!!! SKIPPED: types: there is no Dart VM here" in told
    assert "1 passed, 0 failed, 1 skipped" in told


def test_a_failed_gate_fails_the_run_and_shows_why(
    gates: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything that the gate said is shown."""
    run = gates.Gates(strict=False)
    assert not run.run("bad", [sys.executable, "-c", "print('here is why'); raise SystemExit(1)"])
    assert run.verdict() == 1
    assert "here is why" in capsys.readouterr().out
