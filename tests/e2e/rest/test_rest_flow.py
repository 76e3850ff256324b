"""What a back-end developer does, over HTTP: application, key, audience, messages, quota."""

from __future__ import annotations

import secrets
import uuid

import httpx
import msgspec

from tests.e2e.rest.callers import PUSH, Callers, apns_token, register
from tests.e2e.rest.wiring import execute


def test_an_operator_creates_an_application_and_a_key_that_works(callers: Callers) -> None:
    """The plain key is told once; it is the application's from then on, and useless after it was revoked."""
    created = callers.operator.post(
        "/v1/applications", json={"name": "Bank", "settings": {"time_zone": "Asia/Tokyo"}}
    )
    assert created.status_code == 201
    application = created.json()
    assert application["settings"]["time_zone"] == "Asia/Tokyo"
    assert application["is_active"] is True
    path = f"/v1/applications/{application['id']}"
    assert callers.operator.get(created.headers["location"]).json() == application
    issued = callers.operator.post(f"{path}/keys", json={"label": "web"}).json()
    bearer = callers.client(issued["api_key"])
    me = bearer.get("/v1/me").json()
    assert (me["kind"], me["application_id"]) == ("application", application["id"])
    listed = callers.operator.get(f"{path}/keys")
    assert [key["id"] for key in listed.json()["items"]] == [issued["id"]]
    assert issued["api_key"] not in listed.text
    assert callers.operator.delete(f"{path}/keys/{issued['id']}").status_code == 204
    refused = bearer.get("/v1/me")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")


def test_scopes_and_roles_are_held(callers: Callers) -> None:
    """A key without a scope is refused by name; an application's key is no operator's; no key passes on what it lacks."""
    path = f"/v1/applications/{callers.tenant.id}/keys"
    reader = callers.client(
        callers.operator.post(path, json={"label": "reader", "scopes": ["messages:read"]}).json()["api_key"]
    )
    refused = reader.post("/v1/messages", json={"content": PUSH, "external_id": "x"})
    assert refused.status_code == 403
    assert "messages:write" in refused.json()["detail"]
    assert callers.tenant.http.get("/v1/applications").status_code == 403
    admin = callers.client(
        callers.operator.post(path, json={"label": "admin", "scopes": ["applications:write"]}).json()[
            "api_key"
        ]
    )
    assert admin.post(path, json={"label": "more", "scopes": ["messages:write"]}).status_code == 403
    assert admin.post(path, json={"label": "more", "scopes": ["applications:write"]}).status_code == 201


def test_an_inactive_application_is_refused(callers: Callers) -> None:
    """Its keys and its devices get 403 until it is active again."""
    tenant = callers.new_tenant()
    device = callers.new_device(tenant)
    path = f"/v1/applications/{tenant.id}"
    assert callers.operator.patch(path, json={"is_active": False}).json()["is_active"] is False
    assert tenant.http.get("/v1/me").status_code == 403
    assert device.http.get("/v1/client/config").status_code == 403
    callers.operator.patch(path, json={"is_active": True})
    assert tenant.http.get("/v1/me").status_code == 200


def test_operators_name_the_application_on_data_routes(callers: Callers) -> None:
    """X-Application-Id, or an error that says so; an application's key cannot borrow another's name."""
    body = {"type": "Email", "token": "a@example.com"}
    missing = callers.operator.post("/v1/subscriptions", json=body)
    assert (missing.status_code, missing.json()["field"]) == (422, "X-Application-Id")
    headers = {"X-Application-Id": callers.tenant.id}
    created = callers.operator.post("/v1/subscriptions", json=body, headers=headers)
    assert created.status_code == 201
    assert created.json()["application_id"] == callers.tenant.id
    other = callers.new_tenant()
    assert other.http.get("/v1/users", headers=headers).status_code == 404


def test_users_are_put_read_changed_listed_and_archived(callers: Callers) -> None:
    """By the application's own id, which may hold a slash."""
    http = callers.tenant.http
    path = "/v1/users/team%2Fanna"
    first = http.put(path, json={"properties": {"plan": "free", "age": 7}})
    assert (first.status_code, first.json()["external_id"]) == (201, "team/anna")
    assert http.put(path, json={}).status_code == 200
    changed = http.patch(path, json={"properties": {"set": {"plan": "paid"}, "remove": ["age"]}})
    assert changed.json()["properties"] == {"plan": "paid"}
    assert http.get(path).json()["properties"] == {"plan": "paid"}
    assert http.patch(path, json={"properties": {"set": {"email": "x@y.z"}}}).status_code == 422
    assert "team/anna" in [one["external_id"] for one in http.get("/v1/users").json()["items"]]
    assert http.delete(path).status_code == 204
    assert "team/anna" not in [one["external_id"] for one in http.get("/v1/users").json()["items"]]
    archived = http.get("/v1/users?include_archived=true").json()["items"]
    assert [one["is_archived"] for one in archived if one["external_id"] == "team/anna"] == [True]


