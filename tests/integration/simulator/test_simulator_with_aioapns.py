"""The stock aioapns client, which knows nothing of the simulator, gets from it what Apple would answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from aioapns import APNs, NotificationRequest, PushType
from aioapns.common import NotificationResult
from aioapns.connection import APNsTLSClientProtocol

from tests.integration.simulator.harness import PAYLOAD, TOPIC, ApnsKeyPair, Simulator, device_token


@contextmanager
def stock_client(sim: Simulator, key: ApnsKeyPair, url: str) -> Iterator[APNs]:
    """An aioapns client pointed at one of the simulator's listeners."""

    class Protocol(APNsTLSClientProtocol):
        APNS_SERVER = "127.0.0.1"
        APNS_PORT = int(url.rpartition(":")[2])

    client = APNs(
        key=key.private,
        key_id=key.key_id,
        team_id=key.team_id,
        topic=TOPIC,
        ssl_context=sim.tls(),
        max_connection_attempts=1,
    )
    client.pool.protocol_class = Protocol
    try:
        yield client
    finally:
        client.pool.close()


def push(token: str) -> NotificationRequest:
    """An ordinary alert."""
    return NotificationRequest(
        device_token=token,
        message=PAYLOAD,
        notification_id=str(uuid4()),
        priority=10,
        time_to_live=3600,
        push_type=PushType.ALERT,
    )


async def send(sim: Simulator, key: ApnsKeyPair, token: str, url: str | None = None) -> NotificationResult:
    """One push and its answer."""
    with stock_client(sim, key, url or sim.ready["apns_production"]) as client:
        return await asyncio.wait_for(client.send_notification(push(token)), 10)


async def test_a_hundred_pushes_are_accepted_and_each_is_recorded_once(
    sim: Simulator, apns_key: ApnsKeyPair
) -> None:
    """aioapns sees 100 successes, and the record holds the same 100 message ids, accepted once."""
    requests = [push(device_token(number)) for number in range(100)]
    with stock_client(sim, apns_key, sim.ready["apns_production"]) as client:
        results = await asyncio.gather(*(client.send_notification(request) for request in requests))
    assert all(result.is_successful for result in results)
    assert {result.notification_id for result in results} == {item.notification_id for item in requests}
    assert {sim.delivery(item.notification_id)["accepted"] for item in requests} == {1}
    assert sim.stats()["apns"]["accepted"] == 100


async def test_a_registered_key_verifies_what_aioapns_signed(sim: Simulator, apns_key: ApnsKeyPair) -> None:
    """With the public key registered, aioapns' own ES256 token passes and a stranger's does not."""
    key = {"key_id": apns_key.key_id, "team_id": apns_key.team_id, "public_key": apns_key.public}
    assert sim.control.post("/control/keys", json={"apns": [key]}).json() == {"apns": 1, "google": 0}
    assert (await send(sim, apns_key, device_token(1))).is_successful
    forged = await send(sim, ApnsKeyPair(), device_token(1))
    assert (forged.status, forged.description) == ("403", "InvalidProviderToken")


async def test_a_dead_token_is_unregistered_with_a_timestamp_in_milliseconds(
    sim: Simulator, apns_key: ApnsKeyPair
) -> None:
    """410 carries since when, a minute ago as scripted."""
    sim.play(dead_token_prefixes=["dead"], dead_since_seconds=60)
    result = await send(sim, apns_key, "dead" + device_token(1)[4:])
    assert (result.status, result.description) == ("410", "Unregistered")
    assert result.timestamp is not None
    assert time.time() - int(result.timestamp) / 1000 == pytest.approx(60, abs=15)
    assert (await send(sim, apns_key, device_token(2))).is_successful


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("BadDeviceToken", "400"),
        ("DeviceTokenNotForTopic", "400"),
        ("TopicDisallowed", "400"),
        ("ExpiredProviderToken", "403"),
        ("TooManyRequests", "429"),
        ("TooManyProviderTokenUpdates", "429"),
        ("InternalServerError", "500"),
        ("ServiceUnavailable", "503"),
        ("Shutdown", "503"),
    ],
)
async def test_a_scripted_reason_arrives_with_its_status(
    sim: Simulator, apns_key: ApnsKeyPair, reason: str, status: str
) -> None:
    """Each reason comes with the status that Apple documents, and without a timestamp."""
    sim.play(rules=[{"token": device_token(7), "outcome": reason}])
    result = await send(sim, apns_key, device_token(7))
    assert (result.status, result.description, result.timestamp) == (status, reason, None)


async def test_a_sandbox_token_is_bad_in_production_and_good_in_the_sandbox(
    sim: Simulator, apns_key: ApnsKeyPair
) -> None:
    """A token lives in one environment, as a development build's does."""
    sim.play(sandbox_only_prefixes=["5a"], production_only_prefixes=["9d"])
    sandbox_token, production_token = "5a" + device_token(1)[2:], "9d" + device_token(1)[2:]
    production, sandbox = sim.ready["apns_production"], sim.ready["apns_sandbox"]
    assert (await send(sim, apns_key, sandbox_token, production)).description == "BadDeviceToken"
    assert (await send(sim, apns_key, sandbox_token, sandbox)).is_successful
    assert (await send(sim, apns_key, production_token, production)).is_successful
    assert (await send(sim, apns_key, production_token, sandbox)).description == "BadDeviceToken"
    assert sim.stats()["realms"] == {"production": 2, "sandbox": 2}


async def test_the_fault_listener_answers_aioapns_like_the_fast_one(
    sim: Simulator, apns_key: ApnsKeyPair
) -> None:
    """Both listeners play one script and keep one record."""
    sim.play(dead_token_prefixes=["dead"])
    assert (await send(sim, apns_key, device_token(1), sim.ready["fault"])).is_successful
    dead = await send(sim, apns_key, "dead" + device_token(1)[4:], sim.ready["fault"])
    assert (dead.status, dead.description) == ("410", "Unregistered")
    assert sim.stats()["apns"]["outcomes"] == {"accepted": 1, "Unregistered": 1}
