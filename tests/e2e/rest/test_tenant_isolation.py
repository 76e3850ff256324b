"""Every route × an id of somebody else: 404, generated from the route tables."""

from __future__ import annotations

import uuid
from typing import Any

import attrs
import httpx
import pytest

from entrypoints.client_api.application import ROUTES as CLIENT
from entrypoints.http.route import Access, Route
from entrypoints.rest.application import ROUTES as REST
from tests.e2e.rest.callers import PUSH, Callers, Device, Tenant, apns_token, register
from tests.e2e.rest.wiring import execute

BODIES: dict[str, Any] = {
    "update_application": {"name": "Mine"},
    "issue_key": {"label": "mine"},
    "add_identity_key": {"kid": "mine", "algorithm": "HS256", "key": "0123456789abcdef0123456789abcdef"},
    "set_credential": {"fields": {"bundle_id": "com.example"}},
    "pause_channel": {"type": "AndroidPush"},
    "set_quota": {"daily_quota": 1},
    "set_unit_prices": {"unit_prices": {"push": "1"}},
    "top_up_credit": {"amount": "1"},
    "create_export": {"subject": "messages"},
    "put_user": {},
    "update_user": {"properties": {"set": {"mine": True}}},
    "register_subscription": {"type": "iOSPush", "token": apns_token()},
    "register_subscriptions": {"subscriptions": [{"type": "iOSPush", "token": apns_token()}]},
    "update_subscription": {"device_model": "mine"},
    "disable_subscription": {},
    "create_campaign": {"name": "Mine"},
    "update_campaign": {"name": "Mine"},
    "dry_run_campaign": {},
    "launch_campaign": {},
    "pause_campaign": {},
    "cancel_campaign": {},
    "duplicate_campaign": {},
    "trigger_campaign": {},
    "create_segment": {"name": "Mine", "predicate": {"everyone": True}},
    "update_segment": {"name": "Mine"},
    "count_audience": {"predicate": {"everyone": True}},
    "create_template": {"name": "mine", "body_template": "mine"},
    "update_template": {"revision": 1, "name": "mine"},
    "activate_template_version": {},
    "preview_template": {},
    "send_template_test": {},
    "validate_template": {"body_template": "mine"},
    "preview_sms": {"text": "mine"},
    "register_kakao_template": {"name": "mine", "text": "mine"},
    "refresh_kakao_template": {},
    "refresh_kakao_templates": {},
    "preview_alimtalk": {"template_code": "ORDER01", "variables": {"no": 1}},
    "set_alert_policy": {"error_share": 0.5},
    "create_webhook": {"url": "https://example.com/mine"},
    "update_webhook": {"description": "mine"},
    "replay_webhook": {"since": "2026-01-01T00:00:00Z"},
    "suppress_address": {"channel": "email", "address": "mine@example.com"},
    "client_register_subscription": {"type": "iOSPush", "token": apns_token()},
    "client_update_subscription": {"enabled": False},
    "client_change_tags": {"set": {"mine": True}},
    "client_login": {"external_id": "mine"},
    "client_logout": {},
    "client_confirm_subscription": {"code": "000000"},
    "client_resend_confirmation": {},
}
"""What a route wants to read before it looks at ids in the path."""

NO_ID = {"read_me", "healthz", "readyz", "create_application", "list_applications"}
"""Routes that act on no application's data, or on the operator's alone."""
FIRST_OF_OWN = {"put_user"}
"""An external id is the application's own word: the same word of another application is another user."""
BY_BODY = {
    "send_message",
    "send_batch",
    "client_login",
    "client_logout",
    "client_change_properties",
    "client_fetch_in_app",
}
"""Their ids stand in the body or the query; tested one by one below."""

REST_BY_PATH = [route for route in REST if route.parameters and route.name not in FIRST_OF_OWN]
REST_BY_HEADER = [route for route in REST if route.access is Access.DATA]
CLIENT_BY_PATH = [route for route in CLIENT if route.parameters]


@attrs.define
class Two:
    """The owner of everything that is named, and who names it without being entitled to."""

    owner: Tenant
    stranger: Tenant
    owners_device: Device
    other_device: Device


@pytest.fixture(scope="module")
def two(callers: Callers) -> Two:
    owner = callers.furnish(callers.new_tenant())
    stranger = callers.furnish(callers.new_tenant())
    return Two(owner, stranger, callers.new_device(owner), callers.new_device(owner))


def call(
    client: httpx.Client, route: Route[Any], path: str, body: Any = None, **headers: str
) -> httpx.Response:
    content = BODIES.get(route.name) if body is None else body
    if route.body is None:
        return client.request(route.method, path, headers=headers)
    return client.request(route.method, path, json=content, headers=headers)


