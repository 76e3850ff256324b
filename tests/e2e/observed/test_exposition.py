"""Every metric of docs/metrics.md is in the exposition of a running product once what it counts has happened."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.telemetry.catalogue import BY_NAME
from tests.e2e.observed.conftest import Installation, sql
from tests.promtool import promtool

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
ROLES = ("api", "worker", "scheduler")
ABSENT = {
    "signal_job_failures_total": "no job failed",
    "signal_nats_server_up": "there is no monitoring port here: see test_nats_monitors",
    "signal_nats_cluster_links": "as above",
    "signal_nats_cluster_size": "as above",
    "signal_nats_slow_consumers_total": "as above",
}
"""What is rightly missing."""


def do_everything(installed: Installation) -> None:
    """A message, a webhook, a template, a campaign, a quota, an app's report; and rows of troubles that nobody has here."""
    http, application = installed.http, installed.note.application_id
    installed.message(installed.send(), "received", "converted")
    later = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    body = {"external_id": "demo-user-2", "content": {"push": {"title": "later"}}, "send_at": later}
    assert http.post("/v1/messages", json=body).status_code == 202
    quota = {"daily_quota": 100_000, "monthly_quota": 1_000_000}
    assert installed.operator.put(f"/v1/applications/{application}/quota", json=quota).status_code == 200
    acting = {"x-application-id": application}

    def operate(path: str, body: object) -> dict[str, Any]:
        answer = installed.operator.post(path, json=body, headers=acting)
        assert answer.status_code < 300, answer.text
        return dict(answer.json())

    hook = operate("/v1/webhooks", {"url": f"{installed.collector.url}/hook"})
    operate(f"/v1/webhooks/{hook['id']}/test", {})
    operate("/v1/templates", {"name": "t", "body_template": "안녕 {{ name }}"})
    plan = {"name": "c", "title": "Hi", "targeting_criteria": {"include": [{"everyone": True}]}}
    campaign = operate("/v1/campaigns", {**plan, "pacing": {"per_second": 1}})["id"]
    operate(f"/v1/campaigns/{campaign}/launch", {})
    operate(f"/v1/campaigns/{campaign}/pause", {"reason": "seen"})
    device = installed.note.enrolments[0]
    now = datetime.now(UTC)
    report = {
        "window": {"from": (now - timedelta(minutes=5)).isoformat(), "to": now.isoformat()},
        "init_ms": {"p50": 80, "p95": 400, "n": 3},
        "register": {"ok": 1, "fail": 0},
        "identify": {"ok": 1, "fail": 0},
        "errors": {"network": 1},
        "queue_max": 2,
    }
    told = http.post(
        "/v1/client/sdk-metrics",
        json=report,
        headers={
            "x-app-id": device["app_id"],
            "x-install-id": device["install_id"],
            "x-install-secret": device["install_secret"],
        },
    )
    assert told.status_code == 202, told.text
    for statement in (
        "INSERT INTO message_retry (message_id, application_id, reservation_id, due_at, channel, type, lane)"
        " SELECT uuidv7(), id, uuidv7(), now() + interval '1 day', 1, 1, 0 FROM application LIMIT 1",
        "INSERT INTO channel_pause (application_id, type, reason, paused_at)"
        " SELECT id, 4, 'requested', now() FROM application LIMIT 1",
        "INSERT INTO alert (id, application_id, kind, detail, raised_at)"
        " SELECT uuidv7(), id, 'unknown_outcome_charged', '{}', now() FROM application LIMIT 1",
    ):
        sql(installed.database_url, statement)


def shown(installed: Installation) -> set[str]:
    """Names of metrics with at least one sample, in any process."""
    text = "\n".join(installed.metrics(role) for role in ROLES)
    samples = set(re.findall(r"^(signal_\w+?)(?:_bucket|_sum|_count)?[{ ]", text, re.MULTILINE))
    return {name for name in samples if name in BY_NAME}


def test_every_metric_of_the_page_is_shown_by_a_running_product(installed: Installation) -> None:
    """API, worker and scheduler together show all of them, and promtool finds nothing wrong with how."""
    do_everything(installed)
    wanted = set(BY_NAME) - set(ABSENT)
    installed.until(lambda: sorted(wanted - shown(installed)), lambda missing: not missing, seconds=60)
    for role in ROLES:
        promtool("check", "metrics", stdin=installed.metrics(role))
