"""On the real server: what is asked for on a bad network, through restarts, ends as the same asked for one by one."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.rest.callers import Callers, Tenant
from tests.e2e.sdk.phones import PhoneProcess, SdkPhone, phone_process

pytestmark = pytest.mark.timeout(240)

SEEDS = range(6)
Call = tuple[str, Any]


@pytest.fixture(scope="module")
def phones(driver: Path) -> Iterator[PhoneProcess]:
    with phone_process(driver) as process:
        yield process


def calls(seed: int) -> list[Call]:
    """What an app asks for; the same for the same seed."""
    chance = random.Random(seed)
    tokens = [f"{chance.getrandbits(256):064x}" for _ in range(3)]
    choices: list[Call] = [
        ("login", ["minsu"]),
        ("login", ["jiyoung"]),
        ("logout", None),
        ("registerEmail", "minsu@example.com"),
        ("registerEmail", "jiyoung@example.com"),
        ("registerSMS", "+821012345678"),
        ("registerKakaoTalk", "+821087654321"),
        ("addTags", {"level": chance.randrange(5)}),
        ("addTags", {"city": "seoul", "vip": True}),
        ("removeTags", ["city"]),
        ("setLanguage", "en"),
        ("push", False),
        ("push", True),
        ("disableChannel", "Email"),
        *(("newToken", token) for token in tokens),
    ]
    return chance.choices(choices, k=chance.randrange(6, 16))


def state(tenant: Tenant) -> tuple[list[dict[str, Any]], list[str]]:
    """All that the server knows of the phone and its users, but for ids and times."""
    told = ("type", "external_id", "subscription_status", "enabled", "device_language", "tags", "has_token")
    items = tenant.http.get("/v1/subscriptions", params={"limit": 200}).json()["items"]
    users = tenant.http.get("/v1/users", params={"limit": 200}).json()["items"]
    subscriptions = [{name: one[name] for name in told} for one in items]
    return sorted(subscriptions, key=repr), sorted(one["external_id"] for one in users)


def ask_one_by_one(seed: int, phones: PhoneProcess, url: str, app_id: str, token: str) -> None:
    careful = SdkPhone(phones, f"careful {seed}")
    careful.launch(url, app_id, type="iOSPush", token=token, speed=50)
    careful.settle()
    for what, given in calls(seed):
        careful.do(what, given)
        careful.settle()
    careful.do("kill")


@pytest.mark.parametrize("seed", SEEDS)
def test_the_server_ends_in_the_same_state(seed: int, callers: Callers, phones: PhoneProcess) -> None:
    """Lost requests, lost answers, errors, too many requests and restarts on one phone, none on the other."""
    token = secrets.token_hex(32)
    calm, rough = callers.new_tenant(), callers.new_tenant()
    url = callers.served.url
    ask_one_by_one(seed, phones, url, calm.id, token)

    chance = random.Random(seed)
    hasty = SdkPhone(phones, f"hasty {seed}")
    badness = chance.uniform(0.1, 0.6)
    hasty.launch(url, rough.id, type="iOSPush", token=token, speed=50, seed=seed, badness=badness)
    asked: list[int] = []
    for what, given in calls(seed):
        asked.append(phones.begin(hasty.name, what, **({} if given is None else {"with": given})))
        if chance.random() < 0.25:
            for number in asked:
                phones.end(number)
            asked.clear()
            hasty.do("restart", {"seed": chance.randrange(1_000)})
    for number in asked:
        phones.end(number)
    hasty.do("restart", {"badness": 0})
    hasty.settle()
    hasty.do("kill")

    assert state(rough) == state(calm), calls(seed)
