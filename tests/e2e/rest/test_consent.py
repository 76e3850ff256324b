"""Double opt-in, topics and in-app sends over HTTP: settings, what a device is told, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.rest.callers import Callers
from tests.e2e.rest.in_app_rows import BODY


def test_an_application_wants_numbers_confirmed(callers: Callers) -> None:
    """The device is told so, its number waits, a code of nobody's is refused by its field, and asking again is taken."""
    tenant = callers.new_tenant()
    path = f"/v1/applications/{tenant.id}"
    settings = {"double_opt_in": {"sms": True}}
    assert tenant.http.patch(path, json={"settings": settings}).json()["settings"]["double_opt_in"] == {
        "email": False,
        "sms": True,
    }
    device = callers.new_device(tenant)
    assert device.http.get("/v1/client/config").json()["double_opt_in"] == {"email": False, "sms": True}
    body = {"type": "SMS", "token": "+821012345678"}
    made = device.http.post("/v1/client/subscriptions", json=body).json()
    assert made["subscription_status"] == -98
    confirm = f"/v1/client/subscriptions/{made['id']}/confirm"
    refused = device.http.post(confirm, json={"code": "000000"})
    assert (refused.status_code, refused.json()["field"]) == (422, "code")
    again = device.http.post(f"{confirm}/resend", json={})
    assert (again.status_code, again.content) == (202, b"")
    assert callers.new_device(tenant).http.post(confirm, json={"code": "0"}).status_code == 404
    assert tenant.http.post(f"/v1/subscriptions/{made['id']}/confirmation").status_code == 202
    push = f"/v1/client/subscriptions/{device.subscription_id}/confirm"
    assert device.http.post(push, json={"code": "0"}).json() == {"subscription_status": 1}
    assert device.http.post(f"{push}/resend", json={}).status_code == 409


def test_a_server_decides_for_its_own_imports(callers: Callers) -> None:
    """Left out: the setting; false: it has the consent; and a link to the preference page opens."""
    tenant = callers.new_tenant()
    settings = {"double_opt_in": {"email": True}}
    tenant.http.patch(f"/v1/applications/{tenant.id}", json={"settings": settings})

    def status(address: str, **more: Any) -> Any:
        made = tenant.http.post("/v1/subscriptions", json={"type": "Email", "token": address, **more})
        return made.json()

    assert status("a@example.com")["subscription_status"] == -98
    mine = status("b@example.com", double_opt_in=False)
    assert mine["subscription_status"] == 1
    link = tenant.http.post(f"/v1/subscriptions/{mine['id']}/preference-link").json()
    page = callers.client().get(link["path"], headers={"Accept-Language": "en"})
    assert (page.status_code, "b***@example.com" in page.text) == (200, True)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"double_opt_in": {"push": True}}, "settings.double_opt_in"),
        ({"double_opt_in": {"email": 1}}, "settings.double_opt_in"),
        ({"topics": [{"key": "A", "ko": "가", "en": "A"}]}, "settings.topics[0].key"),
        ({"topics": [{"key": "a", "ko": "\n", "en": "A"}]}, "settings.topics[0].ko"),
        (
            {"topics": [{"key": "a", "ko": "가", "en": "A"}] * 2},
            "settings.topics[1].key",
        ),
    ],
)
def test_settings_are_refused_by_name(callers: Callers, settings: dict[str, Any], field: str) -> None:
    """And nothing changes."""
    path = f"/v1/applications/{callers.tenant.id}"
    before = callers.tenant.http.get(path).json()
    refused = callers.tenant.http.patch(path, json={"settings": settings})
    assert refused.status_code == 422
    assert refused.json()["field"].startswith(field)
    assert callers.tenant.http.get(path).json() == before


def test_in_app_content_is_refused_by_name(callers: Callers) -> None:
    """Anything a device would not show, and a credential for a channel that has no provider."""
    tenant = callers.tenant
    device = callers.new_device(tenant)
    in_app = device.http.post("/v1/client/subscriptions", json={"type": "InAppMessage"}).json()["id"]

    def send(content: dict[str, Any]) -> Any:
        return tenant.http.post("/v1/messages", json={"content": content, "subscription_id": in_app})

    bad = send({"in_app": {**BODY, "layout": "hologram"}})
    assert (bad.status_code, bad.json()["field"]) == (422, "content.in_app.layout")
    assert send({"in_app": BODY}).status_code == 202
    put = tenant.http.put(f"/v1/applications/{tenant.id}/credentials/in_app_inbox", json={"fields": {}})
    assert put.status_code == 422, put.text
