"""APNs' own checks, its latency and its silence, seen with httpx over HTTP/2 on the fast listener."""

from __future__ import annotations

import asyncio
import time
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.integration.simulator.harness import (
    PAYLOAD,
    TOPIC,
    ApnsKeyPair,
    Simulator,
    apns_headers,
    device_token,
)


async def push(
    sim: Simulator,
    key: ApnsKeyPair,
    *,
    token: str = device_token(1),
    path: str | None = None,
    method: str = "POST",
    body: Any = PAYLOAD,
    environment: str = "apns_production",
    **headers: str | None,
) -> httpx.Response:
    """One request with the given departures from a sound one."""
    url = sim.ready[environment] + (path if path is not None else f"/3/device/{token}")
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    async with sim.client() as client:
        return await client.request(method, url, headers=apns_headers(key, **headers), **content)


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"path": "/4/device/00"}, 404, "BadPath"),
        ({"method": "PUT"}, 405, "MethodNotAllowed"),
        ({"path": "/3/device/"}, 400, "MissingDeviceToken"),
        ({"token": "not-hexadecimal"}, 400, "BadDeviceToken"),
        ({"authorization": None}, 403, "MissingProviderToken"),
        ({"authorization": "bearer nonsense"}, 403, "InvalidProviderToken"),
        ({"apns_topic": None}, 400, "MissingTopic"),
        ({"apns_topic": "no topic"}, 400, "BadTopic"),
        ({"apns_push_type": None}, 400, "InvalidPushType"),
        ({"apns_push_type": "banner"}, 400, "InvalidPushType"),
        ({"apns_priority": "7"}, 400, "BadPriority"),
        ({"apns_priority": "10", "apns_push_type": "background"}, 400, "BadPriority"),
        ({"apns_expiration": "tomorrow"}, 400, "BadExpirationDate"),
        ({"apns_id": "1042"}, 400, "BadMessageId"),
        ({"apns_id": "6F9619FF-8B86-4D01-B42D-00CF4FC964FF"}, 400, "BadMessageId"),
        ({"apns_collapse_id": "c" * 65}, 400, "BadCollapseId"),
        ({"body": b""}, 400, "PayloadEmpty"),
        ({"body": b"{"}, 400, "PayloadEmpty"),
        ({"body": {"as_mid": "1"}}, 400, "PayloadEmpty"),
        ({"body": {"aps": {"alert": "x" * 4096}}}, 413, "PayloadTooLarge"),
    ],
)
async def test_an_unsound_request_is_refused_with_apples_reason(
    sim: Simulator, apns_key: ApnsKeyPair, changes: dict[str, Any], status: int, reason: str
) -> None:
    """Each departure from a sound request gives exactly its documented status and reason."""
    response = await push(sim, apns_key, **changes)
    assert (response.status_code, response.json()) == (status, {"reason": reason})
    assert sim.stats()["apns"]["outcomes"] == {reason: 1}


async def test_limits_are_inclusive(sim: Simulator, apns_key: ApnsKeyPair) -> None:
    """4,096 bytes of payload and 64 bytes of collapse id pass; a call may carry 5,120 bytes."""
    frame = len(b'{"aps":{"alert":""}}')
    largest = b'{"aps":{"alert":"%s"}}' % (b"x" * (4096 - frame))
    assert len(largest) == 4096
    assert (await push(sim, apns_key, body=largest, apns_collapse_id="c" * 64)).status_code == 200
    call = b'{"aps":{"alert":"%s"}}' % (b"x" * (5120 - frame))
    voip = {"apns_push_type": "voip", "apns_topic": TOPIC + ".voip"}
    assert (await push(sim, apns_key, body=call, **voip)).status_code == 200
    assert (await push(sim, apns_key, body=call + b" ", **voip)).status_code == 413


async def test_the_message_id_is_echoed_and_one_is_made_up_when_missing(
    sim: Simulator, apns_key: ApnsKeyPair
) -> None:
    """apns-id comes back as sent; without one the answer names a new UUID; the sandbox adds apns-unique-id."""
    message_id = str(uuid4())
    response = await push(sim, apns_key, apns_id=message_id)
    assert (response.headers["apns-id"], response.http_version) == (message_id, "HTTP/2")
    assert "apns-unique-id" not in response.headers
    made_up = await push(sim, apns_key, apns_id=None, environment="apns_sandbox")
    assert UUID(made_up.headers["apns-id"])
    assert UUID(made_up.headers["apns-unique-id"])


async def test_a_provider_token_is_good_for_an_hour(sim: Simulator, apns_key: ApnsKeyPair) -> None:
    """59 minutes old passes, 61 minutes old is expired."""
    now = int(time.time())
    fresh = await push(sim, apns_key, authorization=apns_key.bearer(iat=now - 59 * 60))
    stale = await push(sim, apns_key, authorization=apns_key.bearer(iat=now - 61 * 60))
    assert fresh.status_code == 200
    assert (stale.status_code, stale.json()["reason"]) == (403, "ExpiredProviderToken")


