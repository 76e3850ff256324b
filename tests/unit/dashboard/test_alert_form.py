"""The form of alert rules: what it shows of a policy is that policy again, and what it cannot mean is refused by name."""

from __future__ import annotations

import pytest

from domain.alerting.policy import Policy
from domain.shared.errors import InvalidInput
from entrypoints.dashboard.pages.alerts import given, typed
from entrypoints.dashboard.visit import Form

SET = {
    "error_share": 0.125,
    "error_floor": 10,
    "queue_seconds": 30,
    "quota_percents": [50, 100],
    "campaign_failed_share": 0.001,
    "ladder": [
        {"after_minutes": 0, "external_ids": ["당직"]},
        {"after_minutes": 30, "external_ids": ["lead", "owner"]},
    ],
}


def form_of(policy: Policy) -> dict[str, list[str]]:
    """As a browser would send what the page shows."""
    shown = typed(policy)
    fields = {name: [str(value)] for name, value in shown.items() if name != "ladder"}
    for index, (minutes, people) in enumerate(shown["ladder"]):
        fields[f"ladder[{index}].after_minutes"] = [str(minutes)]
        fields[f"ladder[{index}].external_ids"] = [people]
    return fields


@pytest.mark.parametrize("policy", [Policy(), Policy.from_json(SET)])
def test_a_policy_survives_its_form(policy: Policy) -> None:
    """Shares become per cent and come back exactly."""
    assert Policy.from_json(given(Form(form_of(policy)))) == policy


def test_an_empty_form_is_the_usual_policy() -> None:
    """Left-out fields get their defaults, and a ladder without steps tells nobody."""
    assert Policy.from_json(given(Form())) == Policy()


@pytest.mark.parametrize(
    ("name", "text"),
    [("error_share", "0"), ("error_share", "101"), ("error_share", "nan"), ("outage_share", "half"), ("queue_seconds", "-1"),
     ("error_floor", "1e3"), ("quota_percents", "80;95"), ("ladder[2].after_minutes", "soon")],
)  # fmt: skip
def test_what_a_field_cannot_mean_is_refused_by_name(name: str, text: str) -> None:
    """The page marks that field."""
    with pytest.raises(InvalidInput) as refused:
        given(Form({**form_of(Policy()), name: [text]}))
    assert refused.value.field == name
