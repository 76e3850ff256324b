"""An application's own server vouches for its users, and old SDKs are told or refused, over HTTP."""

from __future__ import annotations

import secrets
import time
from typing import Any

import httpx
import jwt
import pytest

from tests.e2e.rest.callers import Callers, Device, Tenant, apns_token

SECRET = "an identity secret of thirty-two bytes or more"


@pytest.fixture
def strict(callers: Callers) -> Tenant:
    """An application that asks for identity tokens."""
    tenant = callers.new_tenant()
    base = f"/v1/applications/{tenant.id}"
    added = tenant.http.post(
        f"{base}/identity-keys", json={"kid": "main", "algorithm": "HS256", "key": SECRET}
    )
    assert added.status_code == 201, added.text
    changed = tenant.http.patch(base, json={"settings": {"identity_token_required": True}})
    assert changed.status_code == 200, changed.text
    return tenant


def token(tenant: Tenant, name: str, **changes: Any) -> str:
    claims = {"sub": name, "aud": tenant.id, "exp": int(time.time()) + 600, **changes}
    return jwt.encode(claims, SECRET, algorithm="HS256", headers={"kid": "main"})


def login(device: Device, name: str, **more: Any) -> httpx.Response:
    return device.http.post("/v1/client/users/login", json={"external_id": name, **more})


def test_a_login_needs_the_token_of_its_user(callers: Callers, strict: Tenant) -> None:
    """Without one, with another user's, or with one that does not verify: 401 naming the field, and nothing changed."""
    device = callers.new_device(strict)
    path = f"/v1/subscriptions/{device.subscription_id}"
    for more in (
        {},
        {"identity_token": token(strict, "jiyoung")},
        {"identity_token": token(strict, "minsu", exp=int(time.time()) - 600)},
        {"identity_token": token(strict, "minsu", aud="another")},
    ):
        refused = login(device, "minsu", **more)
        assert (refused.status_code, refused.json()["field"]) == (401, "identity_token"), refused.text
        assert strict.http.get(path).json()["external_id"] is None
    done = login(device, "minsu", identity_token=token(strict, "minsu"))
    assert (done.status_code, done.json()["external_id"]) == (200, "minsu")


def test_addresses_need_the_token_too_and_devices_do_not(callers: Callers, strict: Tenant) -> None:
    """Anonymous registration of push always works; an address belongs to the user of the token."""
    device = callers.new_device(strict)
    email = {"type": "Email", "token": f"{secrets.token_hex(4)}@example.com"}
    refused = device.http.post("/v1/client/subscriptions", json=email)
    assert (refused.status_code, refused.json()["field"]) == (401, "identity_token")
    taken = device.http.post(
        "/v1/client/subscriptions", json={**email, "identity_token": token(strict, "minsu")}
    )
    assert (taken.status_code, taken.json()["external_id"]) == (201, "minsu")
    foreign = {**email, "external_id": "jiyoung", "identity_token": token(strict, "minsu")}
    assert device.http.post("/v1/client/subscriptions", json=foreign).status_code == 401


def test_a_removed_key_convinces_nobody(callers: Callers, strict: Tenant) -> None:
    """Rotation: add the new one, sign with it, remove the old one."""
    base = f"/v1/applications/{strict.id}/identity-keys"
    device = callers.new_device(strict)
    assert [one["kid"] for one in strict.http.get(base).json()["items"]] == ["main"]
    again = strict.http.post(base, json={"kid": "main", "algorithm": "HS256", "key": SECRET})
    assert (again.status_code, again.json()["code"]) == (409, "already_exists")
    assert strict.http.delete(f"{base}/main").status_code == 204
    assert strict.http.delete(f"{base}/main").status_code == 404
    assert login(device, "minsu", identity_token=token(strict, "minsu")).status_code == 401


def test_a_key_that_cannot_work_is_refused(strict: Tenant) -> None:
    """Naming the field; and a sixth key is one too many."""
    base = f"/v1/applications/{strict.id}/identity-keys"
    weak = strict.http.post(base, json={"kid": "weak", "algorithm": "HS256", "key": "short"})
    assert (weak.status_code, weak.json()["field"]) == (422, "key")
    for number in range(4):
        added = strict.http.post(base, json={"kid": f"k{number}", "algorithm": "HS256", "key": SECRET})
        assert added.status_code == 201
    assert strict.http.post(base, json={"kid": "k5", "algorithm": "HS256", "key": SECRET}).status_code == 409


