"""What every channel's conformance run needs: a collector of outcomes and a rate keeper."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from application.ports.channels import ChannelSender, SendBatch
from domain.messaging.outcome import CredentialFault, Deferred, Outcome, Rejected, Unknown


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


def without_details(outcome: Outcome) -> Outcome:
    """The outcome without what is only told to people."""
    if isinstance(outcome, Rejected | Deferred | Unknown | CredentialFault):
        return attrs.evolve(outcome, details={})
    return outcome
