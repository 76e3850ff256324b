"""All channels on one running `up`, an installed package's among them: sums, credentials, a mail's whole way."""

from __future__ import annotations

import base64
import json
import re
import time
import urllib.error
import urllib.request
from email import policy
from email.parser import BytesParser
from typing import Any

import pytest

from bootstrap.demo.channels.script import TROUBLES
from tests.conformance.channels.webhook import TOKEN, chat_server
from tests.e2e.cli.conftest import PUBLIC
from tests.e2e.cli.runs import Up, automata_signal, typed_here

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PEOPLE = len(TROUBLES)
SOLAPI = {"api_key": "NCSAKEY1234567890", "api_secret": "S" * 32, "sender": "0223456789"}
RELAY = {
    "host": "smtp.example",
    "username": "shop",
    "password": "open sesame",
    "from_address": "no-reply@mail.shop.kr",
}


def store(up: Up, provider: str, **fields: str) -> None:
    """The credential of the demo application."""
    operator = {"Authorization": f"Bearer {up.told['operator_key']}"}
    path = f"/v1/applications/{up.told['application_id']}/credentials/{provider}"
    status, stored = up.call("PUT", path, {"fields": fields}, operator)
    assert status == 200, stored


def check(up: Up, *more: str) -> tuple[int, Any]:
    """Exit code and answer."""
    options = ("--application", up.told["application_id"], "--folder", str(up.folder), "--json", *more)
    done = typed_here("channels", "check", *options)
    return done.returncode, json.loads(done.stdout)


def test_everybody_gets_one_message_on_every_channel_and_a_text_where_an_alimtalk_fails(up: Up) -> None:
    """Exit code 0; counts, codes and charges are those of the script, in all and by channel."""
    options = ("--channels", "all", "--recipients", str(PEOPLE), "--folder", str(up.folder))
    done = automata_signal("demo", *options, "--json", seconds=150)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout)
    assert (figures["broken"], figures["lost"], figures["duplicates"]) == ({}, 0, 0)
    assert figures["ledger_balanced"] is True
    by_channel = figures["by_channel"]
    assert set(by_channel) == {"push", "email", "sms", "kakao_talk", "in_app"}
    assert figures["accepted"] == figures["successful"] + figures["failed"]
    assert by_channel["in_app"]["converted"] == by_channel["in_app"]["charged"] == PEOPLE
    assert figures["provider_requests"] == figures["accepted"] - PEOPLE, "in-app messages are fetched"
    assert (by_channel["push"]["accepted"], by_channel["email"]["accepted"]) == (2 * PEOPLE, PEOPLE)
    assert (by_channel["sms"]["accepted"], by_channel["sms"]["fallbacks"]) == (PEOPLE + 2, 2)
    assert (by_channel["kakao_talk"]["failed"], by_channel["kakao_talk"]["charged"]) == (3, PEOPLE - 3)
    assert by_channel["sms"]["amount"] == str(20 * PEOPLE)


def test_sound_credentials_are_found_sound(up: Up) -> None:
    """Push, SMTP and Solapi; Solapi without a KakaoTalk channel is no fault of its texts."""
    store(up, "solapi", **SOLAPI)
    store(up, "smtp", **RELAY)
    code, told = check(up)
    found = {(one["provider"], one["type"]): one for one in told["credentials"]}
    assert (code, told["sound"]) == (0, True), told
    assert {key: one["finding"] for key, one in found.items()} == {
        ("apns", "iOSPush"): "sound",
        ("fcm", "AndroidPush"): "sound",
        ("smtp", "Email"): "sound",
        ("solapi", "SMS"): "sound",
        ("solapi", "KakaoTalk"): "unused",
    }
    assert found["solapi", "SMS"]["notes"]["balance"] == 100_000
    assert found["solapi", "SMS"]["sends"] is True
    assert "S" * 32 not in json.dumps(told)


def test_a_refused_credential_is_explained_in_both_languages(up: Up) -> None:
    """The provider's word, and the next step; exit code 1."""
    keys = json.dumps({"solapi": [{"key": SOLAPI["api_key"], "secret": "R" * 32}]})
    up.paste(f"curl -s -X POST {up.told['simulator']}/control/keys -d '{keys}'")
    try:
        code, told = check(up, "--provider", "solapi")
        (one,) = [one for one in told["credentials"] if one["type"] == "SMS"]
        assert (code, one["finding"], one["reason"]) == (1, "refused", "SignatureDoesNotMatch")
        assert "api_secret" in one["next_step"]
        options = ("--application", up.told["application_id"], "--folder", str(up.folder))
        korean = automata_signal("channels", "check", *options, "--provider", "solapi", "--lang", "ko")
        assert korean.returncode == 1
        assert "솔라피가 키를 받아들이지 않습니다" in korean.stdout
    finally:
        url = f"{up.told['simulator']}/control/reset?also=keys"
        urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=10).close()


def test_a_provider_that_nobody_knows_is_named(up: Up) -> None:
    """With those that there are."""
    code, told = check(up, "--provider", "pigeon")
    assert code == 2
    assert "twilio" in told["next_step"]


