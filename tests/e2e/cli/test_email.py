"""E-mail in the running product: credential, registration, message, the simulator's SMTP server, bounce, one-click."""

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

from tests.e2e.cli.runs import running_up, stack_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PUBLIC = "https://signal.example"
RELAY = {
    "host": "smtp.example",
    "username": "shop",
    "password": "open sesame",
    "from_address": "no-reply@mail.shop.kr",
    "bounce_domain": "bounce.shop.kr",
}


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


def test_a_mail_goes_out_bounces_and_is_unsubscribed_from() -> None:
    """Every process has its part: API, worker, simulator, links and callbacks."""
    with stack_folder() as folder, running_up(folder, SIGNAL_PUBLIC_URL=PUBLIC) as up:
        operator = {"Authorization": f"Bearer {up.told['operator_key']}"}
        base = f"/v1/applications/{up.told['application_id']}"
        status, stored = up.call("PUT", f"{base}/credentials/smtp", {"fields": RELAY}, operator)
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
