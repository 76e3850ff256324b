"""A policy reads back as it was set, and names what it cannot use."""

from __future__ import annotations

from typing import Any

import pytest

from domain.alerting.policy import Policy
from domain.shared.errors import InvalidInput

LADDER = [
    {"after_minutes": 0, "external_ids": ["ops-1"]},
    {"after_minutes": 15, "external_ids": ["ops-2", "boss"]},
]


def test_what_is_set_is_read_back_and_the_rest_is_default() -> None:
    """Through JSON and back."""
    policy = Policy.from_json({"error_share": 0.5, "quota_percents": [100, 50], "ladder": LADDER})
    assert policy.quota_percents == (50, 100)
    assert policy.queue_seconds == Policy().queue_seconds
    assert Policy.from_json(policy.to_json()) == policy


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"error_share": 0}, "error_share"),
        ({"error_share": 1.1}, "error_share"),
        ({"error_share": True}, "error_share"),
        ({"error_share": "0.5"}, "error_share"),
        ({"error_floor": 1.5}, "error_floor"),
        ({"queue_seconds": 9}, "queue_seconds"),
        ({"quota_percents": [0]}, "quota_percents[0]"),
        ({"quota_percents": [50, 50]}, "quota_percents[1]"),
        ({"quota_percents": 80}, "quota_percents"),
        ({"ladder": LADDER * 3}, "ladder"),
        ({"ladder": [LADDER[1], LADDER[0]]}, "ladder[1].after_minutes"),
        ({"ladder": [{"after_minutes": 0, "external_ids": []}]}, "ladder[0].external_ids"),
        ({"ladder": [{"after_minutes": 0, "external_ids": ["a\x00"]}]}, "ladder[0].external_ids"),
        ({"ladder": [{"after_minutes": 0}]}, "ladder[0]"),
        ({"threshold": 1}, "threshold"),
    ],
)
def test_what_cannot_be_used_is_named(given: dict[str, Any], field: str) -> None:
    """With a fix."""
    with pytest.raises(InvalidInput) as refused:
        Policy.from_json(given)
    assert refused.value.field == field
    assert refused.value.fix
