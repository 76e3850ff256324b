"""Running `automata-signal` as people do: a process of its own, its output, and what it must not leave behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs
import psutil
from typer.testing import CliRunner

from bootstrap.command_line import build
from bootstrap.embedded.folder_lock import FolderLock
from tests.servers import memory_root, open_folder

COMMAND = [sys.executable, "-m", "bootstrap.main"]
ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 90
STOP_SECONDS = 60


def environment(**more: str) -> dict[str, str]:
    """Ours without what would point at other servers, in English."""
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "NATS_URL"}}
    return {**kept, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **more}


def automata_signal(*arguments: str, seconds: float = 60, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def typed_here(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The same without a process of its own, whose start costs a second: where others of its kind show that it works.

    In English: the language is an option of the process.
    """
    theirs = dict.fromkeys(("DATABASE_URL", "NATS_URL")) | environment(**more)
    ran = CliRunner(env=theirs).invoke(build(arguments), arguments)
    if ran.exception is not None and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    return subprocess.CompletedProcess(arguments, ran.exit_code, ran.stdout, ran.stderr)


@contextmanager
def stack_folder() -> Iterator[Path]:
    """A data folder, in memory where there is room."""
    with open_folder(memory_root()) as folder:
        yield folder


@attrs.define
class Up:
    """A running `up --json`."""

    process: subprocess.Popen[str]
    folder: Path
    told: dict[str, Any]
    stderr: Path

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Its exit code after this signal."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def paste(self, line: str) -> Any:
        """Run a printed line in a shell; what it answers, decoded."""
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=30, check=True)
        return json.loads(done.stdout)

    def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """(status, decoded answer) of a call to the API, with the application's key unless headers say otherwise."""
        auth = {"Authorization": f"Bearer {self.told['application_key']}"} if headers is None else headers
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.told["url"] + path,
            method=method,
            data=raw,
            headers={"Content-Type": "application/json", **auth},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        return status, json.loads(text) if text else None

    def newcomer(self) -> Up:
        """The same installation as another application sees it: a new one, with a key to send and to register."""
        operator = {"Authorization": f"Bearer {self.told['operator_key']}"}
        status, made = self.call("POST", "/v1/applications", {"name": "newcomer"}, operator)
        assert status == 201, made
        scopes = [f"{of}:{may}" for of in ("messages", "audience") for may in ("write", "read")]
        status, issued = self.call(
            "POST", f"/v1/applications/{made['id']}/keys", {"scopes": scopes}, operator
        )
        assert status == 201, issued
        own = {"application_id": made["id"], "application_key": issued["api_key"]}
        return attrs.evolve(self, told={**self.told, **own})

    def message(self, message_id: str, *wanted: str, seconds: float = 30) -> dict[str, Any]:
        """The message once it is in one of these states."""
        until = time.monotonic() + seconds
        while True:
            _, found = self.call("GET", f"/v1/messages/{message_id}")
            if found["status"] in wanted or time.monotonic() > until:
                assert found["status"] in wanted, found
                return dict(found)
            time.sleep(0.2)


@contextmanager
def running_up(folder: Path, *arguments: str, **more: str) -> Iterator[Up]:
    """`up` on a free port; stopped at the end if the test did not stop it."""
    errors = folder / "up.stderr"
    with errors.open("a") as stderr:
        process = subprocess.Popen(
            [*COMMAND, "up", "--json", "--port", "0", "--folder", str(folder), *arguments],
            cwd=ROOT,
            env=environment(**more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, errors.read_text()
        yield Up(process, folder, json.loads(line), errors)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()


def left_behind(folder: Path) -> list[str]:
    """Processes that work in the folder, a held lock, notes of something that runs; empty is right."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            words = " ".join(process.cmdline())
            ours = process.environ().get("SIGNAL_DATA_FOLDER") == str(folder)
            if ours or re.search(rf"{re.escape(str(folder))}(/|\s|$)", f"{words} {process.cwd()} "):
                found.append(words)
    lock = FolderLock(folder)
    lock.acquire()
    lock.release()
    found += [name for name in ("stack.json", "running.json") if (folder / name).exists()]
    return found
