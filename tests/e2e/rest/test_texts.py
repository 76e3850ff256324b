"""Texts are counted and AlimTalk templates kept over REST; the provider behind it is the simulator."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from application.ports.delivery_reports import CALLBACK_TOKEN
from tests.conformance.channels.texts import SolapiKakaoCase
from tests.e2e.rest.callers import Callers, Tenant
from tests.e2e.rest.wiring import Served, serving
from tests.integration.simulator.harness import Simulator, simulator
from tests.servers import Databases

DRAFT: dict[str, Any] = {
    "name": "주문 출발",
    "text": "#{name}님, 주문 #{no}이 출발했습니다.",
    "category": "999999",
    "buttons": [{"type": "WL", "name": "배송 조회", "link_mo": "https://shop.kr/#{no}"}],
}
TEMPLATES = "/v1/kakao/templates"


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """One simulator for this module."""
    with simulator(Path(tmp_path_factory.mktemp("simulator"))) as running:
        yield running


@pytest.fixture
def case(sim: Simulator) -> SolapiKakaoCase:
    """Solapi, which approves what is handed in."""
    return SolapiKakaoCase(sim)


@pytest.fixture(scope="module")
def served(
    postgres_server: Databases, template_database: str, nats_url: str, sim: Simulator
) -> Iterator[Served]:
    """The whole application, with the simulator as its providers."""
    name = f"test_{secrets.token_hex(6)}"
    url = postgres_server.create(name, template=template_database)
    try:
        solapi = {
            "provider_urls": {"solapi": sim.ready["texts"]},
            "extra_ca_file": sim.ca,
            "public_url": "https://signal.example.com",
        }
        with serving(url, nats_url, **solapi) as found:
            yield found
    finally:
        postgres_server.drop(name)


@pytest.fixture
def tenant(callers: Callers, case: SolapiKakaoCase) -> Tenant:
    """An application with a Solapi credential."""
    made = callers.new_tenant()
    fields = {name: value for name, value in case.fields().items() if name != CALLBACK_TOKEN}
    stored = made.http.put(f"/v1/applications/{made.id}/credentials/solapi", json={"fields": fields})
    assert stored.status_code == 200, stored.text
    return made


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"text": "인증번호 482913"}, ("sms", 15, 90, True)),
        ({"text": "가" * 46}, ("lms", 92, 2_000, True)),
        ({"text": "안녕", "title": "제목"}, ("lms", 4, 2_000, True)),
        ({"text": "가" * 46, "type": "sms"}, ("sms", 92, 90, False)),
    ],
)
def test_a_text_is_counted_as_korea_bills_it(
    callers: Callers, body: dict[str, Any], expected: tuple[str, int, int, bool]
) -> None:
    """Kind, bytes and limit; what does not fit says what to do."""
    answer = callers.tenant.http.post("/v1/sms/preview", json=body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    korean = found["korean"]
    assert (korean["type"], korean["bytes"], korean["limit"], korean["fits"]) == expected
    assert found["accepted"] is expected[3]
    assert (found["problem"] is None) is expected[3]


def test_a_text_is_counted_in_segments_abroad(callers: Callers) -> None:
    """An emoji makes seventy units a segment, and Korea refuses it with a way round."""
    answer = callers.tenant.http.post("/v1/sms/preview", json={"text": "café 🙂" + "a" * 65}).json()
    assert answer["international"] == {"alphabet": "ucs-2", "units": 72, "segments": 2, "room": 62}
    assert answer["korean"]["unmappable"] == [
        {"character": "é", "instead": "e"},
        {"character": "🙂", "instead": None},
    ]
    assert answer["accepted"] is False
    assert answer["problem"]["field"] == "content.text"


def test_a_template_is_handed_in_approved_and_previewed(tenant: Tenant, case: SolapiKakaoCase) -> None:
    """Registered, under review, approved at the next look, then filled in word for word."""
    case.sim.play(texts={"review": "hold"})
    made = tenant.http.post(TEMPLATES, json=DRAFT)
    assert made.status_code == 201, made.text
    code = made.json()["code"]
    assert (made.json()["status"], made.json()["variables"]) == ("inspecting", ["name", "no"])
    content = {"template_code": code, "variables": {"name": "홍길동", "no": 1042}}
    early = tenant.http.post("/v1/kakao/preview", json=content)
    assert (early.status_code, early.json()["field"]) == (422, "content.template_code")

    case.sim.play(texts={"review": "approve"})
    refreshed = tenant.http.post(f"{TEMPLATES}/{code}/refresh", json={})
    assert (refreshed.status_code, refreshed.json()["status"]) == (200, "approved"), refreshed.text
    shown = tenant.http.post("/v1/kakao/preview", json=content).json()
    assert shown["text"] == "홍길동님, 주문 1042이 출발했습니다."
    assert shown["buttons"][0]["link_mo"] == "https://shop.kr/1042"
    listed = tenant.http.get(TEMPLATES, params={"status": "approved"}).json()
    assert [one["code"] for one in listed["items"]] == [code]
    assert tenant.http.get(f"{TEMPLATES}/{code}").json() == listed["items"][0]


def test_everything_is_mirrored_at_once_and_listed_in_pages(tenant: Tenant) -> None:
    """What was registered at the provider's own console, too."""
    codes = [
        tenant.http.post(TEMPLATES, json={**DRAFT, "name": f"주문 {n}"}).json()["code"] for n in range(3)
    ]
    done = tenant.http.post("/v1/kakao/refresh", json={}).json()
    assert (done["refreshed"] >= 3, done["stopped"]) == (True, 0)
    seen, cursor = [], None
    while True:
        query = {"limit": 2, **({} if cursor is None else {"cursor": cursor})}
        page = tenant.http.get(TEMPLATES, params=query).json()
        seen += [one["code"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == sorted(set(seen))
    assert set(codes) <= set(seen)


@pytest.mark.parametrize(
    ("variables", "field"),
    [
        ({"name": "홍"}, "content.variables.no"),
        ({"name": "홍", "no": 1, "on": 2}, "content.variables.on"),
        ({"name": "", "no": 1}, "content.variables.name"),
    ],
)
def test_a_mismatch_names_the_variable(tenant: Tenant, variables: dict[str, Any], field: str) -> None:
    """Before anything is sent or paid."""
    code = tenant.http.post(TEMPLATES, json=DRAFT).json()["code"]
    tenant.http.post("/v1/kakao/refresh", json={})
    answer = tenant.http.post("/v1/kakao/preview", json={"template_code": code, "variables": variables})
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert answer.json()["fix"]


def test_nothing_is_accepted_that_its_template_does_not_say(tenant: Tenant, case: SolapiKakaoCase) -> None:
    """Single, in a list, by a template of ours, and in a campaign's dry run: refused by field, and nothing is counted; what
    fits is accepted."""
    code = tenant.http.post(TEMPLATES, json=DRAFT).json()["code"]
    tenant.http.post("/v1/kakao/refresh", json={})
    somebody = tenant.http.post(
        "/v1/subscriptions", json={"type": "KakaoTalk", "token": "+821012345678", "external_id": "minsu"}
    ).json()["id"]

    def said(**variables: Any) -> dict[str, Any]:
        return {"kakao_talk": {"template_code": code, "variables": variables}}

    wrong, right = said(name="민수"), said(name="민수", no=1042)
    to = {"subscription_id": somebody}
    named = {"name": "ours", "channels": said(name="{{ name }}", nu="{{ no }}")}
    ours = tenant.http.post("/v1/templates", json=named).json()["id"]
    everybody = {"include": [{"everyone": True}]}
    draft = {"name": "spring", "content": wrong, "targeting_criteria": everybody}
    campaign = tenant.http.post("/v1/campaigns", json=draft).json()["id"]
    for path, body, field in (
        ("/v1/messages", {**to, "content": wrong}, "content.kakao_talk.variables.no"),
        ("/v1/messages", {**to, "template_id": ours}, "template.kakao_talk.variables.no"),
        (
            "/v1/messages/batch",
            {"messages": [{**to, "content": right}, {**to, "content": wrong}]},
            "messages[1].content.kakao_talk.variables.no",
        ),
        (
            "/v1/messages",
            {**to, "content": {"kakao_talk": {"template_code": "NOPE"}}},
            "content.kakao_talk.template_code",
        ),
        (f"/v1/campaigns/{campaign}/dry-run", {}, "content.kakao_talk.variables.no"),
        (f"/v1/campaigns/{campaign}/launch", {}, "content.kakao_talk.variables.no"),
    ):
        refused = tenant.http.post(path, json=body)
        assert (refused.status_code, refused.json()["field"]) == (422, field), refused.text
        assert refused.json()["fix"]
    assert tenant.http.get("/v1/messages").json()["items"] == []
    assert tenant.http.post("/v1/messages", json={**to, "content": right}).status_code == 202


def test_another_applications_template_is_not_there(callers: Callers, tenant: Tenant) -> None:
    """Neither to read nor to preview; a list shows none of it."""
    code = tenant.http.post(TEMPLATES, json=DRAFT).json()["code"]
    other = callers.new_tenant()
    assert other.http.get(f"{TEMPLATES}/{code}").status_code == 404
    assert other.http.get(TEMPLATES).json()["items"] == []


def test_without_a_credential_there_is_nobody_to_ask(callers: Callers) -> None:
    """A conflict that says what to do, not an error of ours."""
    bare = callers.new_tenant()
    for path, body in ((TEMPLATES, DRAFT), ("/v1/kakao/refresh", {})):
        answer = bare.http.post(path, json=body)
        assert 400 <= answer.status_code < 500
        assert answer.json()["fix"], answer.text
    assert bare.http.get(TEMPLATES).json()["items"] == []


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/sms/preview", {}, "text"),
        ("/v1/sms/preview", {"text": 7}, "text"),
        ("/v1/sms/preview", {"text": "a", "type": "mms"}, "type"),
        ("/v1/sms/preview", {"text": "a", "body": "b"}, "body"),
        (TEMPLATES, {"name": "a"}, "text"),
        (TEMPLATES, {**DRAFT, "text": "#{a"}, "text"),
        (TEMPLATES, {**DRAFT, "code": "주문"}, "code"),
        (TEMPLATES, {**DRAFT, "emphasis": "TEXT"}, "title"),
        (TEMPLATES, {**DRAFT, "buttons": [{"type": "WL", "name": "x"}]}, "buttons[0].link_mo"),
        (TEMPLATES, {**DRAFT, "buttons": [DRAFT["buttons"][0]] * 6}, "buttons"),
        (TEMPLATES, {**DRAFT, "provider": "twilio"}, "provider"),
        ("/v1/kakao/preview", {"template_code": "A B"}, "template_code"),
        ("/v1/kakao/preview", {"template_code": "A", "variables": [1]}, "variables"),
        ("/v1/kakao/preview", {"template_code": "A", "fallback": {"text": "x"}}, "fallback"),
        ("/v1/kakao/refresh", {"provider": "nobody"}, "provider"),
    ],
)
def test_bad_input_is_refused_by_field(tenant: Tenant, path: str, body: dict[str, Any], field: str) -> None:
    """And nothing is handed in."""
    answer = tenant.http.post(path, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"].removeprefix("content.") == field, answer.text
    assert tenant.http.get(TEMPLATES).json()["items"] == []
