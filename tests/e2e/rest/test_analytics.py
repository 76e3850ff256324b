"""Figures, reports and statements over REST: what a call did is in them at once, and what cannot be answered is named."""

from __future__ import annotations

import csv
import io

import pytest

from tests.e2e.rest.callers import PUSH, Callers, Tenant, register
from tests.e2e.rest.wiring import execute


@pytest.fixture(scope="module")
def tenant(callers: Callers) -> Tenant:
    """An application that sent three messages to three devices."""
    tenant = callers.new_tenant()
    ids = []
    for _ in range(3):
        body = {"content": PUSH, "subscription_id": register(tenant.http)}
        sent = tenant.http.post("/v1/messages", json=body)
        ids += sent.json()["message_ids"]
    tenant.things["message_ids"] = ",".join(ids)
    return tenant


def test_what_was_accepted_a_moment_ago_is_in_the_figures(tenant: Tenant) -> None:
    """Totals, their groups and the series agree."""
    totals = tenant.http.get("/v1/analytics/totals", params={"group_by": "channel,type"}).json()
    assert totals["total"]["accepted"] == 3
    assert [one["group"] for one in totals["groups"]] == [{"channel": "push", "type": "iOSPush"}]
    assert totals["total"]["open_rate"] is None
    series = tenant.http.get("/v1/analytics/series", params={"granularity": "hour", "zone": "UTC"}).json()
    assert sum(point["figures"]["accepted"] for point in series["points"]) == 3
    assert len(series["points"]) >= 168
    funnel = tenant.http.get("/v1/analytics/funnel", params={"channel": "sms"}).json()
    assert (funnel["figures"]["accepted"], funnel["median_within_seconds"]) == (0, None)


def test_growth_usage_and_silent_devices_are_told(tenant: Tenant) -> None:
    """Three came, three messages are reserved, and nobody was heard of yet."""
    growth = tenant.http.get("/v1/analytics/subscriptions").json()
    assert growth["now"]["push"] == {"subscriptions": 3, "reachable": 3}
    assert sum(point["created"] for point in growth["points"]) == 3
    usage = tenant.http.get("/v1/analytics/usage").json()
    assert [(one["channel"], one["reserved"], one["cost"]) for one in usage["points"]] == [("push", 3, "0")]
    inactive = tenant.http.get("/v1/analytics/inactive-devices", params={"days": "1,30"}).json()
    assert sum(one["devices"] for one in inactive["cohorts"]) == 3


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("totals", {"group_by": "colour"}, "group_by"),
        ("totals", {"channel": "fax"}, "channel"),
        ("totals", {"campaign_id": "spring"}, "campaign_id"),
        ("series", {"granularity": "week"}, "granularity"),
        ("series", {"zone": "Mars/Olympus"}, "zone"),
        ("series", {"since": "yesterday"}, "since"),
        ("series", {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "until"),
        ("series", {"since": "2020-01-01T00:00:00Z", "granularity": "hour"}, "since"),
        ("inactive-devices", {"days": "0"}, "days"),
    ],
)
def test_what_cannot_be_answered_is_named(
    path: str, query: dict[str, str], field: str, tenant: Tenant
) -> None:
    """422 with the field and what to do about it."""
    answer = tenant.http.get(f"/v1/analytics/{path}", params=query)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert answer.json()["fix"]


def test_a_small_report_is_answered_at_once(tenant: Tenant) -> None:
    """A CSV with its rows, a byte order mark when asked for; a form or a subject that is none is named."""
    answer = tenant.http.get("/v1/reports", params={"subject": "messages", "bom": "true"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["id"] for row in rows} == set(tenant.things["message_ids"].split(","))
    lines = tenant.http.get("/v1/reports", params={"subject": "subscriptions", "format": "ndjson"})
    assert len(lines.text.splitlines()) == 3
    for query, field in (
        ({"subject": "tokens"}, "subject"),
        ({"format": "xlsx"}, "format"),
        ({"subject": "recipients"}, "campaign_id"),
    ):
        refused = tenant.http.get("/v1/reports", params=query)
        assert (refused.status_code, refused.json()["field"]) == (422, field)


def test_an_export_is_ordered_looked_at_fetched_and_removed(tenant: Tenant, callers: Callers) -> None:
    """The link is there when the file is; without a signature there is nothing, with a key that may not, nothing either."""
    made = tenant.http.post("/v1/exports", json={"subject": "messages", "format": "csv"})
    assert (made.status_code, made.json()["state"]) == (202, "waiting")
    id_ = made.json()["id"]
    assert tenant.http.get(f"/v1/exports/{id_}").json()["download_url"] is None
    execute(callers.served.database_url, "INSERT INTO export_part VALUES ($1, 0, 'id\n')", id_)
    execute(
        callers.served.database_url,
        "UPDATE export SET state = 'ready', expires_at = now() + interval '1 day' WHERE id = $1",
        id_,
    )
    url = tenant.http.get("/v1/exports").json()["items"][0]["download_url"]
    stranger = callers.client()
    assert stranger.get(url).content == b"id\n"
    assert stranger.get(url.partition("?")[0]).status_code == 404
    plain = callers.operator.post(f"/v1/applications/{tenant.id}/keys", json={}).json()["api_key"]
    assert callers.client(plain).get("/v1/exports").status_code == 403
    assert callers.client(plain).get("/v1/analytics/totals").status_code == 200
    assert tenant.http.delete(f"/v1/exports/{id_}").status_code == 204
    assert stranger.get(url).status_code == 404


def test_a_statement_is_figures_and_a_page(tenant: Tenant) -> None:
    """In the language that is asked for; a month of the future is refused by name."""
    base = f"/v1/applications/{tenant.id}/statements"
    told = tenant.http.get(f"{base}/2026-01").json()
    assert (told["complete"], told["currencies"][0]["due"]) == (True, "0")
    page = tenant.http.get(f"{base}/2026-01/page", params={"language": "en"})
    assert page.headers["content-type"].startswith("text/html")
    assert "Statement 2026-01" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    refused = tenant.http.get(f"{base}/2199-12")
    assert (refused.status_code, refused.json()["field"]) == (422, "month")
