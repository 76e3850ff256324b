"""Requests that carry several messages: how they are filled, and what one request's fate makes of its messages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import pytest

from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.courier import BatchCourier, Link
from adapters.channels.frame.delivery import Delivery
from adapters.channels.frame.transport import Slots
from application.ports.channels import Credential, Envelope, SendBatch
from domain.messaging.outcome import (
    Accepted,
    CredentialFault,
    Deferred,
    NotAttempted,
    Outcome,
    Rejected,
    Unknown,
)
from domain.shared.channels import SubscriptionType
from tests.conformance.channels.kit import Reports


class PlayedBatches(BatchCourier):
    """A courier and its route; answers by the recipient's name."""

    provider = "played"
    claims = True

    def __init__(self, size: int, *, slots: int = 10) -> None:
        super().__init__(Link(Slots(slots), Breaker()), size)
        self.requests: list[list[str]] = []
        self.silent = False
        self.broken = False

    async def open(self, batch: SendBatch) -> PlayedBatches:
        """Itself."""
        return self

    def place(self, envelope: Envelope) -> Outcome | None:
        """Nobody writes to `nobody`."""
        return Rejected("nobody") if envelope.recipient == "nobody" else None

    async def deliver(self, envelopes: Sequence[Envelope]) -> Sequence[Outcome]:
        """By name: refused, lost, anything else is taken."""
        self.requests.append([envelope.recipient for envelope in envelopes])
        await asyncio.sleep(3600 if self.silent else 0)
        if self.broken:
            raise RuntimeError("a bug")
        answers: dict[str, Outcome] = {
            "refused": Rejected("no such number", -52),
            "lost": Deferred("timeout", unknown=True),
            "fault": CredentialFault("balance", 3),
        }
        return [answers.get(envelope.recipient, Accepted(envelope.recipient)) for envelope in envelopes]

    async def close(self) -> None:
        """Nothing to close."""


def batch(*recipients: str) -> SendBatch:
    """Envelopes for these recipients."""
    application_id = uuid4()
    envelopes = [Envelope(uuid4(), uuid4(), recipient, {}, 1) for recipient in recipients]
    credential = Credential(application_id, "played", 3, {})
    return SendBatch(application_id, SubscriptionType.SMS, credential, envelopes)


async def delivered(
    courier: PlayedBatches, sent: SendBatch, width: int = 10, may_start: bool = True
) -> list[Outcome]:
    """The outcomes of a batch."""
    reports = Reports()
    await Delivery(sent, reports, lambda: may_start, claims=True).run(courier, width)
    return reports.outcomes


async def test_requests_are_filled_with_what_is_worth_one() -> None:
    """Those that are refused beforehand take no place."""
    courier = PlayedBatches(2)
    outcomes = await delivered(courier, batch("a", "nobody", "b", "c", "nobody"))
    assert courier.requests == [["a", "b"], ["c"]]
    assert outcomes == [Accepted("a"), Rejected("nobody"), Accepted("b"), Accepted("c"), Rejected("nobody")]


async def test_one_request_may_have_mixed_outcomes() -> None:
    """Each message its own; one whose end is not known is Unknown, never Deferred."""
    outcomes = await delivered(PlayedBatches(10), batch("a", "refused", "lost"))
    assert outcomes == [Accepted("a"), Rejected("no such number", -52), Unknown("timeout")]


async def test_a_credential_fault_keeps_later_requests_from_starting() -> None:
    """With one request at a time."""
    courier = PlayedBatches(1, slots=1)
    outcomes = await delivered(courier, batch("fault", "a", "b"))
    assert courier.requests == [["fault"]]
    assert outcomes == [CredentialFault("balance", 3), *[NotAttempted("credential_fault")] * 2]


async def test_nothing_starts_when_the_lease_is_lost() -> None:
    """Nobody is asked."""
    courier = PlayedBatches(2)
    assert await delivered(courier, batch("a", "b", "c"), may_start=False) == [NotAttempted()] * 3
    assert courier.requests == []


async def test_a_bug_makes_the_requests_messages_unknown() -> None:
    """The request may have left before the error."""
    courier = PlayedBatches(5)
    courier.broken = True
    assert await delivered(courier, batch("a", "b")) == [Unknown("internal_error")] * 2


async def test_cancelling_makes_what_was_started_unknown() -> None:
    """What was not, is not attempted."""
    courier = PlayedBatches(2, slots=1)
    courier.silent = True
    reports = Reports()
    task = asyncio.ensure_future(
        Delivery(batch("a", "b", "c"), reports, lambda: True, claims=True).run(courier, 10)
    )
    while not courier.requests:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert reports.outcomes == [*[Unknown("cancelled")] * 2, NotAttempted("cancelled")]
