"""Callers of the API: an operator, applications with keys, installs; and things they own."""

from __future__ import annotations

import json
import secrets
from types import TracebackType
from typing import Any
from uuid import UUID, uuid4

import attrs
import httpx

from tests.e2e.rest.wiring import Served, execute

PUSH = {"push": {"title": "Hello", "body": "there"}}
EVERY_SCOPE = [
    "messages:write",
    "messages:read",
    "audience:write",
    "audience:read",
    "templates:write",
    "templates:read",
    "campaigns:write",
    "campaigns:read",
    "quota:write",
    "quota:read",
    "applications:write",
    "applications:read",
    "analytics:read",
    "exports:write",
]


@attrs.define
class Tenant:
    """An application, a client with a key of every scope, and one of each thing that can belong to it."""

    id: str
    key: str = attrs.field(repr=False)
    http: httpx.Client
    things: dict[str, str] = attrs.field(factory=dict)
    """Path parameters by name, as they stand in the routes."""


@attrs.define
class Device:
    """An install with its secret and one push subscription."""

    http: httpx.Client
    subscription_id: str
    headers: dict[str, str] = attrs.field(repr=False)


class Callers:
    """Closes its clients at the end."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self._clients: list[httpx.Client] = []
        self.operator = self.client(served.operator_key)
        self.tenant = self.new_tenant()

    def client(self, key: str | None = None, **headers: str) -> httpx.Client:
        given = {"Authorization": f"Bearer {key}"} if key else {}
        # Plain HTTP: without `verify` every client would load the world's certificate authorities, 25 ms each.
        client = httpx.Client(
            base_url=self.served.url, headers={**given, **headers}, timeout=30, verify=False
        )
        self._clients.append(client)
        return client

    def new_tenant(self) -> Tenant:
        """An application with a key that may do everything within it."""
        created = self.operator.post("/v1/applications", json={"name": "Shop"})
        assert created.status_code == 201, created.text
        application_id = created.json()["id"]
        issued = self.operator.post(f"/v1/applications/{application_id}/keys", json={"scopes": EVERY_SCOPE})
        assert issued.status_code == 201, issued.text
        key = issued.json()["api_key"]
        return Tenant(application_id, key, self.client(key))

    def furnish(self, tenant: Tenant) -> Tenant:
        """Give the application one of everything that a path can name."""
        subscription = register(tenant.http, external_id="user-1")
        sent = tenant.http.post("/v1/messages", json={"content": PUSH, "subscription_id": subscription})
        assert sent.status_code == 202, sent.text
        key = self.operator.post(f"/v1/applications/{tenant.id}/keys", json={"label": "other"}).json()
        segment = {"name": "Everybody", "predicate": {"everyone": True}}
        template = tenant.http.post("/v1/templates", json={"name": "hello", "body_template": "{{ name }}"})
        assert template.status_code == 201, template.text
        campaign = {"name": "Hello", "title": "Hi", "targeting_criteria": {"include": [{"everyone": True}]}}
        identity_key = self.operator.post(
            f"/v1/applications/{tenant.id}/identity-keys",
            json={"kid": "main", "algorithm": "HS256", "key": secrets.token_hex(32)},
        ).json()
        suppressed = tenant.http.post(
            "/v1/suppressions", json={"channel": "email", "address": "gone@example.com"}
        )
        assert suppressed.status_code == 201, suppressed.text
        tenant.things = {
            "campaign_id": tenant.http.post("/v1/campaigns", json=campaign).json()["id"],
            "recipient": "user-1",
            "application_id": tenant.id,
            "segment_id": tenant.http.post("/v1/segments", json=segment).json()["id"],
            "subscription_id": subscription,
            "message_id": sent.json()["message_ids"][0],
            "key_id": key["id"],
            "kid": identity_key["kid"],
            "external_id": "user-1",
            "provider": "apns",
            "type": "iOSPush",
            "template_id": template.json()["id"],
            "version": "1",
            "template_code": f"ORDER-{tenant.id[-12:]}",
            "channel": "email",
            "export_id": tenant.http.post("/v1/exports", json={"subject": "messages"}).json()["id"],
            "month": "2026-01",
            "address_hash": suppressed.json()["address_hash"],
            "alert_id": str(uuid4()),
            "webhook_id": tenant.http.post("/v1/webhooks", json={"url": "https://example.com/hooks"}).json()[
                "id"
            ],
        }
        execute(
            self.served.database_url,
            "INSERT INTO alert (id, application_id, kind, detail, raised_at) VALUES ($1, $2, 'error_rate', '{}', now())",
            UUID(tenant.things["alert_id"]),
            UUID(tenant.id),
        )
        execute(
            self.served.database_url,
            "INSERT INTO kakao_template VALUES ($1, 'solapi', $2, 'order', 'approved', $3, 'x', '', '', now())",
            UUID(tenant.id),
            tenant.things["template_code"],
            json.dumps(
                {
                    "text": "주문 #{no}",
                    "title": "",
                    "subtitle": "",
                    "header": "",
                    "extra": "",
                    "message_type": "BA",
                    "emphasis": "NONE",
                    "buttons": [],
                }
            ),
        )
        return tenant

    def new_device(self, tenant: Tenant) -> Device:
        """Register an install for the first time."""
        headers = {"X-App-Id": tenant.id, "X-Install-Id": secrets.token_hex(8)}
        first = self.client(**headers)
        created = first.post("/v1/client/subscriptions", json={"type": "iOSPush", "token": apns_token()})
        assert created.status_code == 201, created.text
        headers["X-Install-Secret"] = created.json()["install_secret"]
        return Device(self.client(**headers), created.json()["id"], headers)

    def __enter__(self) -> Callers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            client.close()


def apns_token() -> str:
    return secrets.token_hex(32)


def register(client: httpx.Client, **more: Any) -> str:
    """A subscribed iOS push subscription's id."""
    answer = client.post("/v1/subscriptions", json={"type": "iOSPush", "token": apns_token(), **more})
    assert answer.status_code in (200, 201), answer.text
    found: str = answer.json()["id"]
    return found