def test_where_no_token_is_asked_for_none_is_looked_at(callers: Callers) -> None:
    """An app can send tokens before its application insists on them."""
    device = callers.new_device(callers.tenant)
    assert login(device, secrets.token_hex(4), identity_token="anything").status_code == 200


REPORT = {
    "window": {"from": "2026-11-24T10:00:00Z", "to": "2026-11-24T11:00:00Z"},
    "init_ms": {"p50": 40, "p95": 90, "n": 2},
    "register": {"ok": 2, "fail": 0},
    "identify": {"ok": 1, "fail": 1},
    "errors": {"network": 3},
    "queue_max": 7,
}


def test_an_app_asks_a_share_of_its_installs_how_they_do(callers: Callers) -> None:
    """The application's settings reach the SDK; its report is taken, and one that cannot be is refused by its field."""
    tenant = callers.new_tenant()
    device = callers.new_device(tenant)
    settings = {"receipts_enabled": False, "metrics_sample": 0.25}
    changed = tenant.http.patch(f"/v1/applications/{tenant.id}", json={"settings": settings})
    assert changed.status_code == 200, changed.text
    config = device.http.get("/v1/client/config").json()
    assert (config["receipts_enabled"], config["metrics_sample"]) == (False, 0.25)
    path = "/v1/client/sdk-metrics"
    assert device.http.post(path, json=REPORT).status_code == 202
    stranger = callers.client(**{"X-App-Id": tenant.id, "X-Install-Id": "nobody", "X-Install-Secret": "none"})
    assert stranger.post(path, json=REPORT).status_code == 401
    for wrong, field in (
        ({"queue_max": -1}, "queue_max"),
        ({"errors": {"Two Words": 1}}, "errors"),
        ({"errors": {f"code_{n}": 1 for n in range(51)}}, "errors"),
        ({"init_ms": {"p50": 90, "p95": 40, "n": 2}}, "init_ms.p95"),
        ({"window": {"from": "2026-11-24T11:00:00Z", "to": "2026-11-24T10:00:00Z"}}, "window.to"),
    ):
        refused = device.http.post(path, json={**REPORT, **wrong})
        assert (refused.status_code, refused.json()["field"]) == (422, field), refused.text


def test_old_sdks_are_told_and_then_refused(callers: Callers) -> None:
    """The header Deprecation on every answer, whatever went wrong; below the minimum 403 with a code of its own, also for
    newcomers."""
    tenant = callers.new_tenant()
    device = callers.new_device(tenant)
    base = f"/v1/applications/{tenant.id}"
    old, new = {"X-SDK": "flutter/1.1.0"}, {"X-SDK": "flutter/2.0.0"}
    settings = {"deprecated_sdk_version": "2.0.0"}
    assert tenant.http.patch(base, json={"settings": settings}).status_code == 200
    told = device.http.get("/v1/client/config", headers=old)
    assert told.headers["deprecation"].startswith("@")
    for refused in (
        device.http.get("/v1/client/nowhere", headers=old),
        device.http.delete("/v1/client/config", headers=old),
        device.http.get("/v1/client/config", headers={**old, "X-Install-Secret": "another"}),
        device.http.post("/v1/client/events", headers=old, json={"events": []}),
        callers.client(**{"X-App-Id": tenant.id, "X-Install-Id": "x"}).post(
            "/v1/client/subscriptions", json={"type": "nonsense"}, headers=old
        ),
    ):
        assert refused.status_code >= 400
        assert refused.headers["deprecation"] == told.headers["deprecation"], refused.text
    for young in (
        device.http.get("/v1/client/config", headers=new),
        device.http.get("/v1/client/nowhere", headers=new),
    ):
        assert "deprecation" not in young.headers
    assert tenant.http.patch(base, json={"settings": {"min_sdk_version": "1.2"}}).status_code == 200
    refused = device.http.get("/v1/client/config", headers=old)
    assert (refused.status_code, refused.json()["code"]) == (403, "sdk_too_old")
    assert refused.headers["deprecation"].startswith("@")
    assert refused.json()["min_sdk_version"] == "1.2"
    assert device.http.get("/v1/client/config").status_code == 200
    newcomer = callers.client(**{"X-App-Id": tenant.id, "X-Install-Id": secrets.token_hex(8)})
    body = {"type": "iOSPush", "token": apns_token()}
    refused = newcomer.post("/v1/client/subscriptions", json=body, headers=old)
    assert (refused.status_code, refused.json()["code"]) == (403, "sdk_too_old")
    assert newcomer.post("/v1/client/subscriptions", json=body, headers=new).status_code == 201
