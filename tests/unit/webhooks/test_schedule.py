"""Attempts spread over 28 hours, and endpoints that fail for days are given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.webhooks.schedule import DISABLED_AFTER, MOST_ATTEMPTS, has_failed_too_long, next_attempt

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def test_the_last_attempt_is_after_28_hours() -> None:
    """Without jitter the waits sum up to exactly that; each is longer than the one before."""
    at, waits = NOW, []
    for attempt in range(1, MOST_ATTEMPTS):
        after = next_attempt(attempt, at, 0.0)
        assert after is not None
        waits.append(after - at)
        at = after
    assert at - NOW == timedelta(hours=28)
    assert waits == sorted(waits)
    assert next_attempt(MOST_ATTEMPTS, at, 0.0) is None


@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.999])
def test_jitter_only_shortens(jitter: float) -> None:
    """By a tenth at most, so that the 28 hours hold."""
    plain, jittered = next_attempt(4, NOW, 0.0), next_attempt(4, NOW, jitter)
    assert plain is not None
    assert jittered is not None
    assert (plain - NOW) * 0.9 <= jittered - NOW <= plain - NOW


def test_a_receivers_wish_is_heard_within_an_hour() -> None:
    """Retry-After lengthens a wait, never beyond an hour, and never shortens one."""
    assert next_attempt(1, NOW, 0.0, 120) == NOW + timedelta(seconds=120)
    assert next_attempt(1, NOW, 0.0, 1e12) == NOW + timedelta(hours=1)
    assert next_attempt(1, NOW, 0.0, 1) == NOW + timedelta(seconds=5)
    assert next_attempt(1, NOW, 0.0, -5) == NOW + timedelta(seconds=5)


def test_five_days_without_a_success_are_too_long() -> None:
    """Not a second earlier, and never while things go well."""
    assert not has_failed_too_long(None, NOW)
    assert not has_failed_too_long(NOW - DISABLED_AFTER + timedelta(seconds=1), NOW)
    assert has_failed_too_long(NOW - DISABLED_AFTER, NOW)
