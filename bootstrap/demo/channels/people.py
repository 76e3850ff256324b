"""Registration: two phones through the client API, the addresses through REST, and in-app where it is installed."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID, uuid4

import attrs

from bootstrap.demo.channels.script import ANDROID, EMAIL, IN_APP, IOS, KAKAO, SMS, Person
from bootstrap.demo.devices import Device, Registered, prefix, register_devices
from bootstrap.demo.devices import Fate as DeviceFate
from bootstrap.demo.json_client import CallFailed, JsonClient
from domain.shared.channels import SubscriptionType

AT_ONCE = 1_000
ADDRESSES = (EMAIL, SMS, KAKAO)


@attrs.frozen
class Audience:
    """Who was registered."""

    subscriptions: Mapping[tuple[Person, SubscriptionType], UUID]
    phones: Sequence[Registered]
    apps: Mapping[Person, Registered]
    """In-app subscriptions, each with the install that it belongs to."""


def address(person: Person, type: SubscriptionType, run: str) -> str:
    """Where this person gets messages of the type."""
    if type is EMAIL:
        return f"{person.fate(EMAIL).prefix}-{run}-{person.place}@example.com"
    return person.phone


def _phones(person: Person, run: str) -> tuple[Device, Device]:
    devices = []
    for type_ in (IOS, ANDROID):
        dead = person.fate(type_).code is not None
        start = prefix(DeviceFate.DEAD if dead else DeviceFate.HEALTHY, run)
        rest = secrets.token_hex(32)[len(start) :] if type_ is IOS else f":{secrets.token_urlsafe(105)}"
        fate = DeviceFate.DEAD if dead else DeviceFate.HEALTHY
        devices.append(Device(type_.wire, fate, start + rest, str(uuid4()), external_id=person.external_id))
    return devices[0], devices[1]


async def register(
    client: JsonClient,
    api: JsonClient,
    application_id: str,
    everybody: Sequence[Person],
    types: Collection[SubscriptionType],
    run: str,
    progress: Callable[[int], None],
) -> Audience:
    """Everybody on every type; `api` carries the application's key. Raise CallFailed when one is refused."""
    devices = [device for person in everybody for device in _phones(person, run)]
    phones = await register_devices(client, application_id, devices, lambda done: progress(done // 2))
    found: dict[tuple[Person, SubscriptionType], UUID] = {}
    for person, (ios, android) in zip(everybody, zip(phones[::2], phones[1::2], strict=True), strict=True):
        found[person, IOS], found[person, ANDROID] = ios.subscription_id, android.subscription_id
    wanted = [(person, type_) for type_ in ADDRESSES if type_ in types for person in everybody]
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        body = [
            {"type": type_.wire, "token": address(person, type_, run), "external_id": person.external_id}
            for person, type_ in some
        ]
        done = (await api.call("POST", "/v1/subscriptions/batch", {"subscriptions": body})).body
        if done["rejected"]:
            refused = next(one for one in done["results"] if "code" in one)
            raise CallFailed(f"a registration was refused: {refused}")
        found.update((key, UUID(one["id"])) for key, one in zip(some, done["results"], strict=True))
    apps: dict[Person, Registered] = {}
    if IN_APP in types:
        for person, phone in zip(everybody, phones[::2], strict=True):
            apps[person] = await _app(client, application_id, phone)
            found[person, IN_APP] = apps[person].subscription_id
    return Audience(found, phones, apps)


async def _app(client: JsonClient, application_id: str, phone: Registered) -> Registered:
    """The app on the iPhone shows in-app messages, too."""
    body = {
        "type": IN_APP.wire,
        "external_id": phone.device.external_id,
        "device_os": "iOS 26.0",
        "device_language": "ko",
        "app_version": "1.0.0",
    }
    headers = app_headers(application_id, phone)
    answer = await client.call("POST", "/v1/client/subscriptions", body, headers=headers)
    return attrs.evolve(phone, subscription_id=UUID(answer.body["id"]))


def app_headers(application_id: str, phone: Registered) -> dict[str, str]:
    """How an install authenticates itself."""
    return {
        "x-app-id": application_id,
        "x-install-id": phone.device.install_id,
        "x-install-secret": phone.install_secret,
    }