def test_a_subscription_is_registered_updated_disabled_enabled_and_archived(callers: Callers) -> None:
    """The same token twice is one subscription; -31 is set and lifted by the API; the token is never told."""
    http = callers.tenant.http
    token = apns_token()
    body = {
        "type": "iOSPush",
        "token": token,
        "external_id": "ben",
        "tags": {"vip": True},
        "country_code": "KR",
    }
    created = http.post("/v1/subscriptions", json=body)
    assert created.status_code == 201
    subscription = created.json()
    assert subscription["subscription_status"] == 1
    assert token not in created.text
    again = http.post("/v1/subscriptions", json=body)
    assert (again.status_code, again.json()["id"]) == (200, subscription["id"])
    path = f"/v1/subscriptions/{subscription['id']}"
    assert (
        http.patch(path, json={"device_model": "iPhone 17", "tags": {}}).json()["device_model"] == "iPhone 17"
    )
    assert http.post(f"{path}/disable", json={"reason": "fraud"}).json()["subscription_status"] == -31
    assert http.patch(path, json={"enabled": True}).json()["subscription_status"] == -31
    assert http.post(f"{path}/enable").json()["subscription_status"] == 1
    kinds = [one["event_type"] for one in http.get(f"{path}/events").json()["items"]]
    assert kinds[0] == "created"
    assert "unsubscribed" in kinds
    found = http.get("/v1/subscriptions", params={"external_id": "ben", "subscribed": "true"}).json()["items"]
    assert [one["id"] for one in found] == [subscription["id"]]
    assert http.delete(path).status_code == 204
    assert http.get(path).json()["is_archived"] is True


def test_a_thousand_registrations_are_reported_one_by_one(callers: Callers) -> None:
    """A bad one is named by its place and does not fail its neighbours."""
    many = [{"type": "AndroidPush", "token": secrets.token_urlsafe(40)} for _ in range(999)]
    bad = {"type": "KakaoTalk", "token": "not a number"}
    answer = callers.tenant.http.post("/v1/subscriptions/batch", json={"subscriptions": [*many, bad]})
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["registered"], report["rejected"]) == (999, 1)
    assert (report["results"][999]["index"], report["results"][999]["field"]) == (999, "token")
    assert all(one["created"] for one in report["results"][:999])


