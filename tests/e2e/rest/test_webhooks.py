"""Webhooks over HTTP: entered, checked, the secret told once, another application's never seen."""

from __future__ import annotations

import pytest

from domain.webhooks.endpoint import MOST_ENDPOINTS
from tests.e2e.rest.callers import Callers

URL = "https://hooks.example.com/signal?a=1"


def test_a_webhook_lives_and_its_secret_is_told_once(callers: Callers) -> None:
    """Made, read, changed, given a new secret, tested, listed, removed; only two answers hold a secret."""
    http = callers.new_tenant().http
    made = http.post("/v1/webhooks", json={"url": URL, "event_types": ["message.*"], "description": "가입"})
    assert made.status_code == 201, made.text
    secret, path = made.json()["secret"], made.headers["location"]
    assert secret.startswith("whsec_")
    assert http.get(path).json() == {name: value for name, value in made.json().items() if name != "secret"}
    changed = http.patch(path, json={"event_types": [], "is_active": False})
    assert (changed.json()["event_types"], changed.json()["is_active"]) == (["*"], False)
    refused = http.post(f"{path}/test")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    http.patch(path, json={"is_active": True})
    told = http.post(f"{path}/test")
    assert told.status_code == 202
    deliveries = http.get(f"{path}/deliveries").json()["items"]
    assert [(one["event_id"], one["state"]) for one in deliveries] == [(told.json()["event_id"], "waiting")]
    rotated = http.post(f"{path}/rotate-secret").json()["secret"]
    assert rotated.startswith("whsec_")
    assert rotated != secret
    for text in (http.get("/v1/webhooks").text, http.get(path).text, http.get(f"{path}/deliveries").text):
        assert "whsec_" not in text
    assert http.delete(path).status_code == 204
    assert http.get(path).status_code == 404
    assert http.get("/v1/webhooks").json() == {"items": []}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "http://example.com"}, "url"),
        ({"url": "https://10.0.0.1/x"}, "url"),
        ({"url": "https://localhost/x"}, "url"),
        ({"url": "https://example.com/" + "x" * 3_000}, "url"),
        ({"url": URL, "event_types": ["message.created"]}, "event_types[0]"),
        ({"url": URL, "event_types": ["message.*"] * 51}, "event_types"),
        ({"url": URL, "description": "x" * 10_000}, "description"),
        ({"url": URL, "secret": "mine"}, "secret"),
        ({}, "url"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(
    callers: Callers, body: dict[str, object], field: str
) -> None:
    """422 with the field and the fix, and nothing is stored."""
    http = callers.tenant.http
    answer = http.post("/v1/webhooks", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert http.get("/v1/webhooks").json() == {"items": []}


def test_there_are_twenty_at_most(callers: Callers) -> None:
    """The next is a conflict that says what to do."""
    http = callers.new_tenant().http
    answers = [http.post("/v1/webhooks", json={"url": URL}).status_code for _ in range(MOST_ENDPOINTS + 1)]
    assert answers == [201] * MOST_ENDPOINTS + [409]


def test_a_moment_that_is_not_kept_cannot_be_replayed(callers: Callers) -> None:
    """Nor one without a zone, nor what is no moment."""
    http = callers.new_tenant().http
    path = http.post("/v1/webhooks", json={"url": URL}).headers["location"]
    for since in ("2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "2026-01-01T00:00:00", "yesterday", None):
        answer = http.post(f"{path}/replay", json={"since": since})
        assert (answer.status_code, answer.json()["field"]) == (422, "since")
