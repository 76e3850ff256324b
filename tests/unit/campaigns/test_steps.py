"""How large a step of fan-out is, and how much time a campaign has left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from application.campaigns.fan_out import batch_size, chunk_size_of
from application.campaigns.progress import eta_seconds
from application.campaigns.trigger_campaign import narrowed
from application.ports.campaign_fan_out import WaveKey, WaveStep
from application.ports.campaign_progress import MessageCounts, ProgressReading, QueueCounts
from domain.campaigns.campaign import Campaign
from domain.campaigns.plan_json import plan_from_json
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def wave(left: int, *, outstanding: int = 0, pace: int | None = None) -> WaveStep:
    return WaveStep(
        key=WaveKey(UUID(int=1), 0), application_id=UUID(int=2), type=SubscriptionType.IOS_PUSH, due_at=NOW,
        expires_at=None, next_seq=1, last_seq=left, outstanding=outstanding, pace=pace, variables={}, contents=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("step", "wanted", "size"),
    [
        (wave(100_000), 5_000, 5_000),
        (wave(777), 5_000, 777),
        (wave(100_000, outstanding=20_000), 5_000, 0),
        (wave(100_000, outstanding=19_400), 5_000, 500),
        (wave(100_000, outstanding=19_700), 5_000, 0),
        (wave(300, outstanding=19_700), 5_000, 300),
        (wave(100_000), 123, 123),
        (wave(100_000, pace=200), 5_000, 400),
        (wave(100_000, pace=200, outstanding=250), 5_000, 0),
        (wave(100_000, pace=1), 5_000, 2),
    ],
)
def test_a_step_is_whole_chunks_within_the_look_ahead(step: WaveStep, wanted: int, size: int) -> None:
    """Unless it is what is left of the wave or of the quota; with a rate, two seconds' worth."""
    assert batch_size(step, chunk_size_of(step), wanted, 20_000) == size


def test_a_chunk_holds_a_second_of_a_rate_at_most() -> None:
    assert [chunk_size_of(wave(1, pace=pace)) for pace in (None, 1, 200, 5_000)] == [500, 1, 200, 500]


def sending(**plan: Any) -> Campaign:
    one = Campaign(
        id=UUID(int=1), application_id=UUID(int=2), plan=plan_from_json({"name": "x", **plan}, now=NOW),
        created_by="k", created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    one.launch(1_000, "f", NOW, "k")
    return one


def reading(
    *, waiting: int = 0, pending: int = 0, rate: float = 0, last: datetime | None = None
) -> ProgressReading:
    return ProgressReading(
        waiting=waiting, messages=MessageCounts(pending=pending), queue=QueueCounts(), rate=rate,
        next_due_at=last, last_due_at=last, waves=(), chunks=(),
    )  # fmt: skip


def test_the_time_left_follows_the_rate_the_pace_and_the_last_wave() -> None:
    """Whichever takes longest; unknown without any of them, and nothing when it is not sending."""
    assert eta_seconds(sending(), reading(waiting=900, pending=100, rate=100), NOW) == 10
    assert eta_seconds(sending(pacing={"per_second": 10}), reading(waiting=1_000, rate=500), NOW) == 100
    assert eta_seconds(sending(), reading(waiting=10, rate=100, last=NOW + timedelta(hours=1)), NOW) == 3_600
    assert eta_seconds(sending(), reading(waiting=10), NOW) is None
    paused = sending()
    paused.pause("wait", NOW, "k")
    assert eta_seconds(paused, reading(waiting=10, rate=1), NOW) is None


def test_a_trigger_lays_its_variables_over_the_campaigns_and_narrows_its_audience() -> None:
    """Whoever is not named is excluded, beside those who were before; too much is refused with its field."""
    plan = plan_from_json(
        {"name": "x", "variables": {"a": 1, "b": 1}, "targeting_criteria": {"include": [{"everyone": True}]}},
        now=NOW,
    )
    found = narrowed(plan, {"b": 2}, ["anna"])
    assert found.variables == {"a": 1, "b": 2}
    assert found.targeting_criteria["exclude"] == [
        {"not": {"field": "external_id", "operator": "in", "value": ["anna"]}}
    ]
    assert narrowed(plan, {}, ()) == plan
    for variables, names, field in (
        ({str(n): n for n in range(100)}, (), "variables"),
        ({}, ["x"] * 1_001, "external_ids"),
        ({}, ["x" * 257], "external_ids"),
    ):
        with pytest.raises(InvalidInput) as refused:
            narrowed(plan, variables, names)
        assert refused.value.field == field
