"""A real alert travels through the platform itself as an e-mail to whoever is on call, and so does its recovery."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from email import policy
from email.parser import BytesParser
from typing import Any
from uuid import uuid4

import httpx
import pytest

from bootstrap.demo.provider_credentials import ProviderCredentials
from bootstrap.demo.try_out import behaviour
from tests.e2e.observed.conftest import Installation
from tests.servers import apart

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
ON_CALL = "on-call@shop.kr"
RELAY = {"host": "127.0.0.1", "from_address": "no-reply@mail.shop.kr", "from_name": "알림"}
BAD_TOKEN = "bad0" * 16


def call(http: httpx.Client, method: str, path: str, body: object, **headers: str) -> Any:
    answer = http.request(method, path, json=body, headers=headers)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def mails(installed: Installation) -> list[Mapping[str, str]]:
    """Subject and text of what the person on call got."""
    found = installed.control.get("/control/mails", params={"recipient": ON_CALL}).json()
    parsed = [
        BytesParser(policy=policy.default).parsebytes(base64.b64decode(one["content"])) for one in found
    ]
    return [
        {"subject": str(one["subject"]), "text": str(one.get_body(("plain",)).get_content())}  # type: ignore[union-attr]
        for one in parsed
    ]


def on_behalf(application: str) -> dict[str, str]:
    """Of an operator: for whom it acts."""
    return {"x-application-id": application}


def open_shop(installed: Installation) -> tuple[str, httpx.Client]:
    """An application with a relay, an APNs key, a person on call who has an e-mail address, and one iPhone."""
    made = call(installed.operator, "POST", "/v1/applications", {"name": "상점"})
    path = f"/v1/applications/{made['id']}"
    key = call(installed.operator, "POST", f"{path}/keys", {"label": "test"})["api_key"]
    apns = ProviderCredentials.generate().apns_fields()
    for provider, fields in (("smtp", RELAY), ("apns", apns)):
        call(installed.operator, "PUT", f"{path}/credentials/{provider}", {"fields": fields})
    http = httpx.Client(
        base_url=installed.http.base_url,
        headers={"Authorization": f"Bearer {key}"},
        trust_env=False,
        timeout=20,
    )
    call(http, "POST", "/v1/subscriptions", {"type": "Email", "token": ON_CALL, "external_id": "당직"})
    ladder = [{"after_minutes": 0, "external_ids": ["당직"]}]
    call(installed.operator, "PUT", "/v1/alerts/policy", {"ladder": ladder}, **on_behalf(made["id"]))
    device = {"type": "iOSPush", "token": BAD_TOKEN, "external_id": "anna"}
    app = {"x-app-id": made["id"], "x-install-id": str(uuid4())}
    call(http, "POST", "/v1/client/subscriptions", device, **app)
    return str(made["id"]), http


def test_an_alert_and_its_recovery_arrive_by_mail(installed: Installation) -> None:
    """The provider refuses the credential: the route is paused, whoever is on call is mailed once; resumed, once more."""
    usual = behaviour(str(installed.http.base_url).rstrip("/"))
    application, http = open_shop(installed)
    acting = on_behalf(application)
    refusal = {"token_prefix": "bad0", "outcome": "InvalidProviderToken"}
    assert installed.control.put("/control/behaviour", json={**usual, "rules": [refusal]}).status_code == 200
    body = {"external_id": "anna", "content": {"push": {"title": "Hi"}}}
    call(http, "POST", "/v1/messages", body)
    (alert,) = installed.until(
        lambda: installed.operator.get("/v1/alerts", headers=acting).json()["items"],
        lambda found: [one["kind"] for one in found] == ["channel_paused"],
    )
    for _ in range(2):
        apart(installed.evaluate())
    (raised,) = installed.until(lambda: mails(installed), bool)
    assert raised["subject"] == "[알림] 상점: channel_paused"
    assert "InvalidProviderToken" in raised["text"]
    told = http.get("/v1/messages", params={"limit": 10}).json()["items"]
    assert sorted(one["type"] for one in told) == ["Email", "iOSPush"]
    assert installed.control.put("/control/behaviour", json=usual).status_code == 200
    call(installed.operator, "DELETE", f"/v1/applications/{application}/pauses/iOSPush", None)
    resolved = installed.operator.get(f"/v1/alerts/{alert['id']}", headers=acting).json()
    assert resolved["resolved_at"]
    for _ in range(2):
        apart(installed.evaluate())
    found = installed.until(lambda: mails(installed), lambda all_: len(all_) >= 2)
    assert [one["subject"] for one in found] == [raised["subject"], "[해결됨] 상점: channel_paused"]
    http.close()
