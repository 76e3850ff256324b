"""A chunk of a campaign with a rate: small slices inside reserved slots, and every envelope reported once."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import attrs
import pytest

from application.dispatch.paced_send import AHEAD_SECONDS, PacedSend
from application.ports.channels import Credential, Envelope, MayStart, Report, SendBatch
from domain.messaging.outcome import Accepted, NotAttempted, Outcome
from domain.shared.channels import SubscriptionType
from domain.shared.errors import Unavailable

CREDENTIAL = Credential(UUID(int=1), "apns", 1, {})


@attrs.define
class Slots:
    """Grants slots that begin at once, then what it is told."""

    grants: list[float | Unavailable | None] = attrs.field(factory=list)
    asked: list[tuple[str, int, float, float]] = attrs.field(factory=list)

    async def reserve_soon(self, bucket: str, n: int, rate: float, within: float) -> float | None:
        self.asked.append((bucket, n, rate, within))
        grant = self.grants.pop(0) if self.grants else 0.0
        if isinstance(grant, Unavailable):
            raise grant
        return grant


@attrs.define
class Sender:
    """Takes everything; remembers how much came at a time."""

    slices: list[int] = attrs.field(factory=list)

    async def send(self, batch: SendBatch, report: Report, may_start: MayStart) -> None:
        self.slices.append(len(batch.envelopes))
        for index in range(len(batch.envelopes)):
            report(index, Accepted(str(batch.envelopes[index].message_id.int)))

    async def close(self) -> None:
        return


def batch(n: int) -> SendBatch:
    envelopes = [Envelope(UUID(int=i), UUID(int=i), "t", {}, 1) for i in range(n)]
    return SendBatch(UUID(int=1), SubscriptionType.IOS_PUSH, CREDENTIAL, envelopes)


async def send(
    slots: Slots, n: int, rate: float, may_start: MayStart = lambda: True
) -> tuple[Sender, dict[int, Outcome]]:
    sender, told = Sender(), dict[int, Outcome]()
    times: Counter[int] = Counter()

    def report(index: int, outcome: Outcome) -> None:
        times[index] += 1
        told[index] = outcome

    await PacedSend(slots)(sender, batch(n), report, may_start, "campaign:1", rate)
    assert times == Counter(range(n)), "each is reported once"
    return sender, told


async def test_a_second_of_sends_goes_out_in_hundredths() -> None:
    """Whoever reports does so under the place in the whole chunk."""
    slots = Slots()
    sender, told = await send(slots, 300, 1_000.0)
    assert slots.asked[0] == ("campaign:1", 300, 1_000.0, AHEAD_SECONDS)
    assert max(sender.slices) == 10
    assert sum(sender.slices) == 300
    assert [outcome.provider_id for outcome in told.values() if isinstance(outcome, Accepted)] == [
        str(index) for index in range(300)
    ]


async def test_more_than_a_second_of_sends_takes_more_than_one_slot() -> None:
    """A chunk of retries may be larger than the rate; the slot after the first comes too early and goes back.

    Where the machine is late a slot ends before all of its sends: what is left asks again, for a second's sends at most.
    """
    slots = Slots([0.0, None])
    _, told = await send(slots, 30, 20.0)
    sent = sum(isinstance(outcome, Accepted) for outcome in told.values())
    assert 1 <= sent <= 20
    assert [n for _, n, _, _ in slots.asked] == [20, min(20, 30 - sent)]
    assert told[29] == NotAttempted("paced", retry_after=AHEAD_SECONDS)


@pytest.mark.parametrize(
    ("grant", "reason"), [(None, "paced"), (Unavailable("the database is away"), "pacing_unavailable")]
)
async def test_without_a_slot_nothing_is_sent(grant: Unavailable | None, reason: str) -> None:
    """The messages go back to the queue, not attempted."""
    sender, told = await send(Slots([grant]), 5, 10.0)
    assert sender.slices == []
    assert {outcome.reason for outcome in told.values() if isinstance(outcome, NotAttempted)} == {reason}


async def test_a_lost_lease_ends_it_between_two_slices() -> None:
    """What was not started is not attempted."""
    asked = 0

    def may_start() -> bool:
        nonlocal asked
        asked += 1
        return asked <= 2

    sender, told = await send(Slots(), 10, 100.0, may_start)
    assert sender.slices == [1, 1]
    assert sum(isinstance(outcome, NotAttempted) for outcome in told.values()) == 8
