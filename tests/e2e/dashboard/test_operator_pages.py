"""Exports, alert rules, retention, test sends and health over HTTP: what is shown, changed and written down, and by whom."""

from __future__ import annotations

import csv
import io
import re
from uuid import UUID, uuid4

import httpx
import pytest

from domain.operators.roles import Role
from tests.e2e.dashboard.conftest import Installation
from tests.e2e.dashboard.visitor import Visitor, path_of
from tests.e2e.rest.wiring import execute

SCRIPT = "<script>alert('x')</script>"
ALERT = """
INSERT INTO alert (id, application_id, kind, fingerprint, severity, detail, raised_at, last_seen_at)
VALUES ($1, $2, 'error_rate', $3, 'critical', '{"type": "iOSPush"}', now(), now())
"""


def rest(installation: Installation, application: str) -> httpx.Client:
    """REST on this application with the operator's key."""
    headers = {
        "Authorization": f"Bearer {installation.served.operator_key}",
        "X-Application-Id": application.rpartition("/")[2],
    }
    return httpx.Client(base_url=installation.served.url, headers=headers, timeout=30)


def test_a_file_is_asked_for_written_and_fetched(
    installation: Installation, owner: Visitor, application: str
) -> None:
    """The CSV that the page leads to is REST's own; a viewer sees that it is there and does not get it."""
    page = f"{application}/exports"
    with rest(installation, application) as http:
        for name in ("민수", SCRIPT):
            given = {"type": "Email", "token": f"{uuid4().hex}@example.com", "external_id": name}
            registered = http.post("/v1/subscriptions", json=given)
            assert registered.status_code == 201, registered.text
        report = http.get("/v1/reports", params={"subject": "subscriptions"})
    fields = {"subject": "subscriptions", "format": "csv", "bom": "yes", "from": "2026-01-01"}
    asked = owner.post(page, fields)
    assert asked.status_code == 303, asked.text
    assert f'data-stream="{page}/live"' in owner.text(page)
    installation.write_exports()
    shown = owner.text(page)
    found = re.search(rf'action="({re.escape(page)}/[0-9a-f-]{{36}}/file)"', shown)
    assert found, shown
    viewer = installation.person(Role.VIEWER)
    assert 'class="badge s-done"' in viewer.text(page)
    assert "/file" not in viewer.text(page)
    token = viewer.token("/dashboard/profile")
    assert viewer.client.post(found[1], data={"form_token": token}).status_code == 403
    led = owner.post(found[1], page=page)
    assert led.status_code == 303
    file = owner.get(led.headers["location"])
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    expected = list(csv.DictReader(io.StringIO(report.text)))
    assert sorted(row["external_id"] for row in rows) == sorted(row["external_id"] for row in expected)
    assert len(rows) >= 2
    log = owner.text("/dashboard/audit")
    assert "export.fetch" in log
    removed = owner.post(found[1].replace("/file", "/remove"), page=page)
    assert removed.status_code == 303
    assert owner.get(led.headers["location"]).status_code == 404


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"subject": "secrets"}, "subject"),
        ({"format": "xlsx"}, "format"),
        ({"from": "0000"}, "from"),
        ({"from": "2026-03-09", "to": "2026-03-01"}, "since"),
        ({"from": "9999-12-31"}, "since"),
        ({"to": "9999-12-31T"}, "to"),
        ({"campaign_id": "none"}, "campaign_id"),
        ({"subject": "recipients"}, "campaign_id"),
        ({"format": "parquet", "bom": "yes"}, "bom"),
        ({"subject": "가" * 100_000}, "subject"),
    ],
)
def test_what_no_file_can_be_of_is_refused(
    owner: Visitor, application: str, fields: dict[str, str], named: str
) -> None:
    """422 with the page, the field and what would do; no file is asked for."""
    refused = owner.post(f"{application}/exports", {"subject": "messages", "format": "csv", **fields})
    assert refused.status_code == 422, refused.text[:2000]
    assert f"<code>{named}</code>" in refused.text
    assert "→" in refused.text


