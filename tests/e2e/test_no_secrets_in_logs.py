"""Nothing secret is ever written: a whole installation runs, everything goes wrong that can, and all output is searched."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import nats
import psutil
import pytest

from adapters.crypto.keyring import Keyring
from bootstrap.demo.demo_note import read_note
from bootstrap.demo.provider_credentials import ProviderCredentials
from bootstrap.infrastructure import KEY_FILE
from bootstrap.stack import ROLES, find_stack
from tests.e2e.cli.runs import Up, automata_signal, running_up, stack_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Planted:
    """Every secret of the run, by what it is."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}

    def add(self, what: str, secret: str) -> str:
        """Remember a secret and answer it."""
        self.secrets[what] = secret
        return secret

    def found_in(self, text: str) -> list[str]:
        """Which secrets the text holds, as they are or as base64 would show them."""
        return [
            what
            for what, secret in self.secrets.items()
            if secret in text
            or secret.lower() in text
            or base64.b64encode(secret.encode()).decode().rstrip("=")[:-2] in text
        ]


def _pem_lines(pem: str) -> str:
    """The middle of a private key: what is left of it however it is wrapped."""
    return pem.splitlines()[1]


def _register(up: Up, planted: Planted, what: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    app = up.told["application_id"]
    named = {"X-App-Id": app, "X-Install-Id": str(uuid4()), **headers}
    status, answer = up.call("POST", "/v1/client/subscriptions", body, named)
    assert status == 201, answer
    planted.add(f"install secret of {what}", answer["install_secret"])
    return {**answer, "headers": {**named, "X-Install-Secret": answer["install_secret"]}}


def _use_everything(up: Up, planted: Planted) -> None:
    """Calls that succeed, with secrets in every place where one can be."""
    tokens = {
        "an iOS token": ("iOSPush", "0a11" + secrets.token_hex(30)),
        "a dead iOS token": ("iOSPush", "dead" + secrets.token_hex(30)),
        "an iOS token that fails": ("iOSPush", "f1a7" + secrets.token_hex(30)),
        "an Android token": ("AndroidPush", "0a11:" + secrets.token_urlsafe(80)),
        "a dead Android token": ("AndroidPush", "dead:" + secrets.token_urlsafe(80)),
        "an Android token that fails": ("AndroidPush", "f1a7:" + secrets.token_urlsafe(80)),
    }
    sent = []
    for what, (type_, token) in tokens.items():
        planted.add(what, token)
        one = _register(up, planted, what, {"type": type_, "token": token})
        up.call("PATCH", f"/v1/client/subscriptions/{one['id']}", {"token": token}, one["headers"])
        body = {"subscription_id": one["id"], "content": {"push": {"title": "hello"}}}
        status, answer = up.call("POST", "/v1/messages", body)
        assert status == 202, answer
        sent.extend(answer["message_ids"])
    address = planted.add("an e-mail address", f"{secrets.token_hex(12)}@example.com")
    assert up.call("POST", "/v1/subscriptions", {"type": "Email", "token": address})[0] == 201
    for message_id in sent:
        up.message(message_id, "successful", "received", "converted", "failed")


def _get_everything_wrong(up: Up, planted: Planted, operator: dict[str, str]) -> None:
    """Calls that fail, with secrets in every place where one can be."""
    token = planted.add("a token in a broken body", secrets.token_hex(32))
    wrong_key = planted.add("a wrong key", secrets.token_urlsafe(32))
    wrong_secret = planted.add("a wrong install secret", secrets.token_urlsafe(32))
    bad_pem = planted.add("a key that is none", secrets.token_urlsafe(48))
    app = up.told["application_id"]
    path = f"/v1/applications/{app}/credentials"
    device = {"X-App-Id": app, "X-Install-Id": "phone", "X-Install-Secret": wrong_secret}
    wanted = [
        (401, "GET", "/v1/messages", None, {"Authorization": f"Bearer as_live_0123456789abcdef_{wrong_key}"}),
        (401, "GET", "/v1/messages", None, {"Authorization": f"Bearer {wrong_key}"}),
        (401, "POST", "/v1/client/events", {"events": []}, device),
        (
            400,
            "POST",
            "/v1/subscriptions",
            b'{"type": "iOSPush", "token": "' + token.encode() + b'", }',
            None,
        ),
        (422, "POST", "/v1/subscriptions", {"type": "iOSPush", "token": f"not hex {token}"}, None),
        (422, "POST", "/v1/subscriptions", {"type": "iOSPush", "token": token, token: token}, None),
        (404, "GET", f"/v1/{token}", None, None),
        (422, "GET", f"/v1/messages/{uuid4()}?{token}={token}", None, None),
        (422, "PUT", f"{path}/apns", {"fields": {"private_key": bad_pem, "team_id": "T"}}, operator),
        (422, "PUT", f"{path}/fcm", {"fields": {"service_account": bad_pem}}, operator),
    ]
    for status, method, where, body, headers in wanted:
        got, answer = up.call(method, where, body, headers)
        assert got == status, (method, where.replace(token, "…"), got, answer)


def _spoil_the_credentials(up: Up, planted: Planted, operator: dict[str, str]) -> None:
    """Credentials that the check takes and the providers refuse: the channel is paused while a message waits."""
    good, strangers = ProviderCredentials.generate(), ProviderCredentials.generate()
    state = find_stack(up.folder)
    assert state is not None
    planted.add("the .p8 key", _pem_lines(good.apns_fields()["private_key"]))
    account = json.loads(good.fcm_fields()["service_account"])
    planted.add("the service account's key", _pem_lines(account["private_key"]))
    path = f"/v1/applications/{up.told['application_id']}"
    for provider, fields in (("apns", good.apns_fields()), ("fcm", good.fcm_fields())):
        assert up.call("PUT", f"{path}/credentials/{provider}", {"fields": fields}, operator)[0] == 200
    control = _elsewhere(up, state.simulator_control or "")
    assert control.call("POST", "/control/keys", strangers.public_keys(), {})[0] == 200
    for number in (3, 4):
        body = {"external_id": f"demo-user-{number}", "content": {"push": {"title": "refused"}}}
        assert up.call("POST", "/v1/messages", body)[0] == 202
    until = time.monotonic() + 30
    while not (pauses := up.call("GET", f"{path}/pauses", None, operator)[1]["items"]):
        assert time.monotonic() < until, pauses
        time.sleep(0.2)


def _elsewhere(up: Up, url: str) -> Up:
    """The same caller at another address."""
    return Up(up.process, up.folder, {**up.told, "url": url}, up.stderr)


async def _ask_over_nats(up: Up, planted: Planted) -> None:
    """A request with a planted key, one with the real key that cannot be served, one that is no JSON."""
    state = find_stack(up.folder)
    assert state is not None
    key = planted.add("a wrong key on NATS", secrets.token_urlsafe(32))
    client = await nats.connect(state.nats_url)
    try:
        stream = client.jetstream()
        message = {"external_id": "demo-user-1", "content": {"push": {"title": "x"}}}
        wrong = f"as_live_0123456789abcdef_{key}"
        real = up.told["application_key"]
        for given, more in ((wrong, {}), (real, {}), (real, {"unknown": real}), (wrong, {"v": 2})):
            request = {"v": 1, "request_id": uuid4().hex, "key": given, "message": message, **more}
            await stream.publish("signal.send", json.dumps(request).encode())
        await stream.publish("signal.send", f'{{"key": "{wrong}"'.encode())
        await stream.publish("signal.sent", json.dumps({"key": wrong}).encode())
        await asyncio.sleep(1)
    finally:
        await client.close()


def _kill_a_role(up: Up, name: str) -> None:
    """kill -9; the supervisor starts it again."""
    victim = _role(up, name)
    assert victim is not None
    victim.send_signal(signal.SIGKILL)
    until = time.monotonic() + 30
    while (now := _role(up, name)) is None or now.pid == victim.pid:
        assert time.monotonic() < until, f"{name} was not started again"
        time.sleep(0.1)


def _role(up: Up, name: str) -> psutil.Process | None:
    for child in psutil.Process(up.process.pid).children():
        with suppress(psutil.Error):
            if child.cmdline()[-1:] == [name]:
                return child
    return None


def _kept_secrets(folder: Path, planted: Planted) -> None:
    """What the installation itself made: vault key, passwords of its servers, secrets of the demo's installs."""
    for key in Keyring.parse((folder / KEY_FILE).read_text()).keys:
        planted.add(f"the vault key {key.id}", base64.b64encode(key.material).decode())
        planted.add(f"the vault key {key.id} in hexadecimal", key.material.hex())
    state, note = find_stack(folder), read_note(folder)
    assert state is not None
    assert note is not None
    for what, url in (("PostgreSQL's password", state.database_url), ("NATS's password", state.nats_url)):
        secret = urlsplit(url).password or urlsplit(url).username
        assert secret
        planted.add(what, secret)
    for place, device in enumerate(note.enrolments):
        planted.add(f"demo token {place}", device["token"])
        planted.add(f"demo install secret {place}", device["install_secret"])


def _logs(folder: Path) -> Iterator[Path]:
    yield from folder.glob("up.stderr")
    yield from folder.glob("logs/*")
    yield from folder.glob("simulator/*.log")
    yield from folder.rglob("*.log")


def test_no_planted_secret_is_in_any_output() -> None:
    """Tokens, install secrets, API keys, provider keys, passwords and vault keys, at the most talkative log level."""
    planted = Planted()
    with stack_folder() as folder:
        with running_up(folder, SIGNAL_LOG_LEVEL="DEBUG") as up:
            operator = {"Authorization": f"Bearer {up.told['operator_key']}"}
            for what in ("operator_key", "application_key"):
                planted.add(what, up.told[what].split("_", 3)[3])
            _kept_secrets(folder, planted)
            state = find_stack(folder)
            assert state is not None
            behaviour = {
                "dead_token_prefixes": ["dead"],
                "rules": [
                    {"token_prefix": "f1a7", "outcome": outcome, "attempts": 1}
                    for outcome in ("ServiceUnavailable", "UNAVAILABLE", "reset")
                ],
            }
            control = _elsewhere(up, state.simulator_control or "")
            assert control.call("PUT", "/control/behaviour", behaviour, {})[0] == 200
            _use_everything(up, planted)
            _get_everything_wrong(up, planted, operator)
            asyncio.run(_ask_over_nats(up, planted))
            _kill_a_role(up, "worker-transactional")
            _spoil_the_credentials(up, planted, operator)
            outputs = {
                "a second up": automata_signal("up", "--folder", str(folder)).stderr,
                "ledger check": automata_signal("ledger", "check", "--folder", str(folder)).stdout,
            }
            assert up.stop() == 0
        files = {path: path.read_text(errors="replace") for path in dict.fromkeys(_logs(folder))}
        roles = {path.stem for path in files if path.parent.name == "logs"}
        assert roles == set(ROLES)
        assert "request" in files[folder / "logs" / "api.log"], "the access log was on"
        assert len(planted.secrets) > 40
        assert all(len(secret) >= 16 for secret in planted.secrets.values()), (
            "short ones would be found anywhere"
        )
        leaks = {
            str(where): found
            for where, text in {**files, **outputs}.items()
            if (found := planted.found_in(text))
        }
        assert leaks == {}
