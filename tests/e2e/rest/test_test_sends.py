"""Test sends over HTTP: a version of a template to the devices that are marked for tests, and to nobody else."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.e2e.rest.callers import Callers, Tenant, register


@pytest.fixture
def tenant(callers: Callers) -> Tenant:
    return callers.new_tenant()


def create(http: httpx.Client, **content: Any) -> str:
    """The path of a new template's test sends."""
    given = {"name": "hello", "body_template": "안녕 {{ name }}", **content}
    answer = http.post("/v1/templates", json=given)
    assert answer.status_code == 201, answer.text
    return f"/v1/templates/{answer.json()['id']}/test-sends"


def marked(http: httpx.Client, test_type: int = 1, **more: Any) -> str:
    return register(http, test_type=test_type, **more)


def email(http: httpx.Client, address: str) -> str:
    return marked(http, type="Email", token=address)


def messages(http: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.get("/v1/messages").json()["items"]
    return found


def test_a_draft_goes_to_marked_devices_alone(callers: Callers, tenant: Tenant) -> None:
    """Development and ad-hoc builds get the draft; production devices, other applications and the active version stay out."""
    path = create(tenant.http)
    template = path.removesuffix("/test-sends")
    draft = {"revision": 1, "body_template": "새 문구 {{ name }} {{ grade }}", "activate": False}
    assert tenant.http.patch(template, json=draft).json()["version"] == 1
    register(tenant.http)
    marked(callers.new_tenant().http)
    mine = {marked(tenant.http, 1, tags={"grade": "gold"}), marked(tenant.http, 2)}
    sent = tenant.http.post(path, json={"version": 2, "variables": {"name": "민수"}})
    assert sent.status_code == 202, sent.text
    answer = sent.json()
    assert (answer["version"], answer["accepted"], answer["left_out"]) == (2, 2, [])
    stored = messages(tenant.http)
    assert {one["id"] for one in stored} == set(answer["message_ids"])
    assert {one["subscription_id"] for one in stored} == mine
    assert {one["body"] for one in stored} == {"새 문구 민수 gold", "새 문구 민수 "}
    assert tenant.http.get(f"/v1/applications/{tenant.id}/quota").json()["daily_used"] == 2
    active = tenant.http.post(path, json={"variables": {"name": "영희"}}).json()
    assert active["version"] == 1
    assert {one["body"] for one in messages(tenant.http)[:2]} == {"안녕 영희"}


def test_who_is_left_out_is_counted_by_reason(tenant: Tenant) -> None:
    """Not subscribed, suppressed, on a channel that the template says nothing on, or that was not named."""
    path = create(tenant.http, channels={"email": {"subject": "안녕", "text": "{{ name }}"}})
    push = marked(tenant.http)
    off = marked(tenant.http)
    assert tenant.http.post(f"/v1/subscriptions/{off}/disable", json={}).status_code == 200
    gone = marked(tenant.http)
    assert tenant.http.delete(f"/v1/subscriptions/{gone}").status_code == 204
    email(tenant.http, "me@example.com")
    email(tenant.http, "bounced@example.com")
    suppressed = {"channel": "email", "address": "bounced@example.com"}
    assert tenant.http.post("/v1/suppressions", json=suppressed).status_code == 201
    marked(tenant.http, type="SMS", token="+821012345678")
    sent = tenant.http.post(path, json={}).json()
    assert sent["accepted"] == 2
    assert sent["left_out"] == [
        {"reason": "no_content_for_channel", "count": 1},
        {"reason": "not_subscribed", "count": 1},
        {"reason": "suppressed", "count": 1},
    ]
    narrow = tenant.http.post(path, json={"channels": ["push"]}).json()
    assert narrow["left_out"] == [
        {"reason": "channel_not_named", "count": 3},
        {"reason": "not_subscribed", "count": 1},
    ]
    assert [
        one["subscription_id"] for one in messages(tenant.http) if one["id"] in narrow["message_ids"]
    ] == [push]


def test_a_strict_template_sends_to_all_or_to_nobody(tenant: Tenant) -> None:
    """One device without a value is enough to store nothing; with the value given both get theirs."""
    path = create(tenant.http, body_template="{{ grade }}", strict=True)
    marked(tenant.http, tags={"grade": "gold"})
    marked(tenant.http)
    refused = tenant.http.post(path, json={})
    problem = refused.json()
    assert (refused.status_code, problem["code"], problem["field"]) == (422, "missing_variables", "variables")
    assert "grade (1 of 2 devices)" in problem["detail"]
    assert messages(tenant.http) == []
    assert tenant.http.get(f"/v1/applications/{tenant.id}/quota").json()["daily_used"] == 0
    assert tenant.http.post(path, json={"variables": {"grade": "new"}}).json()["accepted"] == 2


def test_a_badge_that_is_no_number_for_one_device_sends_to_nobody(tenant: Tenant) -> None:
    """The refusal names the key; with a value for both each gets its number."""
    path = create(tenant.http, channels={"push": {"badge": "{{ unread | default: 0 }}"}})
    marked(tenant.http, tags={"unread": "many"})
    marked(tenant.http)
    problem = tenant.http.post(path, json={}).json()
    assert (problem["code"], problem["field"]) == ("render_refused", "template.badge")
    assert "(1 of 2 devices)" in problem["detail"]
    assert messages(tenant.http) == []
    assert tenant.http.post(path, json={"variables": {"unread": "4"}}).json()["accepted"] == 2
    assert [one["content"]["badge"] for one in messages(tenant.http)] == [4, 4]


def test_without_a_device_that_can_get_it_the_call_says_how_to_mark_one(tenant: Tenant) -> None:
    """422 with the field of the subscription; what the fix says to do then works."""
    path = create(tenant.http)
    device = register(tenant.http)
    nobody = tenant.http.post(path, json={})
    assert (nobody.status_code, nobody.json()["code"], nobody.json()["field"]) == (
        422,
        "no_test_device",
        "test_type",
    )
    assert 'PATCH /v1/subscriptions/{subscription_id} with {"test_type": 1}' in nobody.json()["fix"]
    email(tenant.http, "me@example.com")
    unreachable = tenant.http.post(path, json={}).json()
    assert (unreachable["field"], unreachable["detail"]) == (
        "test_type",
        "no device that is marked for tests can get this: 1 no_content_for_channel",
    )
    assert tenant.http.patch(f"/v1/subscriptions/{device}", json={"test_type": 1}).status_code == 200
    assert tenant.http.post(path, json={}).json()["accepted"] == 1


def test_more_than_a_hundred_devices_are_refused(tenant: Tenant) -> None:
    """A hundred is the most; a test send is no campaign."""
    path = create(tenant.http)
    devices = [{"type": "iOSPush", "token": f"{n:064x}", "test_type": 1} for n in range(100)]
    made = tenant.http.post("/v1/subscriptions/batch", json={"subscriptions": devices})
    assert made.status_code in (200, 201), made.text
    assert tenant.http.post(path, json={}).json()["accepted"] == 100
    marked(tenant.http)
    refused = tenant.http.post(path, json={})
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (
        422,
        "too_many_test_devices",
        "test_type",
    )
    assert len(tenant.http.get("/v1/messages?limit=200").json()["items"]) == 100


def test_what_cannot_be_test_sent_names_its_field(callers: Callers, tenant: Tenant) -> None:
    """A version or channel that is not there, a template that is off or archived, a key that may not send."""
    path = create(tenant.http)
    template = path.removesuffix("/test-sends")
    marked(tenant.http)
    for body, field in (
        ({"version": 2}, "version"),
        ({"channels": ["email"]}, "channels"),
        ({"channels": ["pigeon"]}, "channels"),
        ({"variables": {"name": "x" * 20_000}}, "variables"),
    ):
        answer = tenant.http.post(path, json=body)
        assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    keys = f"/v1/applications/{tenant.id}/keys"
    reader = callers.operator.post(keys, json={"scopes": ["templates:write"], "label": "writer"}).json()
    assert callers.client(reader["api_key"]).post(path, json={}).status_code == 403
    assert tenant.http.patch(template, json={"revision": 1, "is_active": False}).status_code == 200
    off = tenant.http.post(path, json={})
    assert (off.status_code, off.json()["field"]) == (409, "template_id")
    assert tenant.http.delete(template).status_code == 204
    assert tenant.http.post(path, json={}).status_code == 409
    assert messages(tenant.http) == []
