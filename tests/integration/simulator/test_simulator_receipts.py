"""The devices' part: accepted pushes come back as receipts at the client API."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.simulator.harness import ApnsKeyPair, Simulator, apns_headers, device_token


class ClientApi(ThreadingHTTPServer):
    """An HTTP server that takes events as the client API does, and first refuses as often as told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[dict[str, str], list[dict[str, Any]]]] = []
        self.refusals: list[int] = []
        self.reject_all = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def events(self) -> list[dict[str, Any]]:
        return [event for _, events in self.requests for event in events]


class _Handler(BaseHTTPRequestHandler):
    server: ClientApi
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        status, answer = 200, {}
        if self.path != "/v1/client/events":
            status = 404
        elif self.server.refusals:
            status = self.server.refusals.pop()
        else:
            self.server.requests.append(({k.lower(): v for k, v in self.headers.items()}, body["events"]))
            ids = [event["id"] for event in body["events"]]
            rejected = [{"id": item, "code": "unknown_message"} for item in ids]
            answer = {"accepted": [] if self.server.reject_all else ids, "rejected": []}
            if self.server.reject_all:
                answer["rejected"] = rejected
        raw = json.dumps(answer).encode()
        self.send_response(status)
        if status == 429:
            self.send_header("retry-after", "0")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def client_api() -> Iterator[ClientApi]:
    """The server that receives receipts."""
    with ClientApi() as api:
        thread = threading.Thread(target=api.serve_forever)
        thread.start()
        yield api
        api.shutdown()
        thread.join()


def device(number: int) -> dict[str, str]:
    """An install that holds one push token."""
    return {
        "token": device_token(number),
        "subscription_id": f"subscription-{number}",
        "app_id": "app-1",
        "install_id": f"install-{number}",
        "install_secret": f"secret-{number}",
    }


def enrol(sim: Simulator, count: int) -> None:
    """Tell the simulator whom its devices are, as NDJSON."""
    lines = "\n".join(json.dumps(device(number)) for number in range(count))
    response = sim.control.post("/control/devices", content=lines)
    assert response.json() == {"enrolled": count, "devices": count}


async def push(sim: Simulator, key: ApnsKeyPair, number: int, message_id: str) -> None:
    """An accepted push whose payload names its message."""
    async with sim.client() as client:
        response = await client.post(
            f"{sim.ready['apns_production']}/3/device/{device_token(number)}",
            headers=apns_headers(key, apns_id=message_id),
            json={"aps": {"alert": "x"}, "as_v": "1", "as_mid": message_id},
        )
    assert response.status_code == 200


def settled(sim: Simulator, **counts: int) -> dict[str, int]:
    """The receipt counts, once nothing waits and they are as expected (or after ten seconds)."""
    deadline = time.monotonic() + 10
    while True:
        receipts: dict[str, int] = sim.stats()["receipts"]
        arrived = receipts["waiting"] == 0 and all(receipts[name] == count for name, count in counts.items())
        if arrived or time.monotonic() > deadline:
            return receipts
        time.sleep(0.05)


async def test_each_install_reports_its_own_messages_with_its_own_identity(
    sim: Simulator, apns_key: ApnsKeyPair, client_api: ClientApi
) -> None:
    """Forty pushes: all received, a repeatable part converted, under the right headers and ids."""
    enrol(sim, 40)
    sim.play(receipts={"url": client_api.url, "converted_share": 0.5})
    message_ids = {number: str(uuid4()) for number in range(40)}
    for number, message_id in message_ids.items():
        await push(sim, apns_key, number, message_id)
    receipts = settled(sim, received=40)
    kinds = Counter(event["type"] for event in client_api.events())
    assert kinds["received"] == receipts["received"] == 40
    assert kinds["converted"] == receipts["converted"]
    assert 5 < kinds["converted"] < 35
    for headers, events in client_api.requests:
        number = int(headers["x-install-id"].removeprefix("install-"))
        assert headers["x-app-id"] == "app-1"
        assert headers["x-install-secret"] == f"secret-{number}"
        assert {event["message_id"] for event in events} == {message_ids[number]}
        assert {event["subscription_id"] for event in events} == {f"subscription-{number}"}
        assert events[0].keys() == {"id", "message_id", "subscription_id", "type", "occurred_at"}


async def test_the_receipts_of_one_install_share_a_request(
    sim: Simulator, apns_key: ApnsKeyPair, client_api: ClientApi
) -> None:
    """What falls due in one delay goes together, and the events keep their own ids."""
    enrol(sim, 1)
    sim.play(receipts={"url": client_api.url, "delay_ms": 1500})
    for _ in range(5):
        await push(sim, apns_key, 0, str(uuid4()))
    assert settled(sim, received=5)["requests"] == 1
    assert len({event["id"] for event in client_api.events()}) == 5


async def test_refusals_are_retried_with_the_same_ids_and_then_given_up(
    sim: Simulator, apns_key: ApnsKeyPair, client_api: ClientApi
) -> None:
    """429 and 503 are tried again; five of them end it; 403 ends it at once."""
    enrol(sim, 1)
    sim.play(receipts={"url": client_api.url})
    client_api.refusals = [429, 503]
    await push(sim, apns_key, 0, str(uuid4()))
    receipts = settled(sim, sent=1)
    assert (receipts["sent"], receipts["retries"], receipts["failed"]) == (1, 2, 0)
    client_api.refusals = [429] * 5
    await push(sim, apns_key, 0, str(uuid4()))
    assert settled(sim, failed=1)["failed"] == 1
    client_api.refusals = [403]
    await push(sim, apns_key, 0, str(uuid4()))
    assert settled(sim, failed=2)["failed"] == 2
    assert len(client_api.events()) == 1


async def test_rejected_events_and_unknown_devices_are_counted(
    sim: Simulator, apns_key: ApnsKeyPair, client_api: ClientApi
) -> None:
    """An event that the API rejects is not sent; a token that nobody enrolled reports nothing."""
    enrol(sim, 1)
    sim.play(receipts={"url": client_api.url})
    client_api.reject_all = True
    await push(sim, apns_key, 0, str(uuid4()))
    await push(sim, apns_key, 1, str(uuid4()))
    receipts = settled(sim, rejected=1)
    assert (receipts["rejected"], receipts["sent"], receipts["unknown_device"]) == (1, 0, 1)


async def test_only_accepted_pushes_come_back(
    sim: Simulator, apns_key: ApnsKeyPair, client_api: ClientApi
) -> None:
    """A dead device reports nothing, and neither does anyone when the share is nought."""
    enrol(sim, 2)
    sim.play(receipts={"url": client_api.url, "received_share": 0.0})
    await push(sim, apns_key, 0, str(uuid4()))
    sim.play(receipts={"url": client_api.url}, dead_tokens=[device_token(0)])
    async with sim.client() as client:
        url = f"{sim.ready['apns_production']}/3/device/{device_token(0)}"
        refused = await client.post(url, headers=apns_headers(apns_key), json={"aps": {}, "as_mid": "m"})
    assert refused.status_code == 410
    await push(sim, apns_key, 1, str(uuid4()))
    assert settled(sim, received=1)["received"] == 1
    assert {event["subscription_id"] for event in client_api.events()} == {"subscription-1"}
