"""A measured sender tells what a batch came to, once, and passes everything on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from uuid import uuid4

import pytest

from application.dispatch.measured_sender import OUTCOMES, MeasuredSender
from application.ports.channels import (
    Credential,
    Envelope,
    InquiryBatch,
    MayStart,
    Poll,
    Polled,
    Report,
    SendBatch,
)
from domain.messaging.outcome import (
    Accepted,
    CredentialFault,
    Deferred,
    Finding,
    NotAttempted,
    Outcome,
    Rejected,
)
from domain.shared.channels import Channel, SubscriptionType

SAID: Sequence[Outcome] = (
    Accepted(),
    Accepted(),
    Rejected("Unregistered"),
    Deferred("busy"),
    CredentialFault("InvalidProviderToken", 1),
    NotAttempted(),
)


class Told:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, dict[str, int], int]] = []

    def sent(
        self,
        channel: str,
        provider: str,
        outcomes: Mapping[str, int],
        latencies_ms: Mapping[int, int],
        seconds: float,
    ) -> None:
        self.heard.append((channel, provider, dict(outcomes), sum(latencies_ms.values())))


class Saying:
    """A sender that says what it is told, then fails if asked to."""

    def __init__(self, outcomes: Sequence[Outcome], cancelled: bool = False) -> None:
        self._outcomes = outcomes
        self._cancelled = cancelled

    async def send(self, batch: SendBatch, report: Report, may_start: MayStart) -> None:
        for index, outcome in enumerate(self._outcomes):
            report(index, outcome)
        if self._cancelled:
            raise asyncio.CancelledError

    async def look_up(self, batch: InquiryBatch) -> Sequence[Finding]:
        return []

    async def poll(self, poll: Poll) -> Polled:
        return Polled([], None)

    async def close(self) -> None:
        return


def batch() -> SendBatch:
    application = uuid4()
    envelopes = [Envelope(uuid4(), uuid4(), "t", {}, 1) for _ in SAID]
    return SendBatch(
        application, SubscriptionType.IOS_PUSH, Credential(application, "apns", 1, {}), envelopes
    )


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_batch_is_one_report(cancelled: bool) -> None:
    """Every outcome is passed on and counted by its kind; only what was attempted has a latency; also when cancelled."""
    told, passed = Told(), []
    sender = MeasuredSender(Channel.PUSH, Saying(SAID, cancelled), told)
    sending = sender.send(batch(), lambda index, outcome: passed.append((index, outcome)), lambda: True)
    if cancelled:
        with pytest.raises(asyncio.CancelledError):
            await sending
    else:
        await sending
    assert passed == list(enumerate(SAID))
    counted = {"accepted": 2, "rejected": 1, "deferred": 1, "credential_fault": 1, "not_attempted": 1}
    assert told.heard == [("push", "apns", counted, 4)]


def test_every_outcome_has_a_label() -> None:
    """A new kind of outcome without one would be an error in the middle of sending."""
    assert set(OUTCOMES) == set(Outcome.__args__)
