"""In-app messages over HTTP: what an install gets, when it gets nothing new, and what it reports."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest

from tests.e2e.rest.callers import Callers, Device
from tests.e2e.rest.in_app_rows import put_in_app
from tests.unit.messaging.test_in_app_vectors import SCHEMA

PATH = "/v1/client/in-app-messages"


@pytest.fixture
def device(callers: Callers) -> Device:
    """A device with an in-app subscription."""
    return callers.new_device(callers.tenant)


@pytest.fixture
def in_app(device: Device) -> str:
    """The id of its in-app subscription."""
    body = {"type": "InAppMessage", "device_os": "iOS 18.1", "device_language": "ko-KR"}
    made = device.http.post("/v1/client/subscriptions", json={**body, "app_version": "2.3.0"})
    assert (made.status_code, made.json()["subscription_status"]) == (201, 1)
    found: str = made.json()["id"]
    return found


def fetch(device: Device, in_app: str) -> list[dict[str, Any]]:
    answer = device.http.get(PATH, params={"subscription_id": in_app})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["messages"]
    for message in found:
        jsonschema.validate(message, SCHEMA, jsonschema.Draft202012Validator)
    return found


def event(message_id: str, in_app: str, kind: str, **more: Any) -> dict[str, Any]:
    moment = datetime.now(UTC).isoformat()
    return {
        "id": secrets.token_hex(4),
        "message_id": message_id,
        "subscription_id": in_app,
        "type": kind,
        "occurred_at": moment,
        **more,
    }


def test_asking_again_costs_nothing(callers: Callers, device: Device, in_app: str) -> None:
    """200 with an ETag, then 304 until something changes; the messages are as the schema says."""
    first = device.http.get(PATH, params={"subscription_id": in_app})
    assert first.json() == {"messages": [], "next_fetch_seconds": 60}
    put_in_app(callers.served, callers.tenant.id, in_app)
    second = device.http.get(
        PATH, params={"subscription_id": in_app}, headers={"If-None-Match": first.headers["etag"]}
    )
    assert (second.status_code, len(second.json()["messages"])) == (200, 1)
    for tags in (second.headers["etag"], f'"other", W/{second.headers["etag"]}'):
        third = device.http.get(PATH, params={"subscription_id": in_app}, headers={"If-None-Match": tags})
        assert (third.status_code, third.content) == (304, b"")
        assert third.headers["etag"] == second.headers["etag"]


def test_what_no_rule_excludes_comes_best_first(callers: Callers, device: Device, in_app: str) -> None:
    """Rules the server knows leave messages out; what only the device knows is left to it."""

    def put(**changes: Any) -> str:
        return put_in_app(callers.served, callers.tenant.id, in_app, **changes)

    low = put(display={"priority": 1})
    high = put(display={"priority": 9}, triggers=[[{"kind": "screen", "op": "eq", "value": "cart"}]])
    later = put(display={"start": (datetime.now(UTC) + timedelta(days=1)).isoformat()})
    put(target={"os": ["android"]})
    put(target={"app_version": ">=3.0.0"})
    put(display={"end": "2026-01-01T00:00:00Z"})
    put(triggers=[[{"kind": "tag", "key": "vip", "op": "eq", "value": True}]])
    put(lifetime=timedelta(seconds=-1))
    put(layout="hologram")
    assert [one["id"] for one in fetch(device, in_app)] == [high, low, later]
    tags = device.http.patch(f"/v1/client/subscriptions/{in_app}/tags", json={"set": {"vip": True}})
    assert tags.status_code == 200
    assert len(fetch(device, in_app)) == 4


def test_a_shared_device_shows_nobody_anothers_messages(
    callers: Callers, device: Device, in_app: str
) -> None:
    """A message for a user comes while that user is logged in; one for the install always."""
    login = "/v1/client/users/login"
    minsu = device.http.post(login, json={"external_id": secrets.token_hex(4)}).json()
    for_all = put_in_app(callers.served, callers.tenant.id, in_app)
    for_minsu = put_in_app(callers.served, callers.tenant.id, in_app, user_id=minsu["user_id"])
    assert {one["id"] for one in fetch(device, in_app)} == {for_all, for_minsu}
    device.http.post(login, json={"external_id": secrets.token_hex(4)})
    assert {one["id"] for one in fetch(device, in_app)} == {for_all}
    device.http.post(login, json={"external_id": minsu["external_id"]})
    assert {one["id"] for one in fetch(device, in_app)} == {for_all, for_minsu}


def test_impression_and_click_move_the_message(callers: Callers, device: Device, in_app: str) -> None:
    """Displayed is received, a converting click is converted, and then it does not come again."""
    message = put_in_app(callers.served, callers.tenant.id, in_app)
    read = f"/v1/messages/{message}"

    def report(*events: dict[str, Any]) -> None:
        answer = device.http.post("/v1/client/events", json={"events": list(events)})
        assert answer.json()["rejected"] == [], answer.text

    report(event(message, in_app, "displayed"))
    assert callers.tenant.http.get(read).json()["status"] == "received"
    assert [one["id"] for one in fetch(device, in_app)] == [message]
    report(event(message, in_app, "converted"), event(message, in_app, "clicked", action_id="ok"))
    assert callers.tenant.http.get(read).json()["status"] == "converted"
    assert fetch(device, in_app) == []


def test_a_device_that_can_never_show_it_fails_it(callers: Callers, device: Device, in_app: str) -> None:
    """-70 ends the message with its reason; -72 is only an event."""
    waiting = put_in_app(callers.served, callers.tenant.id, in_app)
    given_up = put_in_app(callers.served, callers.tenant.id, in_app)
    events = [
        event(waiting, in_app, "failed", code=-72),
        event(given_up, in_app, "failed", code=-70),
    ]
    assert device.http.post("/v1/client/events", json={"events": events}).json()["rejected"] == []
    status = {
        one: callers.tenant.http.get(f"/v1/messages/{one}").json()["status"] for one in (waiting, given_up)
    }
    assert status == {waiting: "successful", given_up: "failed"}


def test_ids_are_no_capability(callers: Callers, device: Device, in_app: str) -> None:
    """Another install's subscription, and a push subscription, are 404; a text that is no id is 422."""
    other = callers.new_device(callers.tenant)
    for caller, id_ in ((other, in_app), (device, device.subscription_id)):
        refused = caller.http.get(PATH, params={"subscription_id": id_})
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    bad = device.http.get(PATH, params={"subscription_id": "mine"})
    assert (bad.status_code, bad.json()["field"]) == (422, "subscription_id")
    assert device.http.get(PATH).status_code == 422
