"""FCM's own checks and the token endpoint's, seen with httpx over HTTP/2."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.simulator.harness import ServiceAccountPair, Simulator, grant

PROJECT = "demo-project"


async def access_token(sim: Simulator, account: ServiceAccountPair, **claims: Any) -> httpx.Response:
    """Ask the token endpoint."""
    async with sim.client() as client:
        return await client.post(sim.ready["oauth_token"], data=grant(account.assertion(**claims)))


async def send(
    sim: Simulator, authorization: str | None, message: Any, project: str = PROJECT, **envelope: Any
) -> httpx.Response:
    """Send one message; bytes go as they are."""
    headers = {"authorization": authorization} if authorization else {}
    content = (
        {"content": message} if isinstance(message, bytes) else {"json": {"message": message, **envelope}}
    )
    async with sim.client() as client:
        url = f"{sim.ready['fcm']}/v1/projects/{project}/messages:send"
        return await client.post(url, headers=headers, **content)


@pytest.fixture
async def bearer(sim: Simulator, service_account: ServiceAccountPair) -> str:
    """A header that FCM takes."""
    granted = (await access_token(sim, service_account)).json()
    assert (granted["token_type"], granted["expires_in"]) == ("Bearer", 3599)
    return f"Bearer {granted['access_token']}"


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (b"{", None),
        ({}, "message"),
        ({"notification": {"title": "a"}}, "message"),
        ({"token": "t", "topic": "news"}, "message"),
        ({"token": "t", "notifcation": {}}, "message"),
        ({"token": "not a token"}, "message.token"),
        ({"token": "t", "data": {"n": 1}}, "message.data[0].value"),
        ({"token": "t", "data": {"from": "x"}}, "message.data"),
        ({"token": "t", "data": {"google.c": "x"}}, "message.data"),
        ({"token": "t", "data": {"gcm.id": "x"}}, "message.data"),
        ({"token": "t", "android": {"ttl": "1h"}}, "message.android.ttl"),
        ({"token": "t", "android": {"ttl": 3600}}, "message.android.ttl"),
        ({"token": "t", "android": {"ttl": "2419201s"}}, "message.android.ttl"),
        ({"token": "t", "android": {"priority": "URGENT"}}, "message.android.priority"),
        ({"token": "t", "notification": {"text": "x"}}, "message.notification"),
        ({"token": "t", "data": {"k": "x" * 4096}}, "message"),
        ({"topic": "news", "data": {"k": "x" * 2048}}, "message"),
    ],
)
async def test_an_unsound_message_is_an_invalid_argument_that_names_the_field(
    sim: Simulator, bearer: str, message: Any, field: str | None
) -> None:
    """400 INVALID_ARGUMENT with a BadRequest detail for each departure from a sound message."""
    response = await send(sim, bearer, message)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    fields = [
        violation["field"]
        for detail in error.get("details", [])
        if detail["@type"] == "type.googleapis.com/google.rpc.BadRequest"
        for violation in detail["fieldViolations"]
    ]
    assert fields == ([] if field is None else [field])
    assert sim.stats()["fcm"]["outcomes"] == {"INVALID_ARGUMENT": 1}


@pytest.mark.parametrize("target", ["token", "fid", "topic"])
async def test_a_sound_message_is_named(sim: Simulator, bearer: str, target: str) -> None:
    """Every kind of target works, and the message id is found in the data or in the tag."""
    message_id = str(uuid4())
    android = {"priority": "HIGH", "ttl": "3600.5s", "notification": {"tag": message_id}}
    message = {target: "x1", "data": {"k": "한국어"}, "android": android}
    response = await send(sim, bearer, message)
    assert response.status_code == 200
    assert response.json()["name"].startswith(f"projects/{PROJECT}/messages/0:")
    assert sim.delivery(message_id)["accepted"] == 1


async def test_a_dry_run_is_not_a_delivery(sim: Simulator, bearer: str) -> None:
    """validate_only answers 200 and counts as validated, not as accepted."""
    response = await send(sim, bearer, {"token": "t", "data": {"as_mid": "m-1"}}, validate_only=True)
    assert response.status_code == 200
    assert sim.stats()["fcm"]["outcomes"] == {"validated": 1}
    assert sim.delivery("m-1")["accepted"] == 0


async def test_a_bearer_is_needed_and_expires(sim: Simulator, service_account: ServiceAccountPair) -> None:
    """No token, a made-up one and an expired one are 401 UNAUTHENTICATED without an FcmError."""
    sim.play(oauth={"expires_in": 1})
    expiring = (await access_token(sim, service_account)).json()["access_token"]
    time.sleep(1.1)
    for authorization in (None, "Bearer made-up", f"Bearer {expiring}"):
        response = await send(sim, authorization, {"token": "t"})
        error = response.json()["error"]
        assert (response.status_code, error["status"]) == (401, "UNAUTHENTICATED")
        assert "details" not in error


async def test_a_token_works_for_its_own_project_only(
    sim: Simulator, service_account: ServiceAccountPair
) -> None:
    """An account registered with a project gets 403 PERMISSION_DENIED elsewhere."""
    account = {
        "client_email": service_account.client_email,
        "public_key": service_account.public,
        "project_id": PROJECT,
    }
    sim.control.post("/control/keys", json={"google": [account]}).raise_for_status()
    bearer = f"Bearer {(await access_token(sim, service_account)).json()['access_token']}"
    assert (await send(sim, bearer, {"token": "t"})).status_code == 200
    other = await send(sim, bearer, {"token": "t"}, project="other-project")
    assert (other.status_code, other.json()["error"]["status"]) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"aud": "https://example.com"}, "invalid_grant"),
        ({"scope": "https://www.googleapis.com/auth/drive"}, "invalid_scope"),
        ({"iat": 1_000_000_000, "exp": 1_000_003_600}, "invalid_grant"),
        ({"exp": int(time.time()) + 7 * 86_400}, "invalid_grant"),
        ({"iss": ""}, "invalid_grant"),
    ],
)
async def test_an_unsound_assertion_gets_googles_error(
    sim: Simulator, service_account: ServiceAccountPair, claims: dict[str, Any], error: str
) -> None:
    """400 with the OAuth error code."""
    response = await access_token(sim, service_account, **claims)
    assert (response.status_code, response.json()["error"]) == (400, error)
    assert sim.stats()["oauth"] == {error: 1}


async def test_a_forged_assertion_is_refused_and_a_scripted_error_is_played(
    sim: Simulator, service_account: ServiceAccountPair
) -> None:
    """Signature of another key: invalid_grant. Scripted invalid_client: that."""
    forger = ServiceAccountPair()
    account = {"client_email": service_account.client_email, "public_key": service_account.public}
    sim.control.post("/control/keys", json={"google": [account]}).raise_for_status()
    forged = await access_token(sim, forger)
    assert forged.json() == {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
    sim.play(oauth={"error": "invalid_client"})
    assert (await access_token(sim, service_account)).json()["error"] == "invalid_client"


async def test_retry_after_and_a_transient_error(sim: Simulator, bearer: str) -> None:
    """503 on the first attempt of each message, with the scripted Retry-After; then success."""
    sim.play(transient_share=1.0, retry_after={"seconds": 3})
    message = {"token": "t", "data": {"as_mid": str(uuid4())}}
    first = await send(sim, bearer, message)
    assert (first.status_code, first.headers["retry-after"]) == (503, "3")
    assert first.json()["error"]["details"] == [
        {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "UNAVAILABLE"}
    ]
    assert (await send(sim, bearer, message)).status_code == 200
    assert sim.stats()["duplicates"] == 0
