"""Every page over HTTP: what it shows, what its forms change, and that the audit log tells it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest

from entrypoints.dashboard.application import PAGES
from tests.e2e.dashboard.conftest import Installation
from tests.e2e.dashboard.month import leave_a_month
from tests.e2e.dashboard.visitor import Visitor, path_of

SCRIPT = "<script>alert('x')</script>"


def test_every_page_opens_empty(owner: Visitor, application: str) -> None:
    """On an application that has nothing yet, each page without further ids is there, with its menu and policy."""
    wanted = [page.path for page in PAGES if page.path.count("{") == page.path.count("{application_id}")]
    assert len(wanted) > 15
    for path in wanted:
        found = owner.get(path.replace("/dashboard/apps/{application_id}", application))
        assert found.status_code == 200, f"{path}: {found.status_code} {found.text[-1500:]}"
        assert "script-src 'self'" in found.headers["content-security-policy"]
        assert found.headers["cache-control"] == "no-store"
        assert " style=" not in found.text
        assert "<script>" not in found.text


def test_a_segment_is_built_counted_and_changed(owner: Visitor, application: str) -> None:
    """Rows become a predicate, the count says what is wrong with them, and a script in the name stays text."""
    rows = {
        "mode": "rows",
        "join": "and",
        "condition.negate": ["", "yes"],
        "condition.field": ["tag", "language"],
        "condition.key": ["grade", ""],
        "condition.operator": ["eq", "eq"],
        "condition.value": ["VIP", "en"],
    }
    page = f"{application}/segments/new"
    counted = owner.post(f"{application}/segments/count", rows, page=page)
    assert counted.status_code == 200
    assert 'id="matching">0<' in counted.text
    wrong = owner.post(
        f"{application}/segments/count", {**rows, "condition.operator": ["eq", "gt"]}, page=page
    )
    assert 'class="wrong"' in wrong.text
    made = owner.post(page, {**rows, "name": SCRIPT, "description": "VIP"})
    assert made.status_code == 303, made.text
    listed = owner.text(f"{application}/segments")
    assert SCRIPT not in listed
    assert "&lt;script&gt;" in listed
    edit = re.search(rf'href="({re.escape(application)}/segments/[0-9a-f-]{{36}})"', listed)
    assert edit
    shown = owner.text(edit[1])
    assert 'value="grade"' in shown
    assert 'value="VIP"' in shown
    assert owner.post(edit[1], {**rows, "name": "단골", "description": ""}).status_code == 303


def test_a_template_is_written_previewed_and_compared(owner: Visitor, application: str) -> None:
    """The preview shows every channel with sample values; a change is a version, and the page says what differs."""
    fields = {
        "name": "환영",
        "push.title": "안녕하세요 {{ name }}님",
        "push.body": "반갑습니다",
        "sms.text": "{{ name }}님, 반갑습니다",
        "email.subject": "환영합니다",
        "email.html": "<p>안녕 <b>{{ name }}</b></p><script>bad()</script>",
        "sample": '{"name": "하늘"}',
    }
    page = f"{application}/templates/new"
    shown = owner.post(f"{application}/templates/preview", fields, page=page)
    assert "안녕하세요 하늘님" in shown.text, shown.text
    assert 'id="sms-count"' in shown.text
    mail = owner.post(f"{application}/templates/preview/mail", fields, page=page)
    assert "sandbox" in mail.headers["content-security-policy"]
    assert "<b>하늘</b>" in mail.text
    made = owner.post(page, fields)
    assert made.status_code == 303, made.text
    template = path_of(made)
    changed = owner.post(f"{template}/edit", {**fields, "push.body": "또 만나요", "revision": "1"})
    assert changed.status_code == 303, changed.text
    compared = owner.text(template)
    assert "<del>반갑습니다</del>" in compared
    assert "<ins>또 만나요</ins>" in compared
    stale = owner.post(f"{template}/edit", {**fields, "revision": "1"})
    assert stale.status_code == 409
    assert "또 만나요" in owner.text(f"{template}/edit")
    assert owner.post(f"{template}/versions/1/activate", page=template).status_code == 303


def test_a_campaign_is_drafted_and_tried(owner: Visitor, application: str) -> None:
    """Without credentials the dry run says what is missing, and the draft stays a draft."""
    made = owner.post(
        f"{application}/campaigns/new",
        {"name": "봄맞이", "segment": "everyone", "title": "봄", "body": "왔어요", "per_second": "500"},
    )
    assert made.status_code == 303, made.text
    campaign = path_of(made)
    tried = owner.post(f"{campaign}/dry-run", page=campaign)
    assert tried.status_code == 200, tried.text
    assert 'id="dry-run"' in tried.text or 'role="alert"' in tried.text
    assert (
        owner.post(f"{campaign}/edit", {"name": "", "segment": "everyone", "title": "봄"}).status_code == 422
    )
    assert owner.post(f"{campaign}/cancel", page=campaign).status_code == 303
    assert "s-canceled" in owner.text(campaign)
    assert owner.post(f"{campaign}/pause", page=campaign).status_code == 409
    copy = owner.post(f"{campaign}/duplicate", page=campaign)
    assert path_of(copy) != campaign


def test_quota_credit_and_channels_change_and_are_written_down(owner: Visitor, application: str) -> None:
    """Each change stands in the audit log with how it was before and after; a refused one, too."""
    quota = f"{application}/quota"
    assert (
        owner.post(
            f"{quota}/limits", {"daily_quota": "1,234,567", "billing_mode": "prepaid"}, page=quota
        ).status_code
        == 303
    )
    assert (
        owner.post(f"{quota}/credit", {"amount": "50000", "reference": "P-1"}, page=quota).status_code == 303
    )
    refused = owner.post(f"{quota}/limits", {"daily_quota": "many", "billing_mode": "prepaid"}, page=quota)
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.text
    shown = owner.text(quota)
    assert "1,234,567" in shown
    settings = f"{application}/settings"
    held = owner.post(f"{application}/channels/iOSPush/pause", page=settings)
    assert held.status_code == 303
    log = owner.text("/dashboard/audit")
    assert log.index("channel.pause") < log.index("quota.set")
    assert "s-refused" in log
    assert "1234567" in log


def test_who_reads_korean_is_refused_in_korean(owner: Visitor, application: str) -> None:
    """What is wrong, what to do, and what each field of a credential is; the field's name stays, and so does English."""
    quota, settings = f"{application}/quota", f"{application}/settings"
    wrong = {"form_token": owner.token(quota), "daily_quota": "many", "billing_mode": "prepaid"}
    korean, english = [
        owner.client.post(f"{quota}/limits", data=wrong, headers={"Accept-Language": language})
        for language in ("ko", "en")
    ]
    assert (korean.status_code, english.status_code) == (422, 422)
    assert "<code>daily_quota</code> – daily_quota 값이 개수가 아닙니다 → 0~" in korean.text
    assert "을(를) 쓰거나 비워 두세요" in korean.text
    assert "daily_quota is not a count → use 0 to" in english.text
    page = owner.client.get(settings, headers={"Accept-Language": "ko"}).text
    assert "Apple 개발자 계정의 Team ID" in page
    assert "the Team ID of the Apple developer account" not in page
    missing = owner.client.get(f"{application}/campaigns/no-id", headers={"Accept-Language": "ko"})
    assert "그런 페이지가 없습니다" in missing.text


