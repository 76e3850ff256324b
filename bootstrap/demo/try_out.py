"""The demo application of `up`: an application with ten devices that a newcomer can send to at once."""

from __future__ import annotations

import secrets
from uuid import uuid4

from bootstrap.demo.application import bearer, create_application
from bootstrap.demo.demo_note import DemoNote
from bootstrap.demo.devices import ANDROID, IOS, Device, Fate, prefix, register_devices
from bootstrap.demo.json_client import CallFailed, JsonClient, json_client
from bootstrap.stack import StackState

DEVICES = 10


async def ensure_demo_application(
    state: StackState, note: DemoNote | None, *, real_providers: bool
) -> DemoNote:
    """The application of the note if it still works, else a new one; its devices are enrolled at the simulator.

    Raise CallFailed when the API refuses: most likely there is no operator's key at hand.
    """
    async with json_client(state.api_url) as api:
        if note is None or note.real_providers != real_providers or not await _works(api, note):
            note = await _create(api, state, real_providers)
    if state.simulator_control is not None:
        async with json_client(state.simulator_control) as control:
            await control.call("POST", "/control/devices", list(note.enrolments))
            await control.call("PUT", "/control/behaviour", behaviour(state.api_url))
    return note


def behaviour(api_url: str) -> dict[str, object]:
    """Providers that take some milliseconds, and devices that report what they receive."""
    return {
        "latency": {"kind": "lognormal", "median_ms": 40, "sigma": 0.4},
        "receipts": {"url": api_url, "received_share": 1.0, "converted_share": 0.2, "delay_ms": 300},
    }


async def _works(api: JsonClient, note: DemoNote) -> bool:
    """Whether the note belongs to this database: it may have been made anew, or be another one."""
    try:
        found = await api.with_headers(bearer(note.api_key)).call(
            "GET", f"/v1/applications/{note.application_id}"
        )
    except CallFailed:
        return False
    return found.body["is_active"] is True


async def _create(api: JsonClient, state: StackState, real_providers: bool) -> DemoNote:
    operator = api.with_headers(bearer(state.operator_key))
    made = await create_application(operator, "demo", with_credentials=not real_providers)
    if real_providers:
        return DemoNote(made.application_id, made.api_key, None, (), real_providers=True)
    run = secrets.token_hex(4)
    devices = [
        Device(
            type=IOS if place % 2 == 0 else ANDROID,
            fate=Fate.HEALTHY,
            token=prefix(Fate.HEALTHY, run) + secrets.token_hex(26),
            install_id=str(uuid4()),
            external_id=f"demo-user-{place + 1}",
        )
        for place in range(DEVICES)
    ]
    registered = await register_devices(api, made.application_id, devices)
    enrolments = [one.enrolment(made.application_id) for one in registered]
    return DemoNote(made.application_id, made.api_key, "demo-user-1", enrolments)