def test_a_message_is_sent_read_listed_and_canceled(callers: Callers) -> None:
    """202 means stored; the message tells its content, its history and, after cancel, that it is final."""
    tenant = callers.new_tenant()
    http = tenant.http
    topics = {"topics": [{"key": "orders", "ko": "주문", "en": "Orders"}]}
    assert http.patch(f"/v1/applications/{tenant.id}", json={"settings": topics}).status_code == 200
    subscription = register(http)
    content = {"push": {"title": "Hi", "data": {"order": {"id": 7}}}}
    body = {"content": content, "subscription_id": subscription, "topic": "orders"}
    sent = http.post("/v1/messages", json=body)
    assert sent.status_code == 202
    (message_id,) = sent.json()["message_ids"]
    message = http.get(f"/v1/messages/{message_id}").json()
    assert (message["status"], message["channel_type"], message["type"]) == ("pending", "push", "iOSPush")
    assert (message["title"], message["data"]) == ("Hi", {"order": {"id": 7}})
    assert message["topic"] == "orders"
    assert [one["event_type"] for one in message["version_history"]] == ["created"]
    listed = http.get("/v1/messages", params={"subscription_id": subscription, "status": "pending"}).json()[
        "items"
    ]
    assert [(one["id"], one["topic"]) for one in listed] == [(message_id, "orders")]
    canceled = http.post(f"/v1/messages/{message_id}/cancel")
    assert (canceled.status_code, canceled.json()["status"]) == (200, "canceled")
    again = http.post(f"/v1/messages/{message_id}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    assert http.post(f"/v1/messages/{message_id}/requeue").status_code == 409


def test_an_errored_message_is_requeued(callers: Callers) -> None:
    """An operator's decision: it is pending again."""
    http = callers.tenant.http
    sent = http.post("/v1/messages", json={"content": PUSH, "subscription_id": register(http)})
    message_id = sent.json()["message_ids"][0]
    execute(
        callers.served.database_url,
        "WITH gone AS (DELETE FROM dispatch_chunk WHERE $1 = ANY(message_ids))"
        " UPDATE message SET status = 3, attempts = 1, error_reason = 'Boom' WHERE id = $1",
        uuid.UUID(message_id),
    )
    assert http.get(f"/v1/messages/{message_id}").json()["status"] == "errored"
    requeued = http.post(f"/v1/messages/{message_id}/requeue")
    assert (requeued.status_code, requeued.json()["status"]) == (200, "pending")


def test_an_external_id_reaches_every_subscription_of_the_channel(callers: Callers) -> None:
    """One message per matching subscription; an id without any is a clear error."""
    http = callers.tenant.http
    for _ in range(2):
        register(http, external_id="carol")
    http.post(
        "/v1/subscriptions", json={"type": "Email", "token": "carol@example.com", "external_id": "carol"}
    )
    sent = http.post("/v1/messages", json={"content": PUSH, "external_id": "carol", "channels": ["push"]})
    assert (sent.status_code, sent.json()["accepted"]) == (202, 2)
    assert len(sent.json()["items"][0]["message_ids"]) == 2
    nobody = http.post("/v1/messages", json={"content": PUSH, "external_id": "nobody"})
    assert (nobody.status_code, nobody.json()["code"]) == (422, "no_subscription")


def test_ten_thousand_messages_in_one_call(callers: Callers) -> None:
    """All accepted, ids in order; one more recipient is refused whole."""
    http = callers.tenant.http
    subscription = register(http)
    body = {"content": PUSH, "recipients": [{"subscription_id": subscription}] * 10_000}
    answer = http.post("/v1/messages/batch", json=body)
    assert answer.status_code == 202
    ids = answer.json()["message_ids"]
    assert (answer.json()["accepted"], len(set(ids)), ids == sorted(ids)) == (10_000, 10_000, True)
    body["recipients"] = [{"subscription_id": subscription}] * 10_001
    assert http.post("/v1/messages/batch", json=body).status_code == 422


def test_a_batch_reports_each_item(callers: Callers) -> None:
    """JSON and NDJSON alike: strangers are listed, the rest is accepted."""
    http = callers.tenant.http
    mine, stranger = register(http), str(uuid.uuid4())
    answer = http.post(
        "/v1/messages/batch",
        json={"content": PUSH, "recipients": [{"subscription_id": stranger}, {"subscription_id": mine}]},
    )
    assert answer.status_code == 202
    report = answer.json()
    assert (report["accepted"], report["rejected"]) == (1, 1)
    assert (report["errors"][0]["index"], report["errors"][0]["code"]) == (0, "subscription_not_found")
    lines = b"\n".join(
        msgspec.json.encode({"content": PUSH, "subscription_id": one}) for one in (mine, stranger, mine)
    )
    answer = http.post("/v1/messages/batch", content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert answer.status_code == 202, answer.text
    assert (answer.json()["accepted"], answer.json()["errors"][0]["index"]) == (2, 1)


def test_a_repeated_call_answers_the_first_result(callers: Callers) -> None:
    """Same key, same body: the same ids, marked as replayed. Same key, other body: 409. Nothing is sent twice."""
    http = callers.tenant.http
    subscription = register(http)
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    body = {"content": PUSH, "subscription_id": subscription}
    first = http.post("/v1/messages", json=body, headers=headers)
    second = http.post("/v1/messages", json=body, headers=headers)
    assert first.json() == second.json()
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    other = http.post("/v1/messages", json={**body, "ttl_seconds": 60}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_mismatch")
    listed = http.get("/v1/messages", params={"subscription_id": subscription}).json()["items"]
    assert len(listed) == 1


def test_quota_is_set_held_and_told(callers: Callers) -> None:
    """A call that does not fit is refused whole with reset_date; with allow_partial what fits is sent."""
    tenant = callers.new_tenant()
    path = f"/v1/applications/{tenant.id}"
    subscription = register(tenant.http)
    quota = callers.operator.put(f"{path}/quota", json={"daily_quota": 3}).json()
    assert (quota["daily_quota"], quota["monthly_quota"], quota["daily_used"]) == (3, None, 0)
    recipients = [{"subscription_id": subscription}] * 5
    refused = tenant.http.post("/v1/messages/batch", json={"content": PUSH, "recipients": recipients})
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
    assert refused.json()["reset_date"] == quota["reset_date"].replace("Z", "+00:00")
    partial = tenant.http.post(
        "/v1/messages/batch", json={"content": PUSH, "recipients": recipients, "allow_partial": True}
    )
    assert partial.status_code == 202, partial.text
    assert (partial.json()["accepted"], partial.json()["rejected"]) == (3, 2)
    assert tenant.http.get(f"{path}/quota").json()["daily_used"] == 3


def test_prepaid_credit_is_needed_and_topped_up_once(callers: Callers) -> None:
    """402 while the balance is short; a top-up with a reference moves money once; the ledger lists it."""
    tenant = callers.new_tenant()
    path = f"/v1/applications/{tenant.id}"
    subscription = register(tenant.http)
    callers.operator.put(f"{path}/quota", json={"billing_mode": "prepaid"})
    prices = callers.operator.put(f"{path}/quota/unit-prices", json={"unit_prices": {"push": "6.5"}}).json()
    assert (prices["unit_price"], prices["billing_currency"]) == ("6.5", "KRW")
    body = {"content": PUSH, "subscription_id": subscription}
    short = tenant.http.post("/v1/messages", json=body)
    assert (short.status_code, short.json()["code"]) == (402, "credit_exhausted")
    credit = {"amount": "10", "currency": "KRW", "reference": "invoice-1"}
    assert callers.operator.post(f"{path}/credits", json=credit).status_code == 201
    again = callers.operator.post(f"{path}/credits", json=credit)
    assert (again.status_code, again.json()["repeated"], again.json()["credit_balance"]) == (200, True, "10")
    assert tenant.http.post("/v1/messages", json=body).status_code == 202
    assert tenant.http.get(f"{path}/quota").json()["credit_balance"] == "3.5"
    entries = tenant.http.get(f"{path}/ledger").json()["items"]
    assert [one["kind"] for one in entries] == ["reserve", "top_up"]
    assert tenant.http.get(f"{path}/ledger?kind=top_up").json()["items"][0]["amount"] == "10"


def test_channels_are_paused_and_resumed(callers: Callers) -> None:
    """What is held is listed with its reason; resuming what is not held is 404."""
    path = f"/v1/applications/{callers.tenant.id}/pauses"
    http = callers.tenant.http
    assert (
        http.post(path, json={"type": "iOSPush", "reason": "maintenance"}).json()["reason"] == "maintenance"
    )
    assert [one["type"] for one in http.get(path).json()["items"]] == ["iOSPush"]
    assert http.delete(f"{path}/iOSPush").status_code == 204
    assert http.delete(f"{path}/iOSPush").status_code == 404
    alerts = http.get(f"/v1/applications/{callers.tenant.id}/alerts")
    assert (alerts.status_code, alerts.json()["items"]) == (200, [])


def test_credentials_are_checked_stored_and_never_told(callers: Callers, p8_key: str) -> None:
    """A key that cannot work is refused by field; what is stored shows a summary only."""
    path = f"/v1/applications/{callers.tenant.id}/credentials"
    http = callers.tenant.http
    fields = {
        "team_id": "TEAM123456",
        "key_id": "KEY1234567",
        "bundle_id": "com.example.app",
        "private_key": p8_key,
    }
    bad = http.put(f"{path}/apns", json={"fields": {**fields, "private_key": "nonsense"}})
    assert (bad.status_code, bad.json()["field"]) == (422, "private_key")
    stored = http.put(f"{path}/apns", json={"fields": fields})
    assert (stored.status_code, stored.json()["provider"]) == (200, "apns")
    assert "PRIVATE KEY" not in http.get(path).text + http.get(f"{path}/apns").text
    assert http.get(f"{path}/fcm").status_code == 404
    assert http.put(f"{path}/pigeon", json={"fields": fields}).status_code == 422
    assert http.delete(f"{path}/apns").status_code == 204
    assert http.delete(f"{path}/apns").status_code == 404


def test_lists_go_on_where_they_stopped(callers: Callers) -> None:
    """limit and next_cursor walk a list once, without gaps; a foreign cursor is refused."""
    tenant = callers.new_tenant()
    made = [register(tenant.http) for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params: dict[str, str] = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = tenant.http.get("/v1/subscriptions", params=params).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made
    assert tenant.http.get("/v1/subscriptions?cursor=nonsense").status_code == 422


def test_probes_answer_over_http(callers: Callers) -> None:
    """Alive and ready, without a key."""
    stranger: httpx.Client = callers.client()
    assert stranger.get("/healthz").status_code == 200
    assert stranger.get("/readyz").json()["checks"] == {"database": True, "nats": True}
    assert stranger.get("/v1/me").status_code == 401
