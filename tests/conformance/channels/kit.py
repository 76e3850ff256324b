"""What every channel's conformance run needs: a collector of outcomes, a rate keeper, and the shape of a case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from application.ports.channels import ChannelPlugin, ChannelSender, SendBatch
from domain.messaging.outcome import Outcome
from domain.shared.channels import SubscriptionType


class Reports:
    """Collects the outcomes of one batch; a second report for the same envelope is an error."""

    def __init__(self) -> None:
        self.by_index: dict[int, Outcome] = {}

    def __call__(self, index: int, outcome: Outcome) -> None:
        assert index not in self.by_index, f"envelope {index} was reported twice"
        self.by_index[index] = outcome

    @property
    def outcomes(self) -> list[Outcome]:
        """In the order of the envelopes; fails when one is missing."""
        assert sorted(self.by_index) == list(range(len(self.by_index))), "envelopes are missing"
        return [self.by_index[index] for index in range(len(self.by_index))]


class OpenPacing:
    """A bucket that is never empty; it notes what was asked of it."""

    def __init__(self) -> None:
        self.reserved: list[tuple[str, int, float]] = []
        self.slowed: list[tuple[str, float]] = []

    async def reserve(self, bucket: str, n: int, rate: float) -> tuple[float, float]:
        """At once, without spacing."""
        self.reserved.append((bucket, n, rate))
        return 0.0, 0.0

    async def slow_down(self, bucket: str, seconds: float) -> None:
        """Only noted."""
        self.slowed.append((bucket, seconds))


async def outcomes_of(
    sender: ChannelSender, batch: SendBatch, may_start: Callable[[], bool] = lambda: True
) -> list[Outcome]:
    """Send a batch and answer its outcomes: one for every envelope, exactly once."""
    reports = Reports()
    await sender.send(batch, reports, may_start)
    outcomes = reports.outcomes
    assert len(outcomes) == len(batch.envelopes)
    return outcomes


class ChannelCase(Protocol):
    """One route against its provider's double. `recipient(n)` is what the n-th recipient's token looks like."""

    plugin: ChannelPlugin
    pacing: OpenPacing

    @property
    def type(self) -> SubscriptionType: ...

    def open(self) -> ChannelSender: ...

    def batch(self, tokens: Sequence[str]) -> SendBatch: ...

    def recipient(self, n: int) -> str: ...

    def play_accept(self) -> None: ...

    def play_dead(self, token: str) -> None:
        """This recipient is gone for good."""

    def play_busy(self, seconds: int) -> None:
        """Everybody is asked to come back later, with Retry-After."""

    def play_credential_fault(self) -> None:
        """The credential is not taken."""

    def play_lost_answer(self, token: str) -> None:
        """This recipient's message is processed, the answer never comes."""

    def play_cut(self, token: str) -> None:
        """This recipient's message is processed, then the connection is cut."""

    def play_mixed(self, dead: str, busy: str) -> None:
        """One dead recipient, one busy, the others fine."""

    def play_silence(self) -> None:
        """Nobody is answered."""

    def accepted(self) -> int:
        """Messages that the provider has taken."""

    def accepted_twice(self) -> int:
        """Messages that the provider has taken more than once."""
