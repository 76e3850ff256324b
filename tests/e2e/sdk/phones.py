"""Phones that run the SDK on the Dart VM: one process for all of them, spoken to in lines of JSON."""

from __future__ import annotations

import itertools
import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs
import pytest

PACKAGE = Path(__file__).resolve().parents[3] / "sdk-flutter"
DART = PACKAGE / "tool/ci/dart"
DRIVER = PACKAGE / "test/e2e/phone_driver.dart"
PATIENCE = 40.0


class PhoneFailed(Exception):
    """The SDK, or the phone around it, threw."""


def have_dart() -> None:
    """Install the Dart VM; fail with the reason where there can be none."""
    ran = subprocess.run(
        ["bash", str(PACKAGE / "tool/ci/setup.sh")], capture_output=True, text=True, check=False
    )
    if ran.returncode:
        pytest.fail(f"the SDK cannot be run here: {ran.stderr.strip()}")


class PhoneDied(PhoneFailed):
    """The process was killed."""


def compiled_driver(folder: Path) -> Path:
    """The driver as a kernel file: its process starts in a fifth of a second instead of two."""
    have_dart()
    program = folder / "phone_driver.dill"
    arguments = ["--snapshot-kind=kernel", f"--snapshot={program}", str(DRIVER)]
    subprocess.run([str(DART), *arguments], check=True, timeout=60)
    return program


class PhoneProcess:
    """Answers come in any order; each call waits for its own."""

    def __init__(self, program: Path = DRIVER) -> None:
        """`program`: the driver's source, or what `compiled_driver` made of it."""
        self._process = subprocess.Popen(
            [str(DART), "--enable-asserts", str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._numbers = itertools.count(1)
        self._answers: dict[int, dict[str, Any]] = {}
        self._arrived = threading.Condition()
        self._ended = False
        threading.Thread(target=self._listen, name="phones", daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if not line.startswith("{"):
                continue
            answer = json.loads(line)
            with self._arrived:
                self._answers[answer["id"]] = answer
                self._arrived.notify_all()
        with self._arrived:
            self._ended = True
            self._arrived.notify_all()

    def begin(self, phone: str, what: str, **given: Any) -> int:
        """Ask without waiting; answers the call's number."""
        number = next(self._numbers)
        line = json.dumps({"id": number, "phone": phone, "do": what, **given})
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise PhoneDied("the process ended") from None
        return number

    def end(self, number: int, within: float = PATIENCE) -> Any:
        """Wait for a call's answer; raise PhoneFailed for what the phone threw."""
        with self._arrived:
            there = self._arrived.wait_for(lambda: number in self._answers or self._ended, within)
            answer = self._answers.pop(number, None)
        if answer is None:
            raise PhoneDied("the process ended") if there else PhoneFailed(f"no answer in {within} s")
        if "error" in answer:
            raise PhoneFailed(answer["error"])
        return answer["result"]

    def call(self, phone: str, what: str, **given: Any) -> Any:
        return self.end(self.begin(phone, what, **given))

    def kill(self) -> None:
        """kill -9: nothing of the SDK's runs any more."""
        self._process.kill()
        self.close()

    def close(self) -> None:
        """The process ends when nobody speaks to it any longer."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@attrs.frozen
class SdkPhone:
    """One phone with the app on it."""

    process: PhoneProcess
    name: str

    def launch(self, url: str, app_id: str, *, type: str, token: str, **more: Any) -> SdkPhone:
        """A new install."""
        self.process.call(self.name, "launch", url=url, app=app_id, type=type, token=token, **more)
        return self

    def do(self, what: str, given: Any = None) -> Any:
        return self.process.call(self.name, what, **({} if given is None else {"with": given}))

    def settle(self) -> None:
        """Wait until everything that was asked for is done."""
        self.do("settle")

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.do("state")
        return found

    def subscription(self, type: str) -> str:
        """The server's id."""
        found: str = self.state()["subscriptions"][type]["id"]
        return found


@contextmanager
def phone_process(program: Path = DRIVER) -> Iterator[PhoneProcess]:
    """A Dart VM with room for any number of phones."""
    have_dart()
    process = PhoneProcess(program)
    try:
        yield process
    finally:
        process.close()
