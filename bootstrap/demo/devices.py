"""Devices that register as installs do: one call each through the client API, secrets kept as an app keeps them."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from uuid import UUID, uuid4

import attrs

from bootstrap.demo.json_client import CallFailed, JsonClient

CONCURRENCY = 64
DEAD_SHARE = 0.03
FLAKY_SHARE = 0.02
IOS, ANDROID = "iOSPush", "AndroidPush"


class Fate(Enum):
    """What the provider will make of a push to the device; the value begins its token. Hexadecimal, as APNs' are."""

    HEALTHY = "0a11"
    DEAD = "dead"
    FLAKY = "f1a7"


@attrs.frozen
class Device:
    """A phone with the app installed."""

    type: str
    fate: Fate
    token: str = attrs.field(repr=False)
    install_id: str
    external_id: str | None = None
    name: str | None = None
    """What the tag `name` says."""


@attrs.frozen
class Registered:
    """A device that has a subscription, and the secret that authenticates its install."""

    device: Device
    subscription_id: UUID
    install_secret: str = attrs.field(repr=False)

    def enrolment(self, application_id: str) -> dict[str, str]:
        """What the simulator needs to play this device; secret."""
        return {
            "token": self.device.token,
            "subscription_id": str(self.subscription_id),
            "app_id": application_id,
            "install_id": self.device.install_id,
            "install_secret": self.install_secret,
        }


def prefix(fate: Fate, run: str) -> str:
    """How the tokens of this fate begin in this run, and in no other."""
    return fate.value + run


def plan_devices(count: int, run: str, *, named: bool = False) -> list[Device]:
    """Half iOS, half Android; 3 % dead and 2 % flaky, spread over both. `run` is hexadecimal; `named`: with a name each."""
    dead, flaky = round(count * DEAD_SHARE), round(count * FLAKY_SHARE)
    chosen = random.Random(run).sample(range(count), dead + flaky)  # noqa: S311 - no secret
    fates = dict.fromkeys(chosen[:dead], Fate.DEAD) | dict.fromkeys(chosen[dead:], Fate.FLAKY)
    devices = []
    for place in range(count):
        fate = fates.get(place, Fate.HEALTHY)
        type_ = IOS if place % 2 == 0 else ANDROID
        start = prefix(fate, run)
        rest = secrets.token_hex(32)[len(start) :] if type_ == IOS else f":{secrets.token_urlsafe(105)}"
        name = f"수신자 {place + 1:,}" if named else None
        devices.append(Device(type_, fate, start + rest, str(uuid4()), name=name))
    return devices


async def register_devices(
    api: JsonClient,
    application_id: str,
    devices: Sequence[Device],
    progress: Callable[[int], None] = lambda _: None,
) -> list[Registered]:
    """In the order of `devices`, at most 64 calls under way; `progress` is told how many are done.

    Raise CallFailed for the first one that is refused, or that could not be sent to.
    """
    found: list[Registered | None] = [None] * len(devices)
    queue: Iterator[tuple[int, Device]] = iter(enumerate(devices))
    done = 0

    async def work() -> None:
        nonlocal done
        for place, device in queue:
            found[place] = await _register(api, application_id, device)
            done += 1
            progress(done)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(CONCURRENCY, len(devices))):
                group.create_task(work())
    except* CallFailed as errors:
        raise errors.exceptions[0] from None
    return [one for one in found if one is not None]


async def _register(api: JsonClient, application_id: str, device: Device) -> Registered:
    ios = device.type == IOS
    body: dict[str, object] = {
        "type": device.type,
        "token": device.token,
        "device_model": "iPhone17,1" if ios else "SM-S931N",
        "device_os": "iOS 26.0" if ios else "Android 16",
        "device_language": "ko",
        "country_code": "KR",
        "app_version": "1.0.0",
        "sdk_version": "0.1.0",
    }
    if device.external_id is not None:
        body["external_id"] = device.external_id
    if device.name is not None:
        body["tags"] = {"name": device.name}
    headers = {"x-app-id": application_id, "x-install-id": device.install_id}
    answer = await api.call("POST", "/v1/client/subscriptions", body, headers=headers)
    if answer.body["subscription_status"] < 1 or "install_secret" not in answer.body:
        raise CallFailed(
            f"the registration of an {device.type} device was answered {answer.status} without effect"
        )
    return Registered(device, UUID(answer.body["id"]), answer.body["install_secret"])
