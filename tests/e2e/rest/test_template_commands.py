"""`automata-signal templates test-send` over the API: what it sends, what it tells people and machines, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.cli.runs import automata_signal
from tests.e2e.rest.callers import Callers, Tenant, register

pytestmark = pytest.mark.slow


@pytest.fixture
def shop(callers: Callers) -> Tenant:
    """One phone that is marked for tests, and one that is not."""
    tenant = callers.new_tenant()
    register(tenant.http, test_type=1)
    register(tenant.http)
    return tenant


def create(tenant: Tenant) -> str:
    """The id of a template with a draft."""
    made = tenant.http.post(
        "/v1/templates", json={"name": "hello", "body_template": "안녕 {{ name }}"}
    ).json()
    draft = {"revision": made["revision"], "body_template": "초안 {{ name }}", "activate": False}
    assert tenant.http.patch(f"/v1/templates/{made['id']}", json=draft).status_code == 200
    return str(made["id"])


def send_test(callers: Callers, tenant: Tenant, *arguments: str) -> tuple[int, str]:
    """Exit code and standard output."""
    done = automata_signal(
        "templates", "test-send", *arguments, SIGNAL_API_URL=callers.served.url, SIGNAL_API_KEY=tenant.key,
        COLUMNS="160",
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def test_a_draft_goes_to_the_marked_phone(callers: Callers, shop: Tenant, tmp_path: Path) -> None:
    """Machines get what the API answers; people the count, the messages and who was left out; values come from a file, too."""
    template = create(shop)
    code, out = send_test(
        callers, shop, template, "--version", "2", "--variables", '{"name": "민수"}', "--json"
    )
    sent = json.loads(out)
    assert (code, sent["version"], sent["accepted"], sent["left_out"]) == (0, 2, 1, [])
    (message_id,) = sent["message_ids"]
    assert shop.http.get(f"/v1/messages/{message_id}").json()["body"] == "초안 민수"
    values = tmp_path / "values.json"
    values.write_text('{"name": "지우"}', encoding="utf-8")
    off = register(shop.http, test_type=1)
    assert shop.http.post(f"/v1/subscriptions/{off}/disable", json={}).status_code == 200
    code, out = send_test(
        callers, shop, template, "--variables", f"@{values}", "--channel", "push", "--lang", "ko"
    )
    assert code == 0, out
    assert "버전 1: 1건 접수" in out
    assert "not_subscribed" in out
    newest = shop.http.get("/v1/messages").json()["items"][0]
    assert newest["body"] == "안녕 지우"
    assert newest["id"] in out


def test_what_cannot_be_test_sent_says_what_to_do(callers: Callers, shop: Tenant) -> None:
    """Exit code 2, before or after the API was asked; nothing is sent."""
    template = create(shop)
    for arguments, words in (
        (("--variables", "[1]"), "--variables is no JSON object"),
        (("--variables", "@/nonexistent"), "--variables cannot be read"),
        (("--version", "9"), "there is no version 9"),
        (("--channel", "sms"), "the template says nothing for sms"),
    ):
        code, out = send_test(callers, shop, template, *arguments, "--json")
        told = json.loads(out)
        assert code == 2, out
        assert words in told["error"]
        assert told["next_step"]
    assert shop.http.get("/v1/messages").json()["items"] == []
