"""The circuit breaker: when it opens, whom it lets through, and how it closes."""

from __future__ import annotations

from adapters.channels.frame.breaker import Breaker


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


def opened(clock: Clock, threshold: int = 20) -> Breaker:
    """A breaker after as many failures as it takes."""
    breaker = Breaker(threshold=threshold, now=clock)
    for _ in range(threshold):
        assert breaker.refusal() is None
        breaker.fail()
    return breaker


def test_it_opens_after_twenty_failures_in_a_row() -> None:
    """Nineteen are not enough, and a success starts the count anew."""
    clock = Clock()
    breaker = Breaker(now=clock)
    for _ in range(3):
        for _ in range(19):
            breaker.fail()
        assert not breaker.is_open
        breaker.succeed()
    assert opened(clock).refusal() == 1.0


def test_after_the_pause_one_probe_may_go() -> None:
    """Whoever else asks meanwhile is refused."""
    clock = Clock()
    breaker = opened(clock)
    clock.at += 1.0
    assert breaker.refusal() is None
    assert breaker.refusal() == 1.0
    breaker.succeed()
    assert breaker.refusal() is None
    assert not breaker.is_open


def test_each_failed_probe_doubles_the_pause_up_to_thirty_seconds() -> None:
    """1, 2, 4, 8, 16, 30, 30."""
    clock = Clock()
    breaker = opened(clock)
    pauses = []
    for _ in range(7):
        wait = breaker.refusal()
        assert wait is not None
        pauses.append(wait)
        clock.at += wait
        assert breaker.refusal() is None
        breaker.fail()
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_late_failures_while_open_do_not_lengthen_the_pause() -> None:
    """They were sent before it opened."""
    clock = Clock()
    breaker = opened(clock)
    for _ in range(100):
        breaker.fail()
    assert breaker.refusal() == 1.0


def test_an_abandoned_probe_lets_the_next_one_go() -> None:
    """A cancelled send tells nothing."""
    clock = Clock()
    breaker = opened(clock)
    clock.at += 1.0
    assert breaker.refusal() is None
    breaker.abandon()
    assert breaker.refusal() is None


def test_a_success_forgets_the_long_pause() -> None:
    """The next outage starts with a second again."""
    clock = Clock()
    breaker = opened(clock, threshold=1)
    clock.at += 1.0
    assert breaker.refusal() is None
    breaker.fail()
    clock.at += 2.0
    assert breaker.refusal() is None
    breaker.succeed()
    breaker.fail()
    assert breaker.refusal() == 1.0


def test_one_lost_connection_counts_once_however_many_sends_it_takes_along() -> None:
    """Connections that keep breaking still open the circuit."""
    clock = Clock()
    breaker = Breaker(now=clock)
    for _ in range(400):
        breaker.fail(shared=True)
    assert not breaker.is_open
    for _ in range(19):
        clock.at += 0.2
        breaker.fail(shared=True)
    assert breaker.is_open
