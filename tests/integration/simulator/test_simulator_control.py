"""The control API: it says what is wrong with bad input, and audits what arrived."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.simulator.harness import PAYLOAD, ApnsKeyPair, Simulator, apns_headers, device_token


async def push_all(sim: Simulator, key: ApnsKeyPair, message_ids: list[str]) -> None:
    """Push every message to a device of its own."""
    async with sim.client() as client:
        for start in range(0, len(message_ids), 200):
            await asyncio.gather(
                *(
                    client.post(
                        f"{sim.ready['apns_production']}/3/device/{device_token(number)}",
                        headers=apns_headers(key, apns_id=message_id),
                        json=PAYLOAD,
                    )
                    for number, message_id in enumerate(message_ids[start : start + 200])
                )
            )


@pytest.mark.parametrize(
    ("behaviour", "field"),
    [
        ({"dead_token_share": 2}, "dead_token_share"),
        ({"dead_token_share": "much"}, "dead_token_share"),
        ({"dead_tokns": []}, "dead_tokns"),
        ({"apns_errors": {"Unwell": 0.1}}, "apns_errors"),
        ({"fcm_errors": {"UNREGISTERED": 0.9, "INTERNAL": 0.2}}, "fcm_errors"),
        ({"transient_fcm": "TooManyRequests"}, "transient_fcm"),
        ({"fault_shares": {"explode": 0.1}}, "fault_shares"),
        ({"latency": {"kind": "uniform", "low_ms": 5, "high_ms": 1}}, "latency.high_ms"),
        ({"latency": {"kind": "fixed", "ms": -1}}, "latency.ms"),
        ({"rules": [{"outcome": "hang"}]}, "rules[0].token"),
        ({"rules": [{"token": "a", "outcome": "Nonsense"}]}, "rules[0].outcome"),
        ({"frames": {"streams": 0}}, "frames.streams"),
        ({"retry_after": {"seconds": "soon"}}, "retry_after.seconds"),
        ({"receipts": {}}, "receipts.url"),
    ],
)
def test_a_bad_behaviour_is_refused_and_the_old_one_stays(
    sim: Simulator, behaviour: dict[str, Any], field: str
) -> None:
    """422 with the field's name; nothing changes."""
    sim.play(seed=7)
    response = sim.control.put("/control/behaviour", json=behaviour)
    assert (response.status_code, response.json()["field"]) == (422, field), response.text
    assert sim.control.get("/control/behaviour").json()["seed"] == 7


def test_a_behaviour_may_be_toml_and_reads_back_whole(sim: Simulator) -> None:
    """The answer and the next GET show every field, defaults included."""
    toml = 'dead_token_share = 0.03\n[latency]\nkind = "lognormal"\nmedian_ms = 20\n'
    put = sim.control.put("/control/behaviour", content=toml, headers={"content-type": "application/toml"})
    assert put.status_code == 200, put.text
    read = sim.control.get("/control/behaviour").json()
    assert read == put.json()
    assert read["latency"] == {"kind": "lognormal", "median_ms": 20.0, "sigma": 0.5, "max_ms": 10_000.0}
    assert (read["dead_token_share"], read["transient_share"]) == (0.03, 0.0)


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "field"),
    [
        ("PUT", "/control/behaviour", "{", 400, None),
        ("POST", "/control/devices", "[{", 400, None),
        ("POST", "/control/devices", '[{"token":"t"}]', 422, "[0].subscription_id"),
        ("POST", "/control/keys", '{"apns":[{"key_id":"K"}]}', 422, "apns[0].team_id"),
        ("POST", "/control/keys", '{"apple":[]}', 422, "apple"),
        (
            "POST",
            "/control/keys",
            '{"apns":[{"key_id":"K","team_id":"T","public_key":"x"}]}',
            422,
            "public_key",
        ),
        ("POST", "/control/reset?also=everything", "", 422, "also"),
        ("GET", "/control/requests?last=none", "", 422, "last"),
        ("GET", "/control/deliveries?provider=pigeon", "", 422, "provider"),
        ("GET", "/control/deliveries?duplicates=maybe", "", 422, "duplicates"),
        ("GET", "/control/nothing", "", 404, None),
    ],
)
def test_bad_input_gets_a_clear_error(
    sim: Simulator, method: str, path: str, content: str, status: int, field: str | None
) -> None:
    """400 for what is not JSON, 422 with the field for what makes no sense."""
    response = sim.control.request(method, path, content=content)
    assert response.status_code == status, response.text
    if field is not None:
        assert response.json()["field"] == field, response.text


def test_a_private_key_is_not_taken(sim: Simulator, apns_key: ApnsKeyPair) -> None:
    """Only public halves belong here, and the refusal does not repeat the key."""
    key = {"key_id": "K", "team_id": "T", "public_key": apns_key.private}
    response = sim.control.post("/control/keys", json={"apns": [key]})
    assert response.status_code == 422
    assert "PRIVATE" not in response.text


async def test_the_audit_streams_every_message_once(sim: Simulator, apns_key: ApnsKeyPair) -> None:
    """NDJSON, one line a message and provider, with attempts, accepted, device and times."""
    message_ids = [str(uuid4()) for _ in range(1200)]
    before = time.time()
    await push_all(sim, apns_key, message_ids)
    await push_all(sim, apns_key, message_ids[:1])
    response = sim.control.get("/control/deliveries")
    assert response.headers["content-type"].startswith("application/x-ndjson")
    lines = {line["message_id"]: line for line in map(json.loads, response.text.splitlines())}
    assert lines.keys() == set(message_ids)
    assert len(response.text.splitlines()) == 1200
    assert (lines[message_ids[0]]["accepted"], lines[message_ids[0]]["attempts"]) == (2, 2)
    other = lines[message_ids[1]]
    assert (other["accepted"], other["attempts"], other["provider"]) == (1, 1, "apns")
    assert before <= other["first_at"] <= other["last_at"] <= time.time()
    assert lines[message_ids[3]]["device"] == lines[message_ids[203]]["device"] != other["device"]


async def test_the_last_requests_are_shown_in_full_but_without_usable_credentials(
    sim: Simulator, apns_key: ApnsKeyPair
) -> None:
    """Headers, body, attempt and outcome are there; the token's signature is not."""
    ids = [str(uuid4()) for _ in range(3)]
    await push_all(sim, apns_key, ids)
    shown = sim.control.get("/control/requests", params={"last": 2}).json()
    assert len(shown) == 2
    assert {item["message_id"] for item in shown} <= set(ids)
    for item in shown:
        assert json.loads(item["body"]) == PAYLOAD
        assert item["headers"]["apns-topic"] == "com.example.app"
        assert (item["method"], item["status"], item["outcome"], item["attempt"]) == (
            "POST",
            200,
            "accepted",
            1,
        )
        assert item["headers"]["authorization"].endswith(".(signature)")


async def test_reset_forgets_what_was_recorded_and_keeps_the_script(
    sim: Simulator, apns_key: ApnsKeyPair
) -> None:
    """Records go, the behaviour stays unless named."""
    sim.play(seed=9)
    await push_all(sim, apns_key, [str(uuid4())])
    assert sim.control.post("/control/reset").status_code == 204
    assert sim.stats()["requests"] == 0
    assert sim.control.get("/control/requests").json() == []
    assert sim.control.get("/control/behaviour").json()["seed"] == 9
    sim.control.post("/control/reset", params={"also": "behaviour"})
    assert sim.control.get("/control/behaviour").json()["seed"] == 0