def fetch(url: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    """(status, body) of a request from outside."""
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def status_of(up: Any, subscription: str, expected: int) -> int:
    """subscription_status, waiting a while for the expected one."""
    until = time.monotonic() + 10
    while True:
        status, found = up.call("GET", f"/v1/subscriptions/{subscription}")
        assert status == 200, found
        if found["subscription_status"] == expected or time.monotonic() > until:
            return int(found["subscription_status"])
        time.sleep(0.1)


def test_a_mail_goes_out_bounces_and_is_unsubscribed_from(up: Up) -> None:
    """Every process has its part: API, worker, simulator, links and callbacks."""
    up = up.newcomer()
    operator = {"Authorization": f"Bearer {up.told['operator_key']}"}
    base = f"/v1/applications/{up.told['application_id']}"
    status, stored = up.call(
        "PUT", f"{base}/credentials/smtp", {"fields": {**RELAY, "bounce_domain": "bounce.shop.kr"}}, operator
    )
    assert status == 200, stored
    assert "sesame" not in json.dumps(stored)
    subscriptions = {}
    for name in ("kim", "gone"):
        body = {"type": "Email", "token": f"{name}@example.com", "external_id": name}
        status, found = up.call("POST", "/v1/subscriptions", body)
        assert status == 201, found
        subscriptions[name] = found["id"]
    content = {"email": {"subject": "주문 안내", "html": '<a href="%unsubscribe_url%">수신 거부</a>'}}
    mails = {}
    for name in subscriptions:
        status, sent = up.call("POST", "/v1/messages", {"content": content, "external_id": name})
        assert (status, sent.get("accepted")) == (202, 1), sent
        assert up.message(sent["message_ids"][0], "successful", "failed")["status"] == "successful"
        _, found = fetch(f"{up.told['simulator']}/control/mails?recipient={name}@example.com")
        (mail,) = json.loads(found)
        mails[name] = mail
    message = BytesParser(policy=policy.default).parsebytes(base64.b64decode(mails["kim"]["content"]))
    found = re.search(rf"<{PUBLIC}(/u/[\w-]+)>", str(message["list-unsubscribe"]))
    assert found
    link = up.told["url"] + found[1]
    assert fetch(link)[0] == 200
    assert status_of(up, subscriptions["kim"], 1) == 1
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert fetch(link, b"List-Unsubscribe=One-Click", **form)[0] == 200
    assert status_of(up, subscriptions["kim"], -45) == -45
    bounce = (
        "To: x@bounce.shop.kr\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\n\n"
        "--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
        "Final-Recipient: rfc822; gone@example.com\nAction: failed\nStatus: 5.1.1\n\n--B--\n"
    )
    url = f"{up.told['url']}{stored['summary']['callback_path']}?recipient={mails['gone']['mail_from']}"
    assert fetch(url.replace("+", "%2B"), bounce.encode(), **{"Content-Type": "message/rfc822"})[0] == 200
    assert status_of(up, subscriptions["gone"], -42) == -42
    status, refused = up.call("POST", "/v1/messages", {"content": content, "external_id": "kim"})
    assert refused.get("accepted", 0) == 0, refused


def test_a_channel_of_an_installed_package_is_there_like_any_other(up: Up) -> None:
    """Credential, registration, price, message, result: not one line of the product knows of it."""
    up = up.newcomer()
    with chat_server() as chat:
        operator = {"Authorization": f"Bearer {up.told['operator_key']}"}
        base = f"/v1/applications/{up.told['application_id']}"
        status, stored = up.call(
            "PUT",
            f"{base}/credentials/incoming_webhook",
            {"fields": {"url": chat.url, "token": TOKEN}},
            operator,
        )
        assert (status, stored["summary"]) == (200, {"url": chat.url}), stored
        status, _ = up.call("PUT", f"{base}/quota/unit-prices", {"unit_prices": {"webhook": "0.5"}}, operator)
        assert status == 200
        body = {"type": "Webhook", "token": "T01/general", "external_id": "team"}
        status, subscription = up.call("POST", "/v1/subscriptions", body)
        assert (status, subscription["type"]) == (201, "Webhook"), subscription
        message = {"content": {"webhook": {"text": "배포가 끝났습니다"}}, "external_id": "team"}
        status, sent = up.call("POST", "/v1/messages", message)
        assert (status, sent.get("accepted")) == (202, 1), sent
        found = up.message(sent["message_ids"][0], "successful", "failed")
        assert (found["status"], found["channel_type"], found["type"]) == ("successful", "webhook", "Webhook")
        assert chat.said == [("T01/general", "배포가 끝났습니다")]
        status, refused = up.call("POST", "/v1/messages", {**message, "content": {"pigeon": {"text": "x"}}})
        assert (status, refused["field"]) == (422, "content.pigeon"), refused
        status, document = up.call("GET", "/openapi.json")
        assert "webhook" in document["components"]["schemas"]["ContentIn"]["properties"]