def test_a_key_is_shown_once_and_credentials_never(owner: Visitor, application: str) -> None:
    """The plain key is on one page only; a credential's secret is on none, in no log and in no refused form."""
    settings = f"{application}/settings"
    issued = owner.post(f"{application}/keys", {"label": "서버", "scope": ["messages:write"]}, page=settings)
    plain = re.search(r"as_live_[a-z0-9]+_([A-Za-z0-9_-]{40,})", issued.text)
    assert plain
    secret = plain[1]
    assert secret not in owner.text(settings)
    entered = {"field.team_id": "ABCDE12345", "field.private_key": "-----BEGIN PRIVATE KEY-----\nnope"}
    refused = owner.post(f"{application}/credentials/apns", entered, page=settings)
    assert refused.status_code == 422
    assert "BEGIN PRIVATE KEY" not in refused.text
    log = owner.text("/dashboard/audit")
    assert secret not in log
    assert "BEGIN PRIVATE KEY" not in log


def test_pages_of_figures_tell_what_the_api_tells(
    installation: Installation, owner: Visitor, application: str
) -> None:
    """Tiles, charts' tables and comparisons over a month are the answers of /v1/analytics; a filter narrows both alike."""
    id_ = application.rpartition("/")[2]
    leave_a_month(installation.served.database_url, id_, str(UUID(int=7)))
    headers = {"Authorization": f"Bearer {installation.served.operator_key}"}
    with httpx.Client(base_url=installation.served.url, headers=headers) as operator:
        key = operator.post(f"/v1/applications/{id_}/keys", json={"label": "figures"}).json()["api_key"]
    with httpx.Client(base_url=installation.served.url, headers={"Authorization": f"Bearer {key}"}) as api:
        span = {"since": (datetime.now(UTC) - timedelta(days=29)).isoformat(), "zone": "Asia/Seoul"}

        def answer(path: str, **query: str) -> dict[str, Any]:
            found: dict[str, Any] = api.get(f"/v1/analytics/{path}", params={**span, **query}).json()
            return found

        for query in ({}, {"channel": "sms"}, {"country": "US"}, {"campaign_id": str(UUID(int=7))}):
            total = answer("totals", **query)["total"]
            assert total["sent"] > 0
            page = owner.text(f"{application}/analytics?{urlencode(query)}")
            assert tiles(page) == [
                total[name] for name in ("accepted", "sent", "received", "converted", "failed")
            ]
        countries = {
            one["group"]["country"]: one["figures"] for one in answer("totals", group_by="country")["groups"]
        }
        compared = rows(owner.text(f"{application}/analytics/compare?by=country"))
        assert compared["South Korea"][:3] == [
            countries["KR"][name] for name in ("sent", "received", "converted")
        ]
        assert compared["United States"][:1] == [countries["US"]["sent"]]
        series = answer("series")["points"]
        days = list(rows(owner.text(f"{application}/analytics")).values())[: len(series)]
        assert [day[1] for day in days] == [one["figures"]["sent"] for one in series]
        growth = answer("subscriptions")["points"]
        came = sum(one["subscribed"] for one in growth)
        assert tiles(owner.text(f"{application}/analytics/subscriptions"))[2] == came
        used = answer("usage")["points"]
        settled = sum(one["settled"] - one["given_back"] for one in used)
        usage = owner.text(f"{application}/analytics/usage")
        assert tiles(usage)[0] == settled
        assert rows(usage.partition("By channel")[2])["SMS"][1] == sum(
            one["settled"] for one in used if one["channel"] == "sms"
        )
        opened = answer("funnel")["open_times"]
        assert [row[0] for row in list(rows(owner.text(f"{application}/analytics/funnel")).values())[4:]] == [
            one["messages"] for one in opened
        ]


