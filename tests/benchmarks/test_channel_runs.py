"""The bench of channels sends over each of them, and names those that stand beside a sick one."""

from __future__ import annotations

import pytest

from bootstrap.bench.channel_runs import channel_bench

pytestmark = pytest.mark.slow

OTHERS = {"apns", "fcm", "ses", "nhn_alimtalk"}


def test_a_channel_is_measured_by_each_of_its_providers() -> None:
    """Every message is taken; what a batch is meant to cost stands beside what it did."""
    runs = channel_bench("sms", 500, 1.0)["runs"]
    assert isinstance(runs, dict)
    assert {name: run["messages"] for name, run in runs.items()} == dict.fromkeys(
        ("sms solapi", "sms nhn", "sms twilio"), 500
    )
    assert runs["sms solapi"]["aim_us"] == 60
    assert "aim_us" not in runs["sms twilio"]


def test_channels_side_by_side_send_beside_a_sick_one() -> None:
    """The others go on beside a provider that hangs, and beside one that is not there; that one sends nothing."""
    found = channel_bench("mixed", 0, 1.5)
    healthy, without = found["rates_all"], found["rates_without_sms"]
    assert isinstance(healthy, dict)
    assert isinstance(without, dict)
    assert set(healthy) == OTHERS | {"solapi"}
    assert set(without) == OTHERS
    for name in ("beside_a_hanging_provider", "beside_a_dead_provider"):
        beside = found[name]
        assert isinstance(beside, dict)
        assert set(beside["rates"]) == OTHERS | {"solapi"}
        # Which of them ends a batch within the window is the machine's affair.
        assert any(beside["rates"][one] > 0 for one in OTHERS)
        assert beside["rates"]["solapi"] == 0
