"""All channels on a running `up`: the demo's sums hold, and `channels check` says what is wrong with a credential."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from bootstrap.demo.channels.script import TROUBLES
from tests.e2e.cli.runs import Up, automata_signal, running_up, stack_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PEOPLE = len(TROUBLES)
SOLAPI = {"api_key": "NCSAKEY1234567890", "api_secret": "S" * 32, "sender": "0223456789"}
RELAY = {
    "host": "smtp.example",
    "username": "shop",
    "password": "open sesame",
    "from_address": "no-reply@mail.shop.kr",
}


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with stack_folder() as folder, running_up(folder) as running:
        yield running


def store(up: Up, provider: str, **fields: str) -> None:
    """The credential of the demo application."""
    operator = {"Authorization": f"Bearer {up.told['operator_key']}"}
    path = f"/v1/applications/{up.told['application_id']}/credentials/{provider}"
    status, stored = up.call("PUT", path, {"fields": fields}, operator)
    assert status == 200, stored


def check(up: Up, *more: str) -> tuple[int, Any]:
    """Exit code and answer."""
    options = ("--application", up.told["application_id"], "--folder", str(up.folder), "--json", *more)
    done = automata_signal("channels", "check", *options)
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
