"""The devices' part: after an accepted push, report its receipts to the client API, as an app does.

One request carries one install's events (its headers identify the install), at most 100. What waits is
bounded, and so is each retry.
"""

import asyncio
import heapq
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Annotated, Final
from uuid import uuid4

import msgspec
from msgspec import Meta, Struct
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError

from entrypoints.simulator.behaviour import Receipts
from entrypoints.simulator.chance import fractions
from entrypoints.simulator.stage import Stage

EVENTS_PER_REQUEST: Final = 100
ATTEMPTS: Final = 5
FIRST_BACKOFF_SECONDS: Final = 0.2
LONGEST_WAIT_SECONDS: Final = 30.0
TIMEOUT: Final = timedelta(seconds=15)
PATH: Final = "/v1/client/events"

Name = Annotated[str, Meta(min_length=1, max_length=4096)]


class Device(Struct, frozen=True, forbid_unknown_fields=True):
    """An install that holds `token`; the secret authenticates it and is never shown again."""

    token: Name
    subscription_id: Name
    app_id: Name
    install_id: Name
    install_secret: Name

    def __repr__(self) -> str:
        return f"Device(subscription_id={self.subscription_id!r}, install_id={self.install_id!r})"


class Event(Struct):
    """One receipt on the wire."""

    id: str
    message_id: str
    subscription_id: str
    type: str
    occurred_at: str


class _Verdict(Struct):
    accepted: list[object] = []
    rejected: list[dict[str, object]] = []


class Fleet:
    """The enrolled devices and the receipts they still owe."""

    def __init__(self, stage: Stage, *, max_waiting: int, concurrency: int) -> None:
        self._stage = stage
        self._max_waiting = max_waiting
        self._room = asyncio.Semaphore(concurrency)
        self._concurrency = concurrency
        self._devices: dict[str, Device] = {}
        self._owed: dict[str, tuple[Device, list[Event]]] = {}
        self._due: list[tuple[float, int, str]] = []
        self._order = count()
        self._wake = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self.counts: Counter[str] = Counter()
        stage.on_accepted = self.accepted

    def __len__(self) -> int:
        return len(self._devices)

    def enrol(self, devices: list[Device]) -> None:
        """Add devices, or replace those with the same token."""
        self._devices.update((device.token, device) for device in devices)

    def forget(self) -> None:
        """Drop every device; receipts already owed are still sent."""
        self._devices.clear()

    def stats(self) -> dict[str, int]:
        """Counts since the last reset, plus what is waiting and enrolled now."""
        names = (
            "sent",
            "received",
            "converted",
            "rejected",
            "failed",
            "dropped",
            "unknown_device",
            "retries",
        )
        settled = {name: self.counts[name] for name in (*names, "requests")}
        return {**settled, "waiting": self._waiting, "devices": len(self._devices)}

    def accepted(self, token: str, message_id: str) -> None:
        """A push was accepted: note the receipts that this device will report."""
        receipts = self._stage.behaviour.receipts
        if receipts is None:
            return
        device = self._devices.get(token)
        if device is None:
            self.counts["unknown_device"] += 1
            return
        share, _, _, _ = fractions(self._stage.behaviour.seed, token, "receipts")
        kinds = [
            kind
            for kind, limit in (
                ("received", receipts.received_share),
                ("converted", receipts.converted_share),
            )
            if share < limit
        ]
        if not kinds:
            return
        if self._waiting + len(kinds) > self._max_waiting:
            self.counts["dropped"] += len(kinds)
            return
        delay = receipts.delay_ms / 1000
        occurred_at = datetime.fromtimestamp(self._stage.now() + delay, UTC).isoformat()
        owed = self._owed.get(device.install_id)
        if owed is None:
            owed = self._owed[device.install_id] = (device, [])
            due = asyncio.get_running_loop().time() + delay
            heapq.heappush(self._due, (due, next(self._order), device.install_id))
            self._wake.set()
        for kind in kinds:
            owed[1].append(Event(str(uuid4()), message_id, device.subscription_id, kind, occurred_at))
        self._waiting += len(kinds)

    async def run(self) -> None:
        """Send receipts as they fall due, until cancelled."""
        loop = asyncio.get_running_loop()
        builder = ClientBuilder().timeout(TIMEOUT).max_connections(self._concurrency)
        async with builder.default_headers({"x-sdk": "simulator/1"}).build() as client:
            try:
                while True:
                    if not self._due:
                        self._wake.clear()
                        await self._wake.wait()
                    wait = self._due[0][0] - loop.time()
                    if wait > 0:
                        self._wake.clear()
                        await _wait_at_most(self._wake, wait)
                        continue
                    _, _, install_id = heapq.heappop(self._due)
                    device, events = self._owed.pop(install_id)
                    await self._room.acquire()
                    task = asyncio.create_task(self._report(client, device, events))
                    self._sending.add(task)
                    task.add_done_callback(self._done)
            finally:
                for task in self._sending:
                    task.cancel()
                await asyncio.gather(*self._sending, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._room.release()

    async def _report(self, client: Client, device: Device, events: list[Event]) -> None:
        for start in range(0, len(events), EVENTS_PER_REQUEST):
            part = events[start : start + EVENTS_PER_REQUEST]
            try:
                receipts = self._stage.behaviour.receipts
                if receipts is None or not await self._post(client, receipts, device, part):
                    self.counts["failed"] += len(part)
            finally:
                self._waiting -= len(part)

    async def _post(self, client: Client, receipts: Receipts, device: Device, events: list[Event]) -> bool:
        """Whether the API took the events, after at most `ATTEMPTS` tries with the same body and key."""
        body = msgspec.json.encode({"events": events})
        headers = {
            "x-app-id": device.app_id,
            "x-install-id": device.install_id,
            "x-install-secret": device.install_secret,
            "idempotency-key": events[0].id,
            "content-type": "application/json",
        }
        url = receipts.url.rstrip("/") + PATH
        for attempt in range(ATTEMPTS):
            backoff = FIRST_BACKOFF_SECONDS * 2**attempt
            self.counts["requests"] += 1
            try:
                response = await client.post(url).headers(headers).body_bytes(body).build().send()
                if response.status == 200:
                    self._count(events, bytes(await response.bytes()))
                    return True
                if response.status != 429 and response.status < 500:
                    return False
                backoff = max(backoff, _retry_after(response.get_header("retry-after"), self._stage.now()))
            except PyreqwestError:
                self.counts["transport_errors"] += 1
            if attempt + 1 < ATTEMPTS:
                self.counts["retries"] += 1
                await asyncio.sleep(min(backoff, LONGEST_WAIT_SECONDS))
        return False

    def _count(self, events: list[Event], body: bytes) -> None:
        try:
            refused = {str(item.get("id")) for item in msgspec.json.decode(body, type=_Verdict).rejected}
        except msgspec.MsgspecError:
            refused = set()
        for event in events:
            if event.id in refused:
                self.counts["rejected"] += 1
            else:
                self.counts["sent"] += 1
                self.counts[event.type] += 1


async def _wait_at_most(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def _retry_after(value: str | None, now: float) -> float:
    """Seconds to wait, from integer seconds or an HTTP date; 0 when absent or unreadable."""
    if value is None:
        return 0.0
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return 0.0
