"""The scenarios that the SDK is held against are what the real server answers, and what its document says."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import jwt
import pytest

from tests.e2e.rest.callers import PUSH, Callers, Tenant, apns_token
from tests.e2e.rest.in_app_rows import put_in_app
from tests.e2e.sdk.confirmations import confirmation_code
from tests.e2e.sdk.openapi_check import Document
from tests.e2e.sdk.scenario import Values, scenarios

SCENARIOS = scenarios()
SECRET = "an identity secret of thirty-two bytes or more"


@pytest.fixture(scope="module")
def document(callers: Callers) -> Document:
    """What the running server says of itself."""
    return Document(callers.client().get("/openapi.json").json())


class Replay:
    """One scenario on an application of its own."""

    def __init__(self, scenario: dict[str, Any], callers: Callers, read_mail: Callable[[str], str]) -> None:
        """`read_mail`: the code of the confirmation that was sent to a subscription."""
        self.scenario = scenario
        self.read_mail = read_mail
        self.callers = callers
        self.given: dict[str, Any] = scenario.get("given", {})
        self.tenant: Tenant = callers.new_tenant()
        claims = {"sub": "minsu", "aud": self.tenant.id, "exp": int(time.time()) + 600}
        self.values = Values(
            app_id=self.tenant.id,
            ios_token=apns_token(),
            token_minsu=jwt.encode(claims, SECRET, algorithm="HS256", headers={"kid": "main"}),
        )
        settings: dict[str, Any] = {}
        if self.given.get("identity_required"):
            settings["identity_token_required"] = True
            key = {"kid": "main", "algorithm": "HS256", "key": SECRET}
            self.tenant.http.post(f"/v1/applications/{self.tenant.id}/identity-keys", json=key)
        for name in ("min_sdk_version", "metrics_sample", "double_opt_in"):
            if name in self.given:
                settings[name] = self.given[name]
        if settings:
            changed = self.tenant.http.patch(
                f"/v1/applications/{self.tenant.id}", json={"settings": settings}
            )
            assert changed.status_code == 200, changed.text

    def before(self, number: int) -> None:
        """What happens on the server before a step, as the scenario wants it."""
        known = self.values.known
        if self.given.get("message") and "push" in known and "message_id" not in known:
            body = {"content": PUSH, "subscription_id": known["push"]}
            sent = self.tenant.http.post("/v1/messages", json=body)
            assert sent.status_code == 202, sent.text
            known["message_id"] = sent.json()["message_ids"][0]
        if self.given.get("in_app") and "in_app" in known and "in_app_message" not in known:
            (content,) = self.given["in_app"]
            known["in_app_message"] = put_in_app(
                self.callers.served, self.tenant.id, known["in_app"], **content
            )
        if "{{code}}" in str(self.scenario["steps"][number].get("body")) and "code" not in known:
            known["code"] = self.read_mail(known["email"])
        archive = self.given.get("archive")
        if archive and archive["before_step"] == number:
            gone = self.tenant.http.delete(f"/v1/subscriptions/{known[archive['name']]}")
            assert gone.status_code == 204, gone.text

    def step(self, step: dict[str, Any]) -> tuple[httpx.Response, Any]:
        path = self.values.produce(step["path"])
        body = self.values.produce(step["body"]) if "body" in step else None
        headers = {**self.values.produce(step["headers"]), "X-SDK": "flutter/0.1.0"}
        client = self.callers.client()
        if body is None:
            return client.request(step["method"], path, headers=headers), None
        return client.request(step["method"], path, headers=headers, json=body), body


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_server_answers_as_the_scenario_says(
    name: str, callers: Callers, document: Document, nats_url: str, keys: str
) -> None:
    """Step by step: status, body and document. Steps that no server does on request are checked on paper only."""
    scenario = SCENARIOS[name]
    replay = Replay(
        scenario, callers, partial(confirmation_code, callers.served.database_url, nats_url, keys)
    )
    for number, step in enumerate(scenario["steps"]):
        expected = step["response"]
        if step.get("server") is False:
            values = Values(**{one: secrets.token_hex(4) for one in replay.values.known})
            body = values.produce(step["body"]) if "body" in step else None
            answer = expected.get("body") if expected.get("status", 500) >= 400 else None
            if "status" in expected and not isinstance(answer, str) and expected["status"] >= 400:
                path = step["path"].replace("{{", "").replace("}}", "")
                faults = document.faults(step["method"], path, body, expected["status"], answer)
                assert list(faults) == []
            continue
        replay.before(number)
        answer, body = replay.step(step)
        place = f"step {number + 1}, {step['method']} {step['path']}"
        assert answer.status_code == expected["status"], f"{place}: {answer.text}"
        got = answer.json() if answer.content else None
        problem = answer.status_code >= 400
        differences = replay.values.differences(got, expected.get("body"), subset=problem)
        assert list(differences) == [], place
        headers = replay.values.differences(dict(answer.headers), expected.get("headers", {}), subset=True)
        assert list(headers) == [], place
        path = str(answer.request.url.path)
        assert list(document.faults(step["method"], path, body, answer.status_code, got)) == [], place
