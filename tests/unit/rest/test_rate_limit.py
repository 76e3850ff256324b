"""Token buckets: burst, refill, independence, bounded memory."""

from __future__ import annotations

import pytest

from domain.shared.errors import RateLimited
from entrypoints.http.rate_limit import RateLimiter


class Hand:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_the_next_request_waits() -> None:
    """As many as the burst pass at once; the refusal says how long to wait, and waiting helps."""
    hand = Hand()
    limiter = RateLimiter(2.0, 3.0, entries=10, now=hand)
    for _ in range(3):
        limiter.take("a")
    with pytest.raises(RateLimited) as caught:
        limiter.take("a")
    assert caught.value.retry_after == pytest.approx(0.5)
    hand.now += 0.5
    limiter.take("a")


def test_keys_do_not_share_a_bucket() -> None:
    """One caller's excess is not another's."""
    limiter = RateLimiter(1.0, 1.0, entries=10, now=Hand())
    limiter.take("a")
    limiter.take("b")
    with pytest.raises(RateLimited):
        limiter.take("a")


def test_check_takes_nothing() -> None:
    """Looking at a bucket does not empty it."""
    limiter = RateLimiter(1.0, 1.0, entries=10, now=Hand())
    for _ in range(5):
        limiter.check("a")
    limiter.take("a")
    with pytest.raises(RateLimited):
        limiter.check("a")


def test_a_rest_never_fills_beyond_the_burst() -> None:
    """A long silence earns one burst, not more."""
    hand = Hand()
    limiter = RateLimiter(100.0, 2.0, entries=10, now=hand)
    limiter.take("a")
    hand.now += 1_000
    limiter.take("a")
    limiter.take("a")
    with pytest.raises(RateLimited):
        limiter.take("a")


def test_the_number_of_buckets_is_bounded() -> None:
    """The least recently used bucket is forgotten."""
    limiter = RateLimiter(1.0, 1.0, entries=3, now=Hand())
    for name in "abcd":
        limiter.take(name)
    assert len(limiter) == 3
    limiter.take("a")
