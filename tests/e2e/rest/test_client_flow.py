"""What a device does, over HTTP: register, log in and out, report receipts."""

from __future__ import annotations

import secrets

from tests.e2e.rest.callers import PUSH, Callers, apns_token


def test_the_first_registration_gives_a_secret_that_opens_the_rest(callers: Callers) -> None:
    """Given once; without it, or with another, every other call is 401."""
    device = callers.new_device(callers.tenant)
    config = device.http.get("/v1/client/config").json()
    assert config["receipts_enabled"] is True
    assert config["identity_required"] is False
    path = f"/v1/client/subscriptions/{device.subscription_id}"
    assert device.http.get(path).json()["subscription_status"] == 1
    known = {"X-App-Id": callers.tenant.id, "X-Install-Id": device.headers["X-Install-Id"]}
    assert callers.client(**known).get(path).status_code == 401
    assert callers.client(**known, **{"X-Install-Secret": "wrong"}).get(path).status_code == 401
    again = device.http.post("/v1/client/subscriptions", json={"type": "iOSPush", "token": apns_token()})
    assert (again.status_code, again.json()["id"]) == (200, device.subscription_id)
    assert "install_secret" not in again.json()
    stolen = callers.client(**known).post(
        "/v1/client/subscriptions", json={"type": "iOSPush", "token": apns_token()}
    )
    assert stolen.status_code == 401


def test_a_device_reports_permission_switch_and_tags(callers: Callers) -> None:
    """Permission denied is -22, the user's switch -2; -31 of the API is not the device's to lift."""
    device = callers.new_device(callers.tenant)
    path = f"/v1/client/subscriptions/{device.subscription_id}"
    assert device.http.patch(path, json={"permission": "denied"}).json()["subscription_status"] == -22
    assert device.http.patch(path, json={"permission": "granted"}).json()["subscription_status"] == 1
    assert device.http.patch(path, json={"enabled": False}).json()["subscription_status"] == -2
    assert device.http.patch(path, json={"token": apns_token()}).json()["subscription_status"] == -2
    assert device.http.patch(path, json={"enabled": True}).json()["subscription_status"] == 1
    callers.tenant.http.post(f"/v1/subscriptions/{device.subscription_id}/disable", json={})
    assert device.http.patch(path, json={"enabled": True}).json()["subscription_status"] == -31
    tags = device.http.patch(f"{path}/tags", json={"set": {"a": 1, "b": "x"}, "remove": []}).json()
    assert tags == {"tags": {"a": 1, "b": "x"}}
    assert device.http.patch(f"{path}/tags", json={"remove": ["a"]}).json() == {"tags": {"b": "x"}}
    assert device.http.delete(path).status_code == 204


def test_login_and_logout_link_the_installs_subscriptions(callers: Callers) -> None:
    """Anonymous, then a user's, then somebody else's on the same device, then anonymous again."""
    device = callers.new_device(callers.tenant)
    anonymous = {"subscription_id": device.subscription_id, "properties": {"set": {"level": 3}}}
    refused = device.http.patch("/v1/client/users/properties", json=anonymous)
    assert refused.status_code == 409
    name = secrets.token_hex(4)
    first = device.http.post("/v1/client/users/login", json={"external_id": name}).json()
    assert (first["created"], first["external_id"]) == (True, name)
    assert [one["id"] for one in first["subscriptions"]] == [device.subscription_id]
    changed = device.http.patch("/v1/client/users/properties", json=anonymous).json()
    assert changed == {"user_id": first["user_id"], "properties": {"level": 3}}
    personal = {**anonymous, "properties": {"set": {"email": "x@example.com"}}}
    assert device.http.patch("/v1/client/users/properties", json=personal).status_code == 422
    second = device.http.post("/v1/client/users/login", json={"external_id": f"{name}-b"}).json()
    assert second["user_id"] != first["user_id"]
    left = device.http.post(
        "/v1/client/users/logout", json={"subscription_ids": [device.subscription_id]}
    ).json()
    assert left == {"subscriptions": [{"id": device.subscription_id, "user_id": None}]}
    sent = callers.tenant.http.post("/v1/messages", json={"content": PUSH, "external_id": name})
    assert sent.status_code == 422


def test_receipts_are_accepted_item_by_item(callers: Callers) -> None:
    """Known messages are accepted, also twice; unknown ones are told by their code."""
    device = callers.new_device(callers.tenant)
    sent = callers.tenant.http.post(
        "/v1/messages", json={"content": PUSH, "subscription_id": device.subscription_id}
    ).json()
    event = {
        "id": "e1",
        "message_id": sent["message_ids"][0],
        "subscription_id": device.subscription_id,
        "type": "received",
        "occurred_at": "2026-01-01T00:00:00Z",
    }
    unknown = {**event, "id": "e2", "message_id": device.subscription_id}
    for _ in range(2):
        answer = device.http.post("/v1/client/events", json={"events": [event, unknown]})
        assert answer.json() == {"accepted": ["e1"], "rejected": [{"id": "e2", "code": "unknown_message"}]}
    many = device.http.post("/v1/client/events", json={"events": [event] * 101})
    assert (many.status_code, many.json()["field"]) == (422, "events")


def test_the_install_id_in_the_body_must_agree(callers: Callers) -> None:
    """Two places, one id."""
    device = callers.new_device(callers.tenant)
    answer = device.http.post(
        "/v1/client/subscriptions", json={"type": "InAppMessage", "install_id": "another"}
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "install_id")
