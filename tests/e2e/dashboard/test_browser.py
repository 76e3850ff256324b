"""What an operator does in a real Chromium, against a whole installation with its simulator, in Korean and in English."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from adapters.crypto.one_time_codes import STEP_SECONDS, code_at
from bootstrap.stack import find_stack
from tests.e2e.cli.runs import Up, automata_signal, running_up, stack_folder
from tests.e2e.dashboard.browser import Browser, browsing
from tests.e2e.dashboard.month import leave_a_month
from tests.e2e.dashboard.visitor import PASSWORD
from tests.e2e.rest.wiring import execute

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
EMAIL = "haneul@example.com"
VIEWS = (
    ("", "messages"),
    ("/funnel", "funnel"),
    ("/compare?by=channel", "compare"),
    ("/subscriptions", "subscriptions"),
    ("/usage", "usage"),
    ("/devices", "devices"),
)
LONG = "한국전자통신연구원 부설 국가보안기술연구소 차세대 메시지 서비스 운영 지원 센터 알림 애플리케이션"
ALERT = """
INSERT INTO alert (id, application_id, kind, fingerprint, severity, detail, raised_at, last_seen_at)
VALUES (gen_random_uuid(), $1, 'error_rate', 'test', 'critical', '{"type": "iOSPush", "attempts": 200, "failed": 61}', now(), now())
"""


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    """Servers, roles, simulator and the demo application with ten devices."""
    with stack_folder() as folder, running_up(folder) as found:
        yield found


def sign_in(browser: Browser, up: Up, key: str) -> None:
    """With the code of this moment, also when it was used just now."""
    state = find_stack(up.folder)
    assert state is not None
    execute(state.database_url, "UPDATE operator SET code_step = 0")
    page = browser.page
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.fill("#code", code_at(key, int(time.time()) // STEP_SECONDS))
    page.click("form button")
    expect(page.locator(".top")).to_be_visible()


def set_up(browser: Browser, up: Up) -> str:
    """The first owner's account, from the link that the command line prints; the key of the codes."""
    printed = automata_signal("operators", "invite", "--json", "--folder", str(up.folder))
    assert printed.returncode == 0, printed.stderr
    link = json.loads(printed.stdout)["link"]
    assert link.startswith(up.told["url"])
    page = browser.page
    browser.go(link.removeprefix(up.told["url"]))
    browser.check("set-up")
    key = page.inner_text("#code-key").replace(" ", "")
    page.fill("#name", "김하늘")
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.fill("#code", code_at(key, int(time.time()) // STEP_SECONDS))
    page.click("form button")
    expect(page.locator(".note")).to_be_visible()
    browser.check("sign-in")
    sign_in(browser, up, key)
    return key


def create_application(browser: Browser) -> None:
    """With a long Korean name, and the credentials of FCM refused, then entered."""
    page = browser.page
    browser.go("/dashboard/apps/new")
    page.fill("#f-name", LONG)
    browser.check("application-new")
    page.click("main form button")
    expect(page.locator("main h1")).to_have_text("키와 채널")
    page.click("#provider-twilio > summary")
    fields = page.locator("#provider-twilio input[type=password], #provider-twilio input[type=text]")
    fields.first.fill("AC" + "0" * 32)
    browser.check("settings")
    browser.go(page.url.removeprefix(browser.url).partition("/settings")[0])
    browser.check("overview-empty")


def enter_credentials(browser: Browser) -> None:
    """Solapi's key and secret are checked and stored; the page shows that they are there, never what they are."""
    page = browser.page
    page.click("nav a[href$='/settings']")
    page.click("#provider-solapi > summary")
    box = page.locator("#provider-solapi")
    for name, text in (("api_key", "NCS0123456789ABC"), ("api_secret", "S" * 32), ("sender", "0223456789")):
        if (field := box.locator(f"[name='field.{name}']")).count():
            field.fill(text)
    box.locator("form button").first.click()
    expect(page.locator(".note")).to_be_visible()
    assert "S" * 32 not in page.content()


def build_segment(browser: Browser, start: str) -> None:
    """The count follows the conditions while they are written."""
    page = browser.page
    browser.go(f"{start}/segments/new")
    page.fill("#f-name", "체험 사용자")
    page.select_option("[name='condition.field']", "external_id")
    page.select_option("[name='condition.operator']", "starts_with")
    page.fill("[name='condition.value']", "demo-user-")
    expect(page.locator("#matching")).to_have_text("10")
    page.click("#add-condition")
    page.locator("[name='condition.field']").nth(1).select_option("subscribed")
    page.locator("[name='condition.value']").nth(1).fill("false")
    expect(page.locator("#matching")).to_have_text("0")
    page.locator("[data-remove-row]").nth(1).click()
    expect(page.locator("#matching")).to_have_text("10")
    browser.check("segment")
    page.click("#segment-form > button")
    expect(page.locator("td.name").first).to_have_text("체험 사용자")
    browser.check("segments")


def write_template(browser: Browser, start: str) -> None:
    """The preview shows what the recipient would see, and counts the bytes of the text message."""
    page = browser.page
    browser.go(f"{start}/templates/new")
    page.fill("#f-name", "봄맞이 안내")
    page.fill("[name='push.title']", "안녕하세요 {{ name | default: '고객' }}님")
    page.fill("[name='push.body']", "봄맞이 행사가 시작되었습니다.")
    page.fill("[name='sms.text']", "{{ name }}님, 봄맞이 행사가 시작되었습니다.")
    page.fill("[name='email.subject']", "봄맞이 행사")
    page.fill("[name='email.html']", "<h1 style='color:green'>{{ name }}님</h1><p>봄입니다.</p>")
    expect(page.locator("#preview .p-push")).to_contain_text("안녕하세요 김하늘님")
    expect(page.locator("#sms-count")).to_contain_text("SMS")
    expect(page.frame_locator("#mail-preview").locator("h1")).to_have_text("김하늘님")
    browser.check("template-editor")
    page.click("button[value=active]")
    expect(page.locator("main h1")).to_have_text("봄맞이 안내")
    browser.check("template")


def run_campaign(browser: Browser, start: str) -> str:
    """Drafted, tried, launched, paused, resumed, and watched live until it is over."""
    page = browser.page
    browser.go(f"{start}/campaigns/new")
    page.fill("#f-name", "봄맞이 캠페인")
    page.select_option("#f-template", label="봄맞이 안내")
    page.select_option("#f-segment", label="체험 사용자")
    page.check("[name=channel][value=push]")
    page.fill("#f-per_second", "2")
    browser.check("campaign-form")
    page.click("main form > button")
    page.click("form[action$='/dry-run'] button")
    expect(page.locator("#dry-run .figure strong").first).to_have_text("10")
    expect(page.locator("#dry-run .phone").first).to_contain_text("안녕하세요")
    browser.check("campaign-dry-run")
    page.click("form[action$='/launch'] button")
    expect(page.locator("[data-live-bar]")).to_be_visible()
    page.click("form[action$='/pause'] button")
    expect(page.locator("[data-live-status] .s-paused")).to_be_visible()
    browser.check("campaign-paused")
    page.click("form[action$='/resume'] button")
    expect(page.locator("[data-live='texts.share']")).to_have_text("100.0%", timeout=40_000)
    expect(page.locator("[data-live-status] .s-sent")).to_be_visible(timeout=20_000)
    expect(page.locator("[data-live='texts.received']")).not_to_have_text("0")
    assert page.inner_text("[data-live='texts.sent']") == "10"
    browser.check("campaign-sent")
    return page.url.removeprefix(browser.url).partition("?")[0]


def send_test(browser: Browser, up: Up) -> None:
    """A device is marked, the template goes to it alone, and the page says so."""
    page = browser.page
    found = up.call("GET", "/v1/subscriptions?limit=1&type=iOSPush")[1]["items"][0]["id"]
    assert up.call("PATCH", f"/v1/subscriptions/{found}", {"test_type": 1})[0] == 200
    page.check("#test-send [name=channel][value=push]")
    page.fill("#f-variables", '{"name": "시험"}')
    page.click("#test-send button")
    expect(page.locator("#test-sent strong")).to_have_text("1")
    browser.check("template-test-send")


def export_messages(browser: Browser, up: Up, start: str) -> None:
    """Written while one looks, fetched by its signed link, and opened: as many rows as REST counts messages."""
    page = browser.page
    browser.go(f"{start}/exports")
    browser.check("exports-empty")
    page.select_option("#f-subject", "messages")
    page.check("[name=bom]")
    page.click("#ask > button")
    expect(page.locator("td .s-done")).to_be_visible(timeout=20_000)
    browser.check("exports")
    with page.expect_download() as waiting:
        page.click("td form[action$='/file'] button")
    file = Path(waiting.value.path()).read_bytes()
    assert file.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    operator = {
        "Authorization": f"Bearer {up.told['operator_key']}",
        "X-Application-Id": up.told["application_id"],
    }
    totals = up.call("GET", "/v1/analytics/totals", headers=operator)[1]["total"]
    assert len(rows) == totals["accepted"]
    assert sum(row["status"] in ("successful", "received", "converted") for row in rows) == totals["sent"]
    page.click("#statements a")
    expect(page.locator("h1")).to_contain_text("이용 내역서")
    browser.check("statement")


def set_rules(browser: Browser, up: Up, start: str) -> None:
    """Thresholds and contacts are entered; an alert is acknowledged from the list and stays in the history."""
    page = browser.page
    state = find_stack(up.folder)
    assert state is not None
    execute(state.database_url, ALERT, up.told["application_id"])
    browser.go(f"{start}/alerts")
    page.fill("[name=error_share]", "12.5")
    page.fill("[name='ladder[0].after_minutes']", "0")
    page.fill("[name='ladder[0].external_ids']", "당직, 운영팀장")
    page.click("#policy > button")
    expect(page.locator(".note")).to_be_visible()
    browser.check("alert-rules")
    page.click("form[action$='/acknowledge'] button")
    expect(page.locator("td .s-sending")).to_be_visible()
    browser.check("alert-acknowledged")
    browser.go(f"{start}/retention")
    page.fill("[name=content_retention_days]", "60")
    page.click("main form button")
    expect(page.locator(".note")).to_be_visible()
    browser.check("retention")


def read_history(browser: Browser, start: str, campaign: str) -> None:
    """Why somebody got it, and everything that happened to them and to their message."""
    page = browser.page
    browser.go(f"{campaign}/explain?recipient=demo-user-1")
    expect(page.locator(".timeline li").first).to_be_visible()
    browser.check("explain")
    browser.go(f"{start}/people")
    browser.check("people")
    page.fill("#q", "demo-user-1")
    page.click("form[role=search] button")
    expect(page.locator("h1")).to_have_text("demo-user-1")
    expect(page.locator(".timeline li").first).to_be_visible()
    browser.check("person")
    page.locator("td a[href*='/messages/']").first.click()
    expect(page.locator(".timeline li").nth(1)).to_be_visible()
    browser.check("message")


def read_figures(browser: Browser, start: str) -> None:
    """Every view over a month; a row of the comparison leads to its funnel, whose filter can be taken away; hours are asked for."""
    page = browser.page
    for path, name in VIEWS:
        browser.go(f"{start}/analytics{path}")
        browser.check(f"analytics-{name}")
    browser.go(f"{start}/analytics/compare?by=campaign_id")
    page.locator("section.card tbody a", has_text="봄맞이 캠페인").click()
    expect(page.locator(".chip")).to_contain_text("봄맞이 캠페인")
    browser.check("analytics-funnel-of-a-campaign")
    page.locator(".chip").click()
    expect(page.locator(".chip")).to_have_count(0)
    page.click("nav.tabs a >> nth=0")
    page.fill("#from", page.input_value("#to"))
    page.select_option("#granularity", "hour")
    page.fill("#zone", "UTC")
    page.click(".picker button")
    expect(page.locator("#zone")).to_have_value("UTC")
    page.locator(".more summary").first.click()
    expect(page.locator(".more[open] tbody tr").first).to_be_visible()
    browser.check("analytics-hours")


def test_an_operators_first_day(up: Up) -> None:
    """From the set-up link to a finished campaign and its explanation in Korean; every page in English, small and dark."""
    state = find_stack(up.folder)
    assert state is not None
    start = f"/dashboard/apps/{up.told['application_id']}"
    with browsing(up.told["url"], "ko-KR") as browser:
        key = set_up(browser, up)
        create_application(browser)
        enter_credentials(browser)
        build_segment(browser, start)
        write_template(browser, start)
        template = browser.page.url.removeprefix(browser.url).partition("?")[0]
        campaign = run_campaign(browser, start)
        read_history(browser, start, campaign)
        export_messages(browser, up, start)
        leave_a_month(state.database_url, up.told["application_id"], campaign.rpartition("/")[2])
        browser.go(start)
        expect(browser.page.locator("[data-live=sent]")).to_have_text("10")
        browser.check("overview")
        read_figures(browser, start)
        browser.go(template)
        send_test(browser, up)
        set_rules(browser, up, start)
        browser.go("/dashboard/health")
        browser.check("health")
        assert browser.complaints == []
    with browsing(up.told["url"], "en-US") as browser:
        browser.go("/dashboard/sign-in")
        sign_in(browser, up, key)
        expect(browser.page.locator("main h1")).to_have_text("Applications")
        for section in (
            "",
            "/dashboard/health",
            "/dashboard/alerts",
            "/dashboard/audit",
            "/dashboard/operators",
            "/dashboard/profile",
        ):
            browser.go(section or "/dashboard")
            browser.check(f"en-{section.rpartition('/')[2] or 'applications'}")
        browser.page.emulate_media(color_scheme="dark")
        for section in ("", "/quota", "/exports", "/alerts"):
            browser.go(start + section)
            browser.check(f"dark-{section[1:] or 'overview'}", colours=section != "/quota")
        for path, name in VIEWS:
            browser.go(f"{start}/analytics{path}")
            browser.check(f"dark-analytics-{name}", colours=True)
        browser.go("/dashboard/health")
        browser.check("dark-health", colours=True)
        browser.page.set_viewport_size({"width": 375, "height": 812})
        for path, name in (
            (start, "overview"),
            (f"{start}/messages", "messages"),
            (campaign, "campaign"),
            (f"{start}/templates/new", "template-editor"),
            (f"{start}/segments/new", "segment"),
            ("/dashboard", "applications"),
            (f"{start}/analytics/compare?by=campaign_id", "analytics-compare"),
            (f"{start}/analytics/usage", "analytics-usage"),
            (f"{start}/exports", "exports"),
            (f"{start}/alerts", "alert-rules"),
            (f"{start}/retention", "retention"),
            ("/dashboard/health", "health"),
            ("/docs?lang=ko", "docs"),
        ):
            browser.go(path)
            if name == "docs":
                browser.page.click("#send_message summary")
            # A hundred operations and schemas look like the one that is open.
            browser.check(f"phone-{name}", without="details:not(#send_message)" if name == "docs" else "")
        assert browser.complaints == []
