"""The simulator as a process: it says when it is ready, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.integration.simulator.harness import (
    PAYLOAD,
    ROOT,
    START_SECONDS,
    ApnsKeyPair,
    apns_headers,
    device_token,
    ends_within,
    simulator,
)


def accepts(url: str) -> bool:
    """Whether somebody listens there."""
    parts = httpx.URL(url)
    try:
        socket.create_connection((parts.host, parts.port or 0), timeout=5).close()
    except OSError:
        return False
    return True


def test_the_ready_file_tells_the_truth_and_goes_with_the_process(tmp_path: Path) -> None:
    """All listeners accept when it appears; SIGTERM ends the process with 0 and takes file and ports away."""
    with simulator(tmp_path) as running:
        ready = running.ready
        urls = [value for value in ready.values() if str(value).startswith("http")]
        assert len(urls) >= 6
        assert all(accepts(url) for url in urls)
        assert ready["pid"] == running.process.pid
        assert running.control.get("/control/health").json()["pid"] == running.process.pid
        assert psutil.Process(running.process.pid).children() == []
        assert (tmp_path / "server.key").stat().st_mode & 0o077 == 0
    assert running.process.returncode == 0
    assert not (tmp_path / "simulator.json").exists()
    assert not any(accepts(url) for url in urls)


def test_certificates_survive_a_restart_and_are_no_ca(tmp_path: Path) -> None:
    """A client that trusts the CA of the first run trusts the second; the leaf is for localhost, too."""
    with simulator(tmp_path) as first:
        trusted = (tmp_path / "ca.pem").read_bytes()
        context = ssl.create_default_context(cafile=first.ca)
    with simulator(tmp_path) as second:
        assert (tmp_path / "ca.pem").read_bytes() == trusted
        for key in ("apns_production", "apns_sandbox", "fault"):
            port = httpx.URL(second.ready[key]).port
            context.set_alpn_protocols(["h2"])
            with socket.create_connection(("127.0.0.1", port or 0)) as plain:
                with context.wrap_socket(plain, server_hostname="localhost") as secure:
                    assert secure.selected_alpn_protocol() == "h2"


def test_a_hanging_request_does_not_delay_the_end(tmp_path: Path, apns_key: ApnsKeyPair) -> None:
    """SIGTERM lets go of clients that wait for an answer that never comes, and ends the process cleanly."""
    answers: list[int] = []
    with simulator(tmp_path) as running:
        running.play(rules=[{"token_prefix": "00", "outcome": "hang"}], hang_seconds=600)
        with httpx.Client(
            http2=True, http1=False, verify=running.tls(), timeout=20, trust_env=False
        ) as client:

            def wait_in_vain() -> None:
                url = f"{running.ready['apns_production']}/3/device/{device_token(1)}"
                headers = apns_headers(apns_key)
                answers.append(client.post(url, headers=headers, json=PAYLOAD).status_code)

            waiting = threading.Thread(target=wait_in_vain)
            waiting.start()
            deadline = time.monotonic() + 10
            while running.stats()["requests"] == 0 and time.monotonic() < deadline:
                time.sleep(0.05)
            running.process.send_signal(signal.SIGTERM)
            assert running.process.wait(timeout=10) == 0
            waiting.join()
    assert answers == [504]


def test_a_taken_port_and_a_bad_behaviour_file_are_one_line_on_stderr(tmp_path: Path) -> None:
    """Exit code 1, no traceback, and no listener that silently shares a port."""
    with simulator(tmp_path / "first") as running:
        taken = str(httpx.URL(running.ready["apns_production"]).port)
        occupied = start_and_fail(tmp_path / "second", "--production-port", taken)
        assert (occupied.returncode, occupied.stderr.count("\n")) == (1, 1)
        assert "ddress already in use" in occupied.stderr
    (tmp_path / "bad.json").write_text('{"dead_token_share": 3}')
    bad = start_and_fail(tmp_path / "third", "--behaviour", str(tmp_path / "bad.json"))
    assert (bad.returncode, bad.stderr.count("\n")) == (1, 1)
    assert "dead_token_share" in bad.stderr


def test_a_behaviour_file_is_in_force_from_the_start(tmp_path: Path) -> None:
    """TOML by its suffix."""
    (tmp_path / "script.toml").write_text("seed = 5\ndead_token_prefixes = ['dead']\n")
    with simulator(tmp_path, "--behaviour", str(tmp_path / "script.toml")) as running:
        behaviour = running.control.get("/control/behaviour").json()
    assert (behaviour["seed"], behaviour["dead_token_prefixes"]) == (5, ["dead"])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_simulator_follows_its_parent(tmp_path: Path, number: signal.Signals) -> None:
    """Killed hard or softly, a parent that asked for it leaves no simulator behind."""
    starter = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-m', 'entrypoints.simulator', '--folder', sys.argv[1],"
        " '--exit-with-parent'], stdout=subprocess.DEVNULL)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", starter, str(tmp_path)], cwd=ROOT) as parent:
        deadline = time.monotonic() + START_SECONDS
        while not (tmp_path / "simulator.json").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        pid = json.loads((tmp_path / "simulator.json").read_text())["pid"]
        os.kill(parent.pid, number)
        parent.wait(timeout=10)
    assert ends_within(pid, 10)


def start_and_fail(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a simulator that cannot start."""
    command = [sys.executable, "-m", "entrypoints.simulator", "--folder", str(folder), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
