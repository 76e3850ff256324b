"""Alerts over HTTP: read, acknowledged by whoever asks, a policy that names what it cannot use."""

from __future__ import annotations

import pytest

from tests.e2e.rest.callers import Callers


def test_an_alert_is_acknowledged_once(callers: Callers) -> None:
    """It says who did it, and stays open for as long as the trouble lasts."""
    tenant = callers.furnish(callers.new_tenant())
    path = f"/v1/alerts/{tenant.things['alert_id']}"
    (listed,) = tenant.http.get("/v1/alerts").json()["items"]
    assert listed == tenant.http.get(path).json()
    assert (listed["kind"], listed["acknowledged_at"]) == ("error_rate", None)
    first = tenant.http.post(f"{path}/acknowledge").json()
    assert first["acknowledged_by"]
    assert first["resolved_at"] is None
    headers = {"X-Application-Id": tenant.id}
    again = callers.operator.post(f"{path}/acknowledge", headers=headers).json()
    assert again == first


def test_a_policy_is_replaced_as_a_whole(callers: Callers) -> None:
    """Defaults where nothing is said, also after something was."""
    http = callers.new_tenant().http
    usual = http.get("/v1/alerts/policy").json()
    ladder = [{"after_minutes": 0, "external_ids": ["운영자"]}]
    changed = http.put("/v1/alerts/policy", json={"error_share": 0.5, "ladder": ladder}).json()
    assert changed == {**usual, "error_share": 0.5, "ladder": ladder}
    assert http.get("/v1/alerts/policy").json() == changed
    assert http.put("/v1/alerts/policy", json={}).json() == usual


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"error_share": 2}, "error_share"),
        ({"quota_percents": [101]}, "quota_percents[0]"),
        ({"quota_percents": [50, 50]}, "quota_percents[1]"),
        ({"ladder": [{"after_minutes": -1, "external_ids": ["a"]}]}, "ladder[0].after_minutes"),
        ({"ladder": [{"after_minutes": 5, "external_ids": ["a"]}] * 2}, "ladder[1].after_minutes"),
        ({"threshold": 1}, "threshold"),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused_by_name(
    callers: Callers, body: dict[str, object], field: str
) -> None:
    """422, and the policy is as before."""
    http = callers.tenant.http
    before = http.get("/v1/alerts/policy").json()
    answer = http.put("/v1/alerts/policy", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert http.get("/v1/alerts/policy").json() == before