@pytest.fixture(scope="module")
def counting(callers: Callers) -> str:
    """A statement that answers a digest of every table's rows, but for when keys were last used."""
    tables = execute(
        callers.served.database_url,
        "SELECT oid::regclass::text AS name FROM pg_class"
        " WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace",
    )
    each = [
        f"SELECT '{table['name']}' AS name, md5(string_agg(row, '|' ORDER BY row)) AS rows"
        f" FROM (SELECT (to_jsonb(t) - 'last_used_at')::text AS row FROM {table['name']} AS t) AS shown"
        for table in tables
    ]
    return " UNION ALL ".join(each)


def all_rows(callers: Callers, counting: str) -> dict[str, str | None]:
    """Digests of everything that is stored, whoever's it is, by table."""
    return {row["name"]: row["rows"] for row in execute(callers.served.database_url, counting)}


def snapshot(tenant: Tenant) -> list[Any]:
    """Everything of an application that it can read."""
    base = f"/v1/applications/{tenant.id}"
    paths = [
        base,
        f"{base}/keys",
        f"{base}/credentials",
        f"{base}/pauses",
        f"{base}/quota",
        f"{base}/ledger",
        "/v1/users",
        "/v1/subscriptions",
        "/v1/messages",
        "/v1/segments",
        "/v1/campaigns",
        "/v1/kakao/templates",
        "/v1/suppressions",
        "/v1/exports",
        "/v1/webhooks",
        "/v1/alerts?include_resolved=true",
        "/v1/alerts/policy",
        f"/v1/subscriptions/{tenant.things['subscription_id']}/events",
        f"/v1/templates/{tenant.things['template_id']}",
        f"/v1/templates/{tenant.things['template_id']}/versions",
    ]
    found = [tenant.http.get(path).json() for path in paths]
    for key in found[1]["items"]:
        key.pop("last_used_at")
    return found


def test_every_route_is_covered() -> None:
    """A route that is added must be reachable by one of the tests of this file."""
    tested = {route.name for route in (*REST_BY_PATH, *REST_BY_HEADER, *CLIENT_BY_PATH)}
    left = {route.name for route in (*REST, *CLIENT)} - tested - NO_ID - BY_BODY
    assert left == {
        "client_read_config",
        "client_register_subscription",
        "client_report_events",
        "client_report_sdk_metrics",
    }


def test_a_row_that_changes_would_be_noticed(two: Two, callers: Callers, counting: str) -> None:
    """What the next tests compare sees a new user, in its table alone, and nothing where nothing happened."""
    before = all_rows(callers, counting)
    assert all_rows(callers, counting) == before
    two.owner.http.put("/v1/users/noticed", json={})
    after = all_rows(callers, counting)
    assert [name for name in after if after[name] != before[name]] == ["app_user"]


@pytest.mark.parametrize("route", REST_BY_PATH, ids=lambda route: route.name)
def test_an_id_of_another_application_is_not_found(
    route: Route[Any], two: Two, callers: Callers, counting: str
) -> None:
    """Whatever the path names belongs to another application: 404, as if it did not exist, and no row changed."""
    things = dict(two.owner.things)
    if route.access is Access.DATA and "external_id" in route.parameters:
        things["external_id"] = "only-the-owner-has-this"
        two.owner.http.put("/v1/users/only-the-owner-has-this", json={})
    before = all_rows(callers, counting)
    answer = call(two.stranger.http, route, route.path.format(**things))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.text
    assert all_rows(callers, counting) == before


@pytest.mark.parametrize("route", REST_BY_HEADER, ids=lambda route: route.name)
def test_another_application_cannot_be_named_in_the_header(route: Route[Any], two: Two) -> None:
    """A key with X-Application-Id of another application is answered 404 on every data route."""
    path = route.path.format(**two.owner.things)
    answer = call(two.stranger.http, route, path, **{"X-Application-Id": two.owner.id})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.text


@pytest.mark.parametrize("route", REST_BY_HEADER, ids=lambda route: route.name)
def test_an_application_that_does_not_exist_cannot_be_acted_on(
    route: Route[Any], callers: Callers, two: Two
) -> None:
    """The operator naming nobody gets 404, or an empty list."""
    if route.name in BY_BODY:
        body: Any = {"content": PUSH, "subscription_id": two.owner.things["subscription_id"]}
        body = {"messages": [body]} if route.name == "send_batch" else body
    else:
        body = None
    path = route.path.format(**two.owner.things)
    answer = call(callers.operator, route, path, body, **{"X-Application-Id": str(uuid.uuid4())})
    if route.name.startswith("list_") and not route.parameters and answer.status_code == 200:
        assert answer.json()["items"] == []
    else:
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.text


