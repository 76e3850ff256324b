"""What a marketer's tool does over HTTP: save segments, count them, look at members, ask why."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.rest.callers import Callers, Tenant, register

VIPS = {"field": "tag", "key": "grade", "operator": "eq", "value": "VIP"}
KOREAN = {"field": "language", "operator": "eq", "value": "ko"}


@pytest.fixture
def tenant(callers: Callers) -> Tenant:
    return callers.new_tenant()


def test_a_segment_from_the_first_idea_to_the_archive(tenant: Tenant) -> None:
    """Counted inline, saved, listed, counted with a sample, changed, explained, archived."""
    http = tenant.http
    minsu = register(http, tags={"grade": "VIP"}, device_language="ko-KR", external_id="minsu")
    register(http, tags={"grade": "Gold"}, device_language="ko-KR")
    idea = http.post("/v1/segments/count", json={"predicate": {"and": [VIPS, KOREAN]}})
    assert idea.status_code == 200, idea.text
    assert idea.json()["total"] == {"matching": 1, "subscribed": 1}
    made = http.post(
        "/v1/segments",
        json={"name": "한국 VIP", "predicate": {"and": [VIPS, KOREAN]}, "description": "first"},
    )
    assert made.status_code == 201, made.text
    segment = made.json()
    path = f"/v1/segments/{segment['id']}"
    assert http.get(path).json() == segment
    assert http.get("/v1/segments").json() == {"items": [segment], "next_cursor": None}
    counted = http.get(f"{path}/count?sample=5").json()
    assert counted["channels"]["push"] == {"matching": 1, "subscribed": 1}
    assert counted["channels"]["kakao_talk"] == {"matching": 0, "subscribed": 0}
    assert counted["sample"] == [
        {"subscription_id": minsu, "type": "iOSPush", "subscription_status": 1, "external_id": "minsu"}
    ]
    changed = http.patch(path, json={"predicate": KOREAN})
    assert (changed.status_code, changed.json()["name"]) == (200, "한국 VIP")
    assert http.get(f"{path}/count").json()["total"]["matching"] == 2
    told = http.get(f"{path}/explain/{minsu}").json()
    assert told == {"predicate": KOREAN, "holds": True, "found": "ko-KR", "parts": []}
    assert http.delete(path).status_code == 204
    assert http.get("/v1/segments").json()["items"] == []
    assert http.get("/v1/segments?include_archived=true").json()["items"][0]["is_archived"] is True


def test_an_explanation_shows_every_part_with_what_was_found(tenant: Tenant) -> None:
    """Texts, times, histories and what is not there."""
    http = tenant.http
    one = register(http, tags={"grade": ["Gold", 1]})
    tree: dict[str, Any] = {
        "or": [
            VIPS,
            {"not": {"field": "created_at", "operator": "after", "value": "2020-01-01"}},
            {"field": "external_id", "operator": "exists"},
            {"field": "subscription_id", "operator": "eq", "value": one},
        ]
    }
    segment = http.post("/v1/segments", json={"name": "odd", "predicate": tree}).json()
    told = http.get(f"/v1/segments/{segment['id']}/explain/{one}").json()
    assert told["holds"] is True
    assert [part["holds"] for part in told["parts"]] == [False, False, False, True]
    assert [told["parts"][place]["found"] for place in (0, 2, 3)] == [["Gold", 1], None, one]
    assert told["parts"][1]["parts"][0]["found"].endswith("Z")


def test_targeting_criteria_are_counted_as_a_campaign_would_take_them(tenant: Tenant) -> None:
    """A segment of another application is not found, and its place is told."""
    http = tenant.http
    register(http, tags={"grade": "VIP"})
    register(http, tags={"grade": "Gold"})
    vips = http.post("/v1/segments", json={"name": "VIPs", "predicate": VIPS}).json()["id"]
    criteria: dict[str, Any] = {"include": [{"everyone": True}], "exclude": [vips], "channels": ["push"]}
    counted = http.post("/v1/segments/count", json={"targeting_criteria": criteria})
    assert counted.json()["total"]["matching"] == 1


def test_a_segment_of_another_application_is_no_target(callers: Callers, tenant: Tenant) -> None:
    """404, with the place where it was named."""
    theirs = callers.new_tenant().http.post("/v1/segments", json={"name": "VIPs", "predicate": VIPS})
    criteria = {"include": [VIPS, theirs.json()["id"]]}
    answer = tenant.http.post("/v1/segments/count", json={"targeting_criteria": criteria})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.json()["field"] == "targeting_criteria.include[1]"


def test_a_name_that_is_taken_is_a_conflict(tenant: Tenant) -> None:
    """When saving and when renaming."""
    http = tenant.http
    for name in ("VIPs", "Others"):
        made = http.post("/v1/segments", json={"name": name, "predicate": VIPS})
        assert made.status_code == 201
    again = http.post("/v1/segments", json={"name": "VIPs", "predicate": VIPS})
    renamed = http.patch(f"/v1/segments/{made.json()['id']}", json={"name": "VIPs"})
    for answer in (again, renamed):
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
            409,
            "already_exists",
            "name",
        )


def test_reading_keys_count_and_only_writing_keys_save(callers: Callers, tenant: Tenant) -> None:
    """Counting changes nothing, so it takes audience:read."""
    issued = callers.operator.post(
        f"/v1/applications/{tenant.id}/keys", json={"label": "reader", "scopes": ["audience:read"]}
    )
    reader = callers.client(issued.json()["api_key"])
    assert reader.post("/v1/segments/count", json={"predicate": VIPS}).status_code == 200
    assert reader.post("/v1/segments", json={"name": "x", "predicate": VIPS}).status_code == 403
