"""On the real server: an app whose process is killed in the middle of its requests loses nothing that it was told is stored."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.e2e.rest.callers import Callers
from tests.e2e.sdk.phones import (
    PhoneDied,
    PhoneProcess,
    SdkPhone,
    phone_process,
)
from tests.e2e.sdk.test_same_state import ask_one_by_one, calls, state

pytestmark = pytest.mark.timeout(240)

SEEDS = range(4)


@pytest.fixture(scope="module")
def phones(driver: Path) -> Iterator[PhoneProcess]:
    with phone_process(driver) as process:
        yield process


@attrs.define
class MortalPhone:
    """One install, and whichever process its app runs in."""

    program: Path
    launched: dict[str, Any]
    chance: random.Random
    deaths: int = 0
    _process: PhoneProcess | None = None

    def alive(self, **more: Any) -> SdkPhone:
        """Of the process that runs, or of a new one on the same folder; `more` is for the latter."""
        while self._process is None:
            self._process = PhoneProcess(self.program)
            try:
                SdkPhone(self._process, "mortal").launch(**self.launched, **more)
            except PhoneDied:
                self.bury()
                more = {}
        return SdkPhone(self._process, "mortal")

    def death(self) -> dict[str, Any]:
        """At one of the next requests: stored and not sent, or sent with an answer that is never seen."""
        return {"send": self.chance.randint(1, 3), "answered": self.chance.random() < 0.5}

    def live_until_idle(self) -> None:
        """Or until death."""
        try:
            self.alive().settle()
        except PhoneDied:
            self.bury()

    def bury(self) -> None:
        self.deaths += 1
        self.kill()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_stored_before_a_kill_is_sent_once_after_it(
    seed: int, callers: Callers, phones: PhoneProcess, driver: Path, tmp_path: Path
) -> None:
    """SIGKILL between storing and sending, and between the server's answer and its being stored: the server ends as if every
    call had been made online, one after the other."""
    token = secrets.token_hex(32)
    calm, rough = callers.new_tenant(), callers.new_tenant()
    url = callers.served.url
    ask_one_by_one(seed, phones, url, calm.id, token)

    chance = random.Random(seed)
    launched = {
        "url": url,
        "app_id": rough.id,
        "type": "iOSPush",
        "token": token,
        "speed": 50,
        "folder": str(tmp_path),
    }
    mortal = MortalPhone(driver, launched, chance)
    try:
        mortal.alive(die_at=mortal.death())
        mortal.live_until_idle()
        wanted = calls(seed)
        while wanted:
            some = [wanted.pop(0) for _ in range(min(len(wanted), chance.randint(1, 4)))]
            phone = mortal.alive()
            phone.do("dieAt")
            phone.do("badness", 1)
            asked = [
                phone.process.begin(phone.name, what, **({} if given is None else {"with": given}))
                for what, given in some
            ]
            for number in asked:
                phone.process.end(number)
            phone.do("dieAt", mortal.death())
            mortal.live_until_idle()
        mortal.alive().settle()
    finally:
        mortal.kill()
    assert mortal.deaths >= 2
    assert state(rough) == state(calm), calls(seed)