def test_the_same_external_id_is_another_user_in_another_application(two: Two) -> None:
    """PUT makes or updates the caller's own user, never the other one."""
    before = snapshot(two.owner)
    two.owner.http.put("/v1/users/shared", json={"properties": {"whose": "owner"}})
    made = two.stranger.http.put("/v1/users/shared", json={"properties": {"whose": "stranger"}})
    assert made.json()["application_id"] == two.stranger.id
    assert two.owner.http.get("/v1/users/shared").json()["properties"] == {"whose": "owner"}
    two.owner.http.delete("/v1/users/shared")
    assert snapshot(two.owner) == before


def test_nobody_sends_to_another_applications_subscription(two: Two) -> None:
    """Single: 404. Batch: 404 when all are strangers', else an error for those items."""
    theirs = two.owner.things["subscription_id"]
    single = two.stranger.http.post("/v1/messages", json={"content": PUSH, "subscription_id": theirs})
    assert (single.status_code, single.json()["code"]) == (404, "subscription_not_found")
    recipients = [{"subscription_id": theirs}]
    batch = two.stranger.http.post("/v1/messages/batch", json={"content": PUSH, "recipients": recipients})
    assert (batch.status_code, batch.json()["code"]) == (404, "subscription_not_found")
    recipients.append({"subscription_id": register(two.stranger.http)})
    mixed = two.stranger.http.post("/v1/messages/batch", json={"content": PUSH, "recipients": recipients})
    assert (mixed.status_code, mixed.json()["errors"][0]["code"]) == (202, "subscription_not_found")
    by_user = two.stranger.http.post("/v1/messages", json={"content": PUSH, "external_id": "owner-only"})
    assert by_user.status_code == 422


@pytest.mark.parametrize("route", CLIENT_BY_PATH, ids=lambda route: route.name)
def test_an_id_of_another_install_is_not_found(route: Route[Any], two: Two) -> None:
    """Ids are no capability: a subscription of another install of the same application is 404, and is unchanged."""
    mine = f"/v1/client/subscriptions/{two.owners_device.subscription_id}"
    before = two.owner.http.get(mine.replace("/client", "")).json()
    path = route.path.format(subscription_id=two.owners_device.subscription_id)
    answer = call(two.other_device.http, route, path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.text
    assert two.owner.http.get(mine.replace("/client", "")).json() == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/client/users/login", {"external_id": "thief", "subscription_ids": ["{id}"]}),
        ("/v1/client/users/logout", {"subscription_ids": ["{id}"]}),
        ("/v1/client/users/properties", {"subscription_id": "{id}", "properties": {"set": {"a": 1}}}),
    ],
)
def test_an_id_of_another_install_in_the_body_is_not_found(path: str, body: dict[str, Any], two: Two) -> None:
    """Login, logout and properties touch only subscriptions of the install that calls."""
    theirs = two.owners_device.subscription_id
    filled = {
        name: theirs if value == "{id}" else [theirs] if value == ["{id}"] else value
        for name, value in body.items()
    }
    before = two.owner.http.get(f"/v1/subscriptions/{theirs}").json()
    method = "PATCH" if path.endswith("properties") else "POST"
    answer = two.other_device.http.request(method, path, json=filled)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.text
    assert two.owner.http.get(f"/v1/subscriptions/{theirs}").json() == before


def test_receipts_for_another_installs_messages_are_rejected(two: Two) -> None:
    """Item by item: not_yours, and the message is as it was."""
    theirs = two.owners_device.subscription_id
    sent = two.owner.http.post("/v1/messages", json={"content": PUSH, "subscription_id": theirs}).json()
    event = {
        "id": "e1",
        "message_id": sent["message_ids"][0],
        "subscription_id": theirs,
        "type": "received",
        "occurred_at": "2026-01-01T00:00:00Z",
    }
    answer = two.other_device.http.post("/v1/client/events", json={"events": [event]})
    assert answer.json() == {"accepted": [], "rejected": [{"id": "e1", "code": "not_yours"}]}


def test_an_install_of_another_application_is_a_stranger(two: Two, callers: Callers) -> None:
    """The secret of an install opens it in its own application only."""
    headers = {**two.owners_device.headers, "X-App-Id": two.stranger.id}
    assert callers.client(**headers).get("/v1/client/config").status_code == 401
