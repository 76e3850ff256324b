"""What a marketer does with campaigns, over HTTP."""

from __future__ import annotations

import json
import secrets
from typing import Any

import httpx
import pytest

from tests.e2e.rest.callers import Callers, Tenant, register

EVERYBODY = {"include": [{"everyone": True}]}


@pytest.fixture
def shop(callers: Callers) -> Tenant:
    """An application of this test's own with three subscribers, one of them a user."""
    tenant = callers.new_tenant()
    register(tenant.http, external_id="anna", tags={"city": "Busan"})
    register(tenant.http)
    register(tenant.http)
    return tenant


def draft(http: httpx.Client, **plan: Any) -> str:
    given = {"name": "Spring", "title": "Hello", "targeting_criteria": EVERYBODY, **plan}
    answer = http.post("/v1/campaigns", json=given)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


def test_a_campaign_is_drafted_tried_launched_paused_resumed_and_canceled(shop: Tenant) -> None:
    """Every step answers the campaign as it is then; the history tells who did what."""
    http = shop.http
    campaign = draft(http, body="there", data={"deep": {"link": 1}})
    path = f"/v1/campaigns/{campaign}"
    found = http.get(path).json()
    assert (found["status"], found["campaign_type"], found["total_recipients"]) == ("draft", "immediate", 0)
    assert found["created_by"] == http.get("/v1/me").json()["key_id"]
    changed = http.patch(path, json={"title": "Hi", "pacing": {"per_second": 100}})
    assert (changed.json()["title"], changed.json()["pacing"]) == ("Hi", {"per_second": 100})
    tried = http.post(f"{path}/dry-run", json={"samples": 1}).json()
    assert tried["recipients"] == 3
    assert tried["channels"] == {"push": {"recipients": 3, "cost": "0"}}
    assert tried["samples"][0]["content"] == {"title": "Hi", "body": "there", "data": {"deep": {"link": 1}}}
    launched = http.post(f"{path}/launch", json={"fingerprint": tried["fingerprint"]})
    assert (launched.status_code, launched.json()["status"]) == (202, "sending")
    assert http.patch(path, json={"title": "Late"}).status_code == 409
    assert http.post(f"{path}/pause", json={"reason": "typo"}).json()["pause_reason"] == "typo"
    assert http.post(f"{path}/resume").json()["status"] == "sending"
    assert http.post(f"{path}/cancel", json={}).json()["status"] == "canceled"
    refused = http.post(f"{path}/resume")
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition")
    history = http.get(f"{path}/history").json()["items"]
    assert [one["event"] for one in history] == ["launch", "pause", "resume", "cancel"]
    assert history[1]["reason"] == "typo"


