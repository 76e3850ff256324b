"""What an app with in-app messages does: fetches them, shows each, and its user presses the button."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from bootstrap.demo.channels.people import app_headers
from bootstrap.demo.channels.script import Person
from bootstrap.demo.devices import CONCURRENCY, Registered
from bootstrap.demo.json_client import CallFailed, JsonClient

TRIES = 40
EVERY = 0.5
"""Seconds until a phone that got nothing asks again; the demo is no SDK, which would wait a minute."""


async def show_all(client: JsonClient, application_id: str, apps: Mapping[Person, Registered]) -> None:
    """Each app shows its one message. Raise CallFailed when one never gets it."""
    turn = asyncio.Semaphore(CONCURRENCY)

    async def show(app: Registered) -> None:
        async with turn:
            await _show(client.with_headers(app_headers(application_id, app)), app)

    await asyncio.gather(*(show(app) for app in apps.values()))


async def _show(client: JsonClient, app: Registered) -> None:
    path = f"/v1/client/in-app-messages?subscription_id={app.subscription_id}"
    for _ in range(TRIES):
        messages = (await client.call("GET", path)).body["messages"]
        if messages:
            break
        await asyncio.sleep(EVERY)
    else:
        raise CallFailed(f"in-app subscription {app.subscription_id} never got its message")
    events = [
        {
            "id": secrets.token_hex(8),
            "message_id": message["id"],
            "subscription_id": str(app.subscription_id),
            "type": kind,
            "occurred_at": datetime.now(UTC).isoformat(),
        }
        for message in messages
        for kind in ("displayed", "converted")
    ]
    await client.call("POST", "/v1/client/events", {"events": events})
