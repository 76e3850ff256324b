"""Templates over HTTP, from the first draft to the archive."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.e2e.rest.callers import Callers, Tenant

WELCOME: dict[str, Any] = {
    "name": "welcome",
    "description": "가입 인사",
    "title_template": "{{ name }}님, 환영합니다",
    "body_template": "{% if coupon %}쿠폰 {{ coupon }}을 드려요{% else %}둘러보세요{% endif %}",
    "data_template": {"screen": "home", "n": 1, "id": "{{ user.id }}"},
    "channels": {
        "email": {"subject": "환영합니다", "html": "<p>{{ name }}</p>"},
        "sms": {"text": "{{ name }}님 환영합니다"},
    },
    "languages": {"en": {"title_template": "Welcome, {{ name | default: 'friend' }}"}},
}


@pytest.fixture
def tenant(callers: Callers) -> Tenant:
    return callers.new_tenant()


def create(http: httpx.Client, **changes: Any) -> dict[str, Any]:
    answer = http.post("/v1/templates", json={**WELCOME, **changes})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"/v1/templates/{made['id']}"
    return made


def test_a_template_is_created_read_and_listed(tenant: Tenant) -> None:
    """With the fields of the specification, and what its active version says."""
    made = create(tenant.http)
    assert {name: made[name] for name in ("name", "description", "title_template", "body_template")} == {
        name: WELCOME[name] for name in ("name", "description", "title_template", "body_template")
    }
    assert (made["is_active"], made["version"], made["revision"], made["is_archived"]) == (True, 1, 1, False)
    assert (made["default_language"], made["strict"]) == ("ko", False)
    assert made["data_template"] == WELCOME["data_template"]
    assert made["channels"] == WELCOME["channels"]
    assert made["languages"]["en"]["title_template"] == WELCOME["languages"]["en"]["title_template"]
    assert made["application_id"] == tenant.id
    assert tenant.http.get(f"/v1/templates/{made['id']}").json() == made
    create(tenant.http, name="second")
    first = tenant.http.get("/v1/templates?limit=1").json()
    rest = tenant.http.get("/v1/templates", params={"cursor": first["next_cursor"]}).json()
    assert [one["name"] for one in (*first["items"], *rest["items"])] == ["welcome", "second"]
    assert "title_template" not in first["items"][0]


def test_versions_are_saved_compared_activated_and_rolled_back(tenant: Tenant) -> None:
    """A draft goes live, and an older version comes back; every version stays readable."""
    made = create(tenant.http)
    path = f"/v1/templates/{made['id']}"
    draft = tenant.http.patch(
        path, json={"revision": 1, "title_template": "안녕 {{ name }}", "activate": False}
    )
    assert (draft.status_code, draft.json()["version"], draft.json()["latest_version"]) == (200, 1, 2)
    assert draft.json()["title_template"] == WELCOME["title_template"]
    live = tenant.http.post(f"{path}/versions/2/activate", json={"revision": 2}).json()
    assert (live["version"], live["title_template"]) == (2, "안녕 {{ name }}")
    assert live["body_template"] == WELCOME["body_template"]
    difference = tenant.http.get(f"{path}/versions/2/diff").json()
    assert difference == {
        "version": 2,
        "against": 1,
        "differences": [
            {
                "field": "title_template",
                "kind": "changed",
                "before": WELCOME["title_template"],
                "after": "안녕 {{ name }}",
            }
        ],
    }
    back = tenant.http.post(f"{path}/versions/1/activate", json={}).json()
    assert (back["version"], back["latest_version"]) == (1, 2)
    versions = tenant.http.get(f"{path}/versions").json()["items"]
    assert [one["version"] for one in versions] == [2, 1]
    assert all(one["created_by"] in tenant.key for one in versions)
    assert tenant.http.get(f"{path}/versions/2").json()["title_template"] == "안녕 {{ name }}"
    assert tenant.http.get(f"{path}/versions/3").status_code == 404


def test_a_change_of_something_old_is_refused(tenant: Tenant) -> None:
    """Whoever read revision 1 does not overwrite what another made of it."""
    made = create(tenant.http)
    path = f"/v1/templates/{made['id']}"
    assert tenant.http.patch(path, json={"revision": 1, "body_template": "A"}).status_code == 200
    late = tenant.http.patch(path, json={"revision": 1, "body_template": "B"})
    assert (late.status_code, late.json()["code"], late.json()["field"]) == (
        409,
        "revision_mismatch",
        "revision",
    )
    assert tenant.http.get(path).json()["body_template"] == "A"
    assert tenant.http.patch(path, json={"body_template": "B"}).json()["field"] == "revision"
    nothing = tenant.http.patch(path, json={"revision": 2, "activate": False})
    assert (nothing.status_code, nothing.json()["field"]) == (422, "body")


def test_a_field_is_removed_with_null(tenant: Tenant) -> None:
    """Left out, it stays."""
    made = create(tenant.http)
    answer = tenant.http.patch(
        f"/v1/templates/{made['id']}", json={"revision": 1, "title_template": None, "channels": {}}
    ).json()
    assert (answer["title_template"], answer["channels"]) == (None, {})
    assert answer["body_template"] == WELCOME["body_template"]
    assert answer["languages"] == made["languages"]


def test_a_name_that_is_taken_is_refused_and_free_after_the_archive(tenant: Tenant) -> None:
    """An archived template is read, and changed by nobody."""
    made = create(tenant.http)
    taken = tenant.http.post("/v1/templates", json=WELCOME)
    assert (taken.status_code, taken.json()["code"], taken.json()["field"]) == (409, "already_exists", "name")
    path = f"/v1/templates/{made['id']}"
    assert tenant.http.delete(path).status_code == 204
    assert tenant.http.delete(path).status_code == 204
    assert tenant.http.get(path).json()["is_archived"]
    assert tenant.http.patch(path, json={"revision": 2, "name": "x"}).status_code == 409
    assert tenant.http.get("/v1/templates").json()["items"] == []
    assert len(tenant.http.get("/v1/templates?include_archived=true").json()["items"]) == 1
    create(tenant.http)


def test_a_preview_shows_any_channel_in_any_language(tenant: Tenant) -> None:
    """With the size, the names that were used, and those that found nothing."""
    made = create(tenant.http)
    path = f"/v1/templates/{made['id']}/preview"
    sample = {"variables": {"name": "<Kim>", "user.id": "u1"}, "tags": {"coupon": "C-7"}}
    push = tenant.http.post(path, json={**sample, "language": "ko-KR"}).json()
    assert push["body"] == {
        "title": "<Kim>님, 환영합니다",
        "body": "쿠폰 C-7을 드려요",
        "data": {"screen": "home", "n": 1, "id": "u1"},
    }
    assert (push["language"], push["missing"], push["problem"], push["limit"]) == ("ko", [], None, 4_096)
    assert push["placeholders"] == ["coupon", "name", "user.id"]
    english = tenant.http.post(path, json={"language": "en-US"}).json()
    assert (english["body"], english["missing"]) == ({"title": "Welcome, friend"}, ["name"])
    email = tenant.http.post(path, json={**sample, "channel": "email"}).json()
    assert email["body"]["html"] == "<p>&lt;Kim&gt;</p>"
    none = tenant.http.post(path, json={"channel": "kakao_talk"})
    assert (none.status_code, none.json()["field"]) == (422, "channel")


def test_a_check_answers_with_mistakes_or_with_previews(tenant: Tenant) -> None:
    """200 either way, and nothing is saved."""
    content = {name: value for name, value in WELCOME.items() if name not in ("name", "description")}
    good = tenant.http.post("/v1/templates/validate", json={**content, "variables": {"name": "Kim"}}).json()
    assert good["valid"]
    assert [(one["language"], one["channel"]) for one in good["previews"]] == [
        ("ko", "push"),
        ("ko", "email"),
        ("ko", "sms"),
        ("en", "push"),
    ]
    bad = tenant.http.post(
        "/v1/templates/validate",
        json={"title_template": "줄\n{{ name", "body_template": "{{ a | shout }}"},
    ).json()
    assert not bad["valid"]
    assert [(one["field"], one["line"], one["column"]) for one in bad["problems"]] == [
        ("title_template", 2, 1),
        ("body_template", 1, 8),
    ]
    assert tenant.http.get("/v1/templates").json()["items"] == []


def test_a_mistake_is_answered_with_its_place(tenant: Tenant) -> None:
    """Field, line and column stand beside the standard members of the problem."""
    answer = tenant.http.post("/v1/templates", json={"name": "t", "body_template": "안녕\n {% if x %}"})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (
        422,
        "template_invalid",
        "body_template",
    )
    assert (problem["line"], problem["column"]) == (2, 2)
    assert problem["fix"] == "add {% endif %}"


def test_templates_need_their_scopes(callers: Callers, tenant: Tenant) -> None:
    """A key for messages alone reads and writes none; a key that reads does not write."""
    made = create(tenant.http)
    path = f"/v1/applications/{tenant.id}/keys"
    for scopes, read, write in (
        (["messages:write"], 403, 403),
        (["templates:read"], 200, 403),
        (["templates:read", "templates:write"], 200, 200),
    ):
        issued = callers.operator.post(path, json={"scopes": scopes, "label": scopes[-1]})
        client = callers.client(issued.json()["api_key"])
        assert client.get(f"/v1/templates/{made['id']}").status_code == read
        changed = client.patch(f"/v1/templates/{made['id']}", json={"revision": 1, "is_active": True})
        assert changed.status_code == write
    default = callers.operator.post(path, json={"label": "default"}).json()
    assert {"templates:read", "templates:write"} <= set(default["scopes"])


def test_a_long_template_is_taken_and_one_that_is_too_long_is_not(tenant: Tenant) -> None:
    """Half a mebibyte, all languages together."""
    html = "<p>" + "가" * 40_000 + "{{ name }}</p>"
    assert create(tenant.http, channels={"email": {"subject": "x", "html": html}})
    languages = {tag: {"channels": {"email": {"html": html}}} for tag in ("en", "ja", "zh", "fr", "de")}
    answer = tenant.http.post("/v1/templates", json={**WELCOME, "name": "large", "languages": languages})
    assert (answer.status_code, answer.json()["field"]) == (422, "body")