def test_a_launch_with_a_stale_fingerprint_says_what_changed(shop: Tenant) -> None:
    campaign = draft(shop.http)
    tried = shop.http.post(f"/v1/campaigns/{campaign}/dry-run", json={}).json()
    register(shop.http)
    refused = shop.http.post(f"/v1/campaigns/{campaign}/launch", json={"fingerprint": tried["fingerprint"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "audience_changed")
    assert (refused.json()["added"], refused.json()["removed"]) == (1, 0)


def test_progress_is_told_as_json_and_as_events(shop: Tenant) -> None:
    """A draft moves nothing: its stream says so and ends; a campaign that sends goes on until the time is up."""
    campaign = draft(shop.http)
    path = f"/v1/campaigns/{campaign}/progress"
    assert shop.http.get(path).json()["status"] == "draft"
    quiet = shop.http.get(f"{path}/events")
    assert quiet.headers["content-type"].startswith("text/event-stream")
    assert [line for line in quiet.text.splitlines() if line.startswith("event")] == ["event: end"]
    shop.http.post(f"/v1/campaigns/{campaign}/launch", json={})
    with shop.http.stream("GET", f"{path}/events", params={"max_seconds": 1}) as stream:
        lines = [line for line in stream.iter_lines() if line.startswith("data: ")]
    told = json.loads(lines[0].removeprefix("data: "))
    assert (told["status"], told["waiting"], told["total_recipients"]) == ("sending", 3, 3)
    assert len(lines) >= 1


def test_it_is_explained_why_somebody_did_not_get_it(shop: Tenant) -> None:
    """By external id: the targeting's verdict part by part, the step that decided, and a verdict in a word."""
    in_seoul = {"include": [{"field": "tag", "key": "city", "operator": "eq", "value": "Seoul"}]}
    campaign = draft(shop.http, targeting_criteria=in_seoul)
    path = f"/v1/campaigns/{campaign}"
    (before,) = shop.http.get(f"{path}/recipients/anna").json()["subscriptions"]
    assert before["verdict"] == "not_launched"
    assert (before["targeting"]["holds"], before["targeting"]["found"]) == (False, "Busan")
    register(shop.http, tags={"city": "Seoul"})
    shop.http.post(f"{path}/launch", json={})
    (after,) = shop.http.get(f"{path}/recipients/anna").json()["subscriptions"]
    assert after["verdict"] == "not_in_audience"
    targeting = next(step for step in after["steps"] if step["step"] == "targeting")
    assert targeting["passed"] is False
    assert shop.http.get(f"{path}/recipients/nobody").status_code == 404


def test_a_triggered_campaign_makes_one_run_per_idempotency_key(shop: Tenant) -> None:
    """The run is a campaign of its own, listed under the one that made it."""
    campaign = draft(shop.http, campaign_type="triggered", title="Order {{order}}")
    path = f"/v1/campaigns/{campaign}"
    assert shop.http.post(f"{path}/trigger", json={}).status_code == 409
    assert shop.http.post(f"{path}/schedule").json()["status"] == "scheduled"
    body = {"variables": {"order": 7}, "external_ids": ["anna"]}
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    first = shop.http.post(f"{path}/trigger", json=body, headers=headers)
    again = shop.http.post(f"{path}/trigger", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["idempotency-replayed"] == "true"
    runs = shop.http.get("/v1/campaigns", params={"run_of": campaign}).json()["items"]
    assert [one["id"] for one in runs] == [first.json()["id"]]
    assert campaign in [one["id"] for one in shop.http.get("/v1/campaigns").json()["items"]]
    copy = shop.http.post(f"{path}/duplicate", json={}).json()
    assert (copy["status"], copy["name"]) == ("draft", "Spring (copy)")


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({"schedule": {"type": "scheduled", "at": "2020-01-01T00:00:00Z"}}, "schedule.at"),
        ({"scheduled_at": "2020-01-01T00:00:00Z"}, "schedule.at"),
        ({"schedule": {"type": "recurring", "cron": "0 9 * *", "time_zone": "Asia/Seoul"}}, "schedule.cron"),
        ({"schedule": {"type": "recurring", "cron": "0 9 * * *", "time_zone": "Mars/Olympus"}}, "schedule.time_zone"),
        ({"pacing": {"per_second": 0}}, "pacing.per_second"),
        ({"quiet_hours": {"from": "21:00", "to": "21:00"}}, "quiet_hours.to"),
        ({"campaign_type": "scheduled"}, "schedule"),
        ({"title": "Hi {{ name"}, "content.push.title"),
        ({"content": {"push": {"title": "x"}}}, "title"),
        ({"content": {"fax": {"title": "x"}}}, "content.fax"),
        ({"template_id": "01890000-0000-7000-8000-000000000000"}, "title"),
        ({"title": None, "template_id": "01890000-0000-7000-8000-000000000000"}, "template_id"),
        ({"template_version": 2}, "template_version"),
        ({"targeting_criteria": {"include": []}}, "targeting_criteria.include"),
        (
            {"targeting_criteria": {"include": [{"field": "tag", "key": "a", "operator": "near", "value": 1}]}},
            "targeting_criteria.include[0].operator",
        ),
        ({"targeting_criteria": {"include": ["01890000-0000-7000-8000-000000000000"]}}, "targeting_criteria.include[0]"),
        ({"advertising": True}, "advertising"),
        ({"title": "x" * 5000}, "title"),
        ({"expires_after_seconds": 1}, "expires_after_seconds"),
        ({"colour": "red"}, "colour"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_carried_out_is_refused_with_its_field(
    callers: Callers, plan: dict[str, Any], field: str
) -> None:
    """A clear error and the fix; nothing was created."""
    tenant = callers.new_tenant()
    given = {"name": "Spring", "title": "Hello", "targeting_criteria": EVERYBODY, **plan}
    refused = tenant.http.post("/v1/campaigns", json=given)
    assert refused.status_code in (404, 422), refused.text
    assert (refused.json()["field"], bool(refused.json()["fix"])) == (field, True), refused.text
    assert tenant.http.get("/v1/campaigns").json()["items"] == []


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({"targeting_criteria": {}}, "targeting_criteria"),
        ({"title": None}, "content"),
        ({"title": "Sure", "targeting_criteria": {"include": [{"field": "test_type", "operator": "eq", "value": 2}]}}, "targeting_criteria"),
    ],
)  # fmt: skip
def test_a_draft_that_is_not_ready_is_refused_at_launch(
    shop: Tenant, plan: dict[str, Any], field: str
) -> None:
    """It may be saved, but not sent; it stays a draft."""
    campaign = draft(shop.http, **plan)
    refused = shop.http.post(f"/v1/campaigns/{campaign}/launch", json={})
    assert (refused.status_code, refused.json()["field"]) == (422, field), refused.text
    assert shop.http.get(f"/v1/campaigns/{campaign}").json()["status"] == "draft"


def test_a_quota_that_is_too_small_is_refused_with_the_missing_amount(callers: Callers, shop: Tenant) -> None:
    path = f"/v1/applications/{shop.id}/quota"
    assert callers.operator.put(path, json={"daily_quota": 2}).status_code == 200
    campaign = draft(shop.http)
    refused = shop.http.post(f"/v1/campaigns/{campaign}/launch", json={})
    assert (refused.status_code, refused.json()["code"], refused.json()["missing"]) == (
        429,
        "quota_exceeded",
        1,
    )
    assert shop.http.get(f"/v1/campaigns/{campaign}").json()["status"] == "draft"
