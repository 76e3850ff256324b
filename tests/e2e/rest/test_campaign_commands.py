"""`automata-signal campaigns …` over the API: what it tells people and machines, and how it ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.cli.runs import automata_signal, typed_here
from tests.e2e.rest.callers import Callers, Tenant, register

pytestmark = pytest.mark.slow


@pytest.fixture
def shop(callers: Callers) -> Tenant:
    tenant = callers.new_tenant()
    register(tenant.http, external_id="anna")
    return tenant


def campaigns(callers: Callers, tenant: Tenant, *arguments: str) -> tuple[int, str]:
    """Exit code and standard output."""
    where = {"SIGNAL_API_URL": callers.served.url, "SIGNAL_API_KEY": tenant.key, "COLUMNS": "160"}
    run = automata_signal if "--lang" in arguments else typed_here
    done = run("campaigns", *arguments, **where)
    return done.returncode, done.stdout


def told(callers: Callers, tenant: Tenant, *arguments: str) -> Any:
    """The one JSON object of a command that succeeded."""
    code, out = campaigns(callers, tenant, *arguments, "--json")
    assert code == 0, out
    return json.loads(out)


def draft(tenant: Tenant) -> str:
    plan = {"name": "Spring", "title": "Hi", "targeting_criteria": {"include": [{"everyone": True}]}}
    found: str = tenant.http.post("/v1/campaigns", json=plan).json()["id"]
    return found


def test_a_campaign_is_tried_launched_paused_and_canceled_by_commands(callers: Callers, shop: Tenant) -> None:
    """Each answers the state it led to; `watch` ends when nothing moves any more."""
    campaign = draft(shop)
    fingerprint = told(callers, shop, "dry-run", campaign)["fingerprint"]
    assert told(callers, shop, "launch", campaign, "--fingerprint", fingerprint)["status"] == "sending"
    assert told(callers, shop, "pause", campaign, "--reason", "typo")["pause_reason"] == "typo"
    assert told(callers, shop, "resume", campaign)["status"] == "sending"
    explained = told(callers, shop, "explain", campaign, "anna")
    assert explained["subscriptions"][0]["verdict"] == "waiting"
    assert told(callers, shop, "cancel", campaign)["status"] == "canceled"
    assert told(callers, shop, "watch", campaign)["status"] == "canceled"
    shown = told(callers, shop, "show", campaign)
    assert [one["event"] for one in shown["history"]] == ["launch", "pause", "resume", "cancel"]


def test_people_get_tables_in_their_language(callers: Callers, shop: Tenant) -> None:
    """Names, states and numbers; Korean when asked for."""
    campaign = draft(shop)
    code, out = campaigns(callers, shop, "list", "--lang", "ko")
    assert (code, "Spring" in out, "대상" in out) == (0, True, True)
    code, out = campaigns(callers, shop, "explain", campaign, "anna")
    assert (code, "not_launched" in out) == (0, True)


def test_what_the_api_refuses_is_said_with_the_fix(callers: Callers, shop: Tenant) -> None:
    """Exit code 2, no traceback; an unknown place says which options to give."""
    campaign = draft(shop)
    code, out = campaigns(callers, shop, "pause", campaign, "--json")
    assert code == 2
    assert json.loads(out)["error"] == "a campaign that is draft cannot pause"
    assert "possible from" in json.loads(out)["next_step"]
    lost = typed_here("campaigns", "list", "--folder", "/nonexistent", "--json")
    assert lost.returncode == 3
    assert "SIGNAL_API_URL" in json.loads(lost.stdout)["next_step"]