def test_a_months_statement_is_read_in_the_readers_language(owner: Visitor, application: str) -> None:
    """The link of the page leads to it; months that are none, or have not begun, are refused."""
    link = re.search(
        rf'href="({re.escape(application)}/statements/\d{{4}}-\d\d)"', owner.text(f"{application}/exports")
    )
    assert link
    statement = owner.get(link[1])
    assert statement.status_code == 200
    assert "Statement 20" in statement.text
    assert "unsafe-inline" not in statement.headers["content-security-policy"]
    for month, status in (("2026-13", 404), ("x" * 50, 404), ("2199-01", 422), ("1999-01", 422)):
        assert owner.get(f"{application}/statements/{month}").status_code == status


def test_rules_and_contacts_are_set_and_written_down(owner: Visitor, application: str) -> None:
    """What the form says is the policy, with before and after in the log; a refused one names its field and changes nothing."""
    page = f"{application}/alerts"
    fields = {
        "error_share": "12.5",
        "error_floor": "",
        "queue_seconds": "90",
        "quota_percents": "50, 80,100",
        "ladder[0].after_minutes": "0",
        "ladder[0].external_ids": f"당직, {SCRIPT}",
        "ladder[1].after_minutes": "15",
        "ladder[1].external_ids": "team-lead",
    }
    saved = owner.post(page, fields)
    assert saved.status_code == 303, saved.text
    shown = owner.text(page)
    assert 'value="12.5"' in shown
    assert 'value="50, 80, 100"' in shown
    assert SCRIPT not in shown
    assert "당직, &lt;script&gt;" in shown
    for wrong, named in (
        ({"error_share": "0"}, "error_share"),
        ({"queue_seconds": "nan"}, "queue_seconds"),
        ({"quota_percents": "80, 80"}, "quota_percents[1]"),
        ({"ladder[1].after_minutes": "0"}, "ladder[1].after_minutes"),
        ({"ladder[0].external_ids": "x" * 100_000}, "ladder[0].external_ids"),
    ):
        refused = owner.post(page, {**fields, **wrong})
        assert refused.status_code == 422, wrong
        assert f"<code>{named}</code>" in refused.text
    assert 'value="12.5"' in owner.text(page)
    log = owner.text("/dashboard/audit")
    assert "alert_policy.set" in log
    assert "0.125" in log


def test_an_alert_is_acknowledged_once_and_stays_in_the_history(
    installation: Installation, owner: Visitor, application: str
) -> None:
    """From the installation's list; who did it is shown, a stranger's id is not found, a marketer may not."""
    id_, database = uuid4(), installation.served.database_url
    execute(database, ALERT, id_, UUID(application.rpartition("/")[2]), f"test:{id_}")
    path = f"{application}/alerts/{id_}/acknowledge"
    assert path in owner.text("/dashboard/alerts")
    marketer = installation.person(Role.MARKETER)
    assert path not in marketer.text("/dashboard/alerts")
    done = owner.post(path, {"back": "all"}, page="/dashboard/alerts")
    assert path_of(done) == "/dashboard/alerts"
    again = owner.text(f"{application}/alerts")
    assert owner.email in again
    assert path not in again
    execute(database, "UPDATE alert SET resolved_at = now() WHERE id = $1", id_)
    assert owner.email not in owner.text(f"{application}/alerts")
    assert owner.email in owner.text(f"{application}/alerts?all=yes")
    missing = f"{application}/alerts/{uuid4()}/acknowledge"
    assert owner.post(missing, page=f"{application}/alerts").status_code == 404


def test_how_long_contents_are_kept_is_set_within_bounds(
    installation: Installation, owner: Visitor, application: str
) -> None:
    """30 days or more, or as long as the messages; the log has what it was before."""
    page = f"{application}/retention"
    assert owner.post(page, {"content_retention_days": "45"}).status_code == 303
    assert 'value="45"' in owner.text(page)
    for wrong in ("29", "4000", "-1", "ten", "9" * 100_000):
        assert owner.post(page, {"content_retention_days": wrong}).status_code == 422
    with rest(installation, application) as http:
        settings = http.get(f"/v1/applications/{application.rpartition('/')[2]}").json()["settings"]
    assert settings["content_retention_days"] == 45
    assert owner.post(page, {"content_retention_days": ""}).status_code == 303
    assert "retention.set" in owner.text("/dashboard/audit")