async def test_a_key_of_one_environment_is_refused_in_the_other(
    sim: Simulator, apns_key: ApnsKeyPair
) -> None:
    """A key registered for the sandbox does not work in production; a wrong team never does."""
    key = {
        "key_id": apns_key.key_id,
        "team_id": apns_key.team_id,
        "public_key": apns_key.public,
        "environment": "sandbox",
    }
    sim.control.post("/control/keys", json={"apns": [key]}).raise_for_status()
    assert (await push(sim, apns_key, environment="apns_sandbox")).status_code == 200
    assert (await push(sim, apns_key)).json() == {"reason": "BadEnvironmentKeyIdInToken"}
    stranger = await push(sim, apns_key, authorization=apns_key.bearer(iss="OTHERTEAM1"))
    assert stranger.json() == {"reason": "InvalidProviderToken"}


async def test_retry_after_comes_as_seconds_or_as_a_date(sim: Simulator, apns_key: ApnsKeyPair) -> None:
    """429 and 503 carry the header in the scripted form; other answers do not."""
    sim.play(
        retry_after={"seconds": 30, "form": "date"},
        rules=[
            {"token": device_token(1), "outcome": "TooManyRequests", "retry_after": {"seconds": 5}},
            {"token": device_token(2), "outcome": "ServiceUnavailable"},
            {"token": device_token(3), "outcome": "InternalServerError"},
        ],
    )
    assert (await push(sim, apns_key, token=device_token(1))).headers["retry-after"] == "5"
    dated = await push(sim, apns_key, token=device_token(2))
    ahead = parsedate_to_datetime(dated.headers["retry-after"]).timestamp() - time.time()
    assert ahead == pytest.approx(30, abs=15)
    assert "retry-after" not in (await push(sim, apns_key, token=device_token(3))).headers


async def test_a_transient_error_strikes_the_first_attempt_only(
    sim: Simulator, apns_key: ApnsKeyPair
) -> None:
    """The same message, sent again, is accepted, and is no duplicate."""
    sim.play(transient_share=1.0)
    message_id = str(uuid4())
    first = await push(sim, apns_key, apns_id=message_id)
    second = await push(sim, apns_key, apns_id=message_id)
    assert (first.status_code, second.status_code) == (503, 200)
    delivery = sim.delivery(message_id)
    assert (delivery["accepted"], delivery["attempts"]) == (1, 2)
    assert sim.stats()["duplicates"] == 0


async def test_a_message_accepted_twice_is_a_duplicate(sim: Simulator, apns_key: ApnsKeyPair) -> None:
    """The totals count it and the audit names it."""
    message_id = str(uuid4())
    for _ in range(3):
        await push(sim, apns_key, apns_id=message_id)
    await push(sim, apns_key)
    assert sim.stats()["duplicates"] == 1
    lines = sim.control.get("/control/deliveries", params={"duplicates": "true"}).text.splitlines()
    assert len(lines) == 1
    assert message_id in lines[0]


async def test_a_hanging_push_is_not_accepted_and_a_lost_answer_is(
    sim: Simulator, apns_key: ApnsKeyPair
) -> None:
    """Both look the same to the client, which times out; only the record knows the difference."""
    sim.play(
        rules=[
            {"token": device_token(1), "outcome": "hang"},
            {"token": device_token(2), "outcome": "lost_answer", "attempts": 1},
        ]
    )
    hung, lost = str(uuid4()), str(uuid4())
    async with sim.client(timeout=0.5) as client:
        for token, message_id in ((device_token(1), hung), (device_token(2), lost)):
            headers = apns_headers(apns_key, apns_id=message_id)
            with pytest.raises(httpx.ReadTimeout):
                await client.post(
                    f"{sim.ready['apns_production']}/3/device/{token}", headers=headers, json=PAYLOAD
                )
    assert (sim.delivery(hung)["accepted"], sim.delivery(hung)["attempts"]) == (0, 1)
    assert sim.delivery(lost)["accepted"] == 1
    await push(sim, apns_key, token=device_token(2), apns_id=lost)
    assert sim.stats()["duplicates"] == 1


async def test_latency_is_observed(sim: Simulator, apns_key: ApnsKeyPair) -> None:
    """No answer comes before the scripted latency."""
    sim.play(latency={"kind": "uniform", "low_ms": 120, "high_ms": 200})
    started = time.monotonic()
    response = await push(sim, apns_key)
    assert response.status_code == 200
    assert time.monotonic() - started >= 0.12


async def test_the_same_script_gives_the_same_outcomes_again(sim: Simulator, apns_key: ApnsKeyPair) -> None:
    """Dead, throttled and unavailable devices are the same ones in two runs, and others under another seed."""
    runs = []
    for seed in (42, 42, 43):
        sim.reset()
        sim.play(
            seed=seed,
            dead_token_share=0.2,
            apns_errors={"TooManyRequests": 0.2, "ServiceUnavailable": 0.1},
        )
        async with sim.client() as client:
            responses = await asyncio.gather(
                *(
                    client.post(
                        f"{sim.ready['apns_production']}/3/device/{device_token(number)}",
                        headers=apns_headers(apns_key),
                        json=PAYLOAD,
                    )
                    for number in range(120)
                )
            )
        runs.append([response.status_code for response in responses])
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
    assert set(runs[0]) == {200, 410, 429, 503}