def tiles(page: str) -> list[int]:
    """The large figures of a page."""
    return [int(one.replace(",", "")) for one in re.findall(r"<dd><strong>\+?([\d,]+)</strong>", page)]


def rows(page: str) -> dict[str, list[int]]:
    """The lines of a page's tables by their names: the whole numbers in front of each."""
    found: dict[str, list[int]] = {}
    for line in re.findall(r'<tr><th scope="row".*?</tr>', page, re.S):
        name = re.sub(r"<[^>]+>", "", line.partition("</th>")[0])
        cells = [re.fullmatch(r"[\d,]+", one) for one in re.findall(r'<td class="n">(.*?)</td>', line)]
        found.setdefault(name, []).extend(int(one[0].replace(",", "")) for one in cells if one)
    return found


def test_days_that_figures_cannot_be_counted_by_are_those_of_utc(owner: Visitor) -> None:
    """In India days begin at half past: the overview and its figures are there, and say which days they are of."""
    made = owner.post("/dashboard/apps/new", {"name": "दिल्ली", "time_zone": "Asia/Kolkata"})
    start = str(made.headers["location"]).partition("/settings")[0]
    owner.text(start)
    assert "Days of the time zone UTC" in owner.text(f"{start}/analytics")


@pytest.mark.parametrize(
    "path",
    [
        "messages?from=2026-03-09&to=2026-03-01",
        "messages?from=0000",
        "messages?status=x",
        "messages?cursor=%00",
        "analytics?days=9999999999",
        "analytics?zone=Mars/Olympus",
        "analytics?zone=Asia/Kolkata",
        "analytics?granularity=hour&days=90",
        "analytics?from=2026-03-09&to=2026-03-01",
        "analytics/funnel?campaign_id=spring",
        "analytics/compare?by=colour",
        "analytics/usage?from=0000-01-01",
        "campaigns?status=no",
        "quota?kind=x",
    ],
)
def test_malformed_ranges_are_refused_with_what_to_do(owner: Visitor, application: str, path: str) -> None:
    """422 with a page that says what would do, never a 500."""
    found = owner.get(f"{application}/{path}")
    assert found.status_code == 422, found.text
    assert "→" in found.text


def test_a_name_of_100_000_characters_is_refused(owner: Visitor) -> None:
    """The page says which field is wrong, and no application is made."""
    refused = owner.post("/dashboard/apps/new", {"name": "가" * 100_000, "time_zone": "UTC"})
    assert refused.status_code == 422
    assert "가" * 1000 not in owner.text("/dashboard")


@pytest.mark.parametrize("place", ["campaigns/{nowhere}/live", "campaigns/x/live"])
def test_a_stream_of_nothing_is_refused_before_it_begins(
    owner: Visitor, application: str, place: str
) -> None:
    """A campaign that is not there, or is no id, is a 404 and no stream that breaks."""
    path = f"{application}/{place}".format(nowhere="00000000-0000-7000-8000-000000000000")
    with owner.client.stream("GET", path, headers={"Accept": "text/event-stream"}) as found:
        assert found.status_code == 404
