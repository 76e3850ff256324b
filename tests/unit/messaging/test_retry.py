"""Retries: full jitter, capped, never before Retry-After, never past the expiry, never for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.messaging.retry import BILLABLE_POLICY, MAX_ATTEMPTS, PUSH_POLICY, RetryPolicy, policy_for
from domain.shared.channels import Channel

NOW = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = RetryPolicy(base=2.0, cap=60.0)


@pytest.mark.parametrize(("attempts", "ceiling"), [(1, 2), (2, 4), (3, 8), (5, 32), (6, 60), (30, 60)])
def test_the_ceiling_doubles_up_to_the_cap(attempts: int, ceiling: float) -> None:
    """The draw spreads over the whole of it, from nothing."""
    assert POLICY.delay(attempts, 0.0) == 0
    assert POLICY.delay(attempts, 0.5) == ceiling / 2
    assert POLICY.delay(attempts, 0.999) < ceiling


def test_retry_after_is_a_floor() -> None:
    """A provider's word is waited for, however small the draw; a larger draw stays."""
    assert POLICY.delay(1, 0.0, retry_after=7.0) == 7.0
    assert POLICY.delay(5, 0.5, retry_after=7.0) == 16.0


def test_attempts_are_bounded() -> None:
    """After the last attempt there is no next one; a table's tighter bound wins, a looser one does not."""
    assert POLICY.next_attempt(now=NOW, attempts=MAX_ATTEMPTS - 1, jitter=0.5) is not None
    assert POLICY.next_attempt(now=NOW, attempts=MAX_ATTEMPTS, jitter=0.5) is None
    assert POLICY.next_attempt(now=NOW, attempts=2, jitter=0.5, max_attempts=2) is None
    assert POLICY.next_attempt(now=NOW, attempts=MAX_ATTEMPTS, jitter=0.5, max_attempts=99) is None


def test_nothing_is_tried_past_its_expiry() -> None:
    """Due at the expiry or later: no next attempt."""
    assert POLICY.next_attempt(now=NOW, attempts=1, jitter=0.5) == NOW + timedelta(seconds=1)
    expiry = NOW + timedelta(seconds=1)
    assert POLICY.next_attempt(now=NOW, attempts=1, jitter=0.5, expires_at=expiry) is None
    later = expiry + timedelta(milliseconds=1)
    assert POLICY.next_attempt(now=NOW, attempts=1, jitter=0.5, expires_at=later) is not None


def test_push_is_quick_and_billable_channels_are_slow() -> None:
    """2 s to 15 min against 30 s to 1 h."""
    assert policy_for(Channel.PUSH) is PUSH_POLICY
    assert (PUSH_POLICY.base, PUSH_POLICY.cap) == (2.0, 900.0)
    for channel in (Channel.EMAIL, Channel.SMS, Channel.KAKAO_TALK):
        assert policy_for(channel) is BILLABLE_POLICY
    assert (BILLABLE_POLICY.base, BILLABLE_POLICY.cap) == (30.0, 3600.0)