def test_a_template_is_sent_to_marked_devices_from_its_page(
    installation: Installation, owner: Visitor, application: str
) -> None:
    """What was accepted and who was left out stands on the page; without a marked device it says how to mark one."""
    fields = {"name": "시험", "push.title": "t", "push.body": "{{ word }}", "sample": "{}"}
    template = path_of(owner.post(f"{application}/templates/new", fields))
    send = f"{template}/test-send"
    refused = owner.post(send, {"version": "1"}, page=template)
    assert refused.status_code == 422
    assert "test_type" in refused.text
    with rest(installation, application) as http:
        device = {"type": "iOSPush", "token": uuid4().hex * 2, "test_type": 1}
        assert http.post("/v1/subscriptions", json=device).status_code == 201
        sent = owner.post(send, {"version": "1", "variables": '{"word": "안녕"}'}, page=template)
        assert sent.status_code == 200, sent.text[:3000]
        assert 'id="test-sent"' in sent.text
        (message,) = http.get("/v1/messages").json()["items"]
        assert message["body"] == "안녕"
    page = owner.text(f"{application}/messages/{message['id']}")
    assert f'href="{template}">시험</a>' in page
    assert '<p class="prose">안녕</p>' in page
    assert "iOS push" in page
    for wrong, named in (
        ({"variables": "[1]"}, "variables"),
        ({"version": "7"}, "version"),
        ({"channel": "sms"}, "channels"),
    ):
        answer = owner.post(send, wrong, page=template)
        assert answer.status_code == 422, wrong
        assert f"<code>{named}</code>" in answer.text
    assert "template.test_send" in owner.text("/dashboard/audit")


def test_a_subscriptions_state_and_history_are_told_in_words(
    installation: Installation, owner: Visitor, application: str
) -> None:
    """What its code means stands behind it, and its history says who did what and why."""
    with rest(installation, application) as http:
        device = {"type": "AndroidPush", "token": uuid4().hex * 2}
        id_ = http.post("/v1/subscriptions", json=device).json()["id"]
    page = f"{application}/subscriptions/{id_}"
    assert owner.post(f"{page}/disable", page=page).status_code == 303
    shown = owner.text(page)
    assert "<h1>Android push</h1>" in shown
    assert "-31 · disabled through the REST API" in shown
    history = shown[shown.index('<ol class="timeline">') :]
    assert "Registered" in history
    assert "API · By an operator" in history


def test_the_page_of_a_message_says_what_it_is_about(
    installation: Installation, owner: Visitor, application: str
) -> None:
    """A message with a topic shows its key; one without has no such line."""
    with rest(installation, application) as http:
        # One that nobody has sent for: topics of one that was asked for a moment ago would be known too late.
        mine = str(http.post("/v1/applications", json={"name": "이야기"}).json()["id"])
        settings = {"settings": {"topics": [{"key": "events", "ko": "행사", "en": "Events"}]}}
        assert http.patch(f"/v1/applications/{mine}", json=settings).status_code == 200
    with rest(installation, f"apps/{mine}") as http:
        device = http.post("/v1/subscriptions", json={"type": "iOSPush", "token": uuid4().hex * 2}).json()
        body = {"subscription_id": device["id"], "content": {"push": {"title": "t"}}}
        sent = [http.post("/v1/messages", json={**body, **more}) for more in ({"topic": "events"}, {})]
        assert [one.status_code for one in sent] == [202, 202], sent[0].text
        about, plain = (f"/dashboard/apps/{mine}/messages/{one.json()['message_ids'][0]}" for one in sent)
    line = "<dt>Topic</dt><dd><code>events</code>"
    assert line in owner.text(about)
    assert "<dt>Topic</dt>" not in owner.text(plain)


def test_health_shows_every_process_and_what_holds_things_up(
    installation: Installation, owner: Visitor, application: str
) -> None:
    """A process that tells of itself, the database and NATS are there; a held channel is, with its application."""
    assert owner.post(f"{application}/channels/SMS/pause", page=f"{application}/settings").status_code == 303
    with installation.telling("scheduler"):
        shown = owner.text("/dashboard/health")
    assert "Scheduler" in shown
    assert "PostgreSQL 1" in shown
    held = shown[shown.index('id="providers"') : shown.index('id="database"')]
    assert "나들이 주식회사" in held
    assert "SMS" in held
    assert owner.post(f"{application}/channels/SMS/resume", page=f"{application}/settings").status_code == 303
