"""The static gate between SDK and server holds, and notices each kind of drift."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "sdk-flutter"
SCRIPT = PACKAGE / "tool/ci/contract_check.py"
CORE = "lib/src/core"


def run(package: Path) -> tuple[int, str]:
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), str(package)], capture_output=True, text=True, timeout=60, check=False
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_sdk_and_server_are_in_step() -> None:
    """Paths, keys, names and versions."""
    code, report = run(PACKAGE)
    assert code == 0, report


DRIFTS = [
    (f"{CORE}/wire/client_wire.dart", "'device_model': model", "'device_modle': model", "device_modle"),
    (f"{CORE}/wire/client_wire.dart", "j['subscription_status']", "j['status_code']", "status_code"),
    (f"{CORE}/net/endpoints.dart", "/v1/client/users/login", "/v1/client/users/log-in", "not served"),
    (f"{CORE}/engine.dart", "const Duration(hours: 1)", "'/v1/client/x'.length", "endpoints.dart"),
    (f"{CORE}/subscription_type.dart", "  KakaoTalk,", "", "SubscriptionType differs"),
    (f"{CORE}/wire/event_wire.dart", "  dismissed,", "", "SignalEventType differs"),
    (f"{CORE}/wire/in_app_wire.dart", "display['max_total']", "display['maximum']", "maximum"),
    (f"{CORE}/in_app/in_app_message.dart", "modal('modal')", "modal('popup')", "InAppLayout differs"),
    (f"{CORE}/subscription_type.dart", "simulator = -15", "simulator = -150", "-150"),
    ("pubspec.yaml", "version: ", "version: 9", "sdkVersion differ"),
    ("contract/fixtures/first_start.json", '"iam_min_interval"', '"iam_interval"', "iam_interval"),
]


@pytest.mark.parametrize(("file", "before", "after", "told"), DRIFTS, ids=lambda one: str(one)[:40])
def test_a_drift_is_noticed(tmp_path: Path, file: str, before: str, after: str, told: str) -> None:
    """One seeded difference in a copy fails the gate, and the report names it."""
    package = tmp_path / "package"
    for name in ("lib", "contract"):
        shutil.copytree(PACKAGE / name, package / name)
    for name in ("pubspec.yaml", "CHANGELOG.md"):
        shutil.copyfile(PACKAGE / name, package / name)
    source = (package / file).read_text(encoding="utf-8")
    assert before in source
    (package / file).write_text(source.replace(before, after, 1), encoding="utf-8")
    code, report = run(package)
    assert code == 1, report
    assert told in report
