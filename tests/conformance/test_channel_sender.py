"""What every channel's sender does, whichever provider is behind it: one suite, run against each route."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import attrs
import pytest

from domain.messaging.outcome import Accepted, CredentialFault, Deferred, NotAttempted, Rejected
from domain.shared.channels import SubscriptionType
from tests.conformance.channels.kit import Reports, outcomes_of
from tests.conformance.channels.push import ApnsCase, FcmCase, PushCase
from tests.integration.simulator.harness import Simulator, simulator

CASES = {"apns": ApnsCase, "fcm": FcmCase}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The provider double of this module."""
    with simulator(tmp_path_factory.mktemp("providers")) as running:
        yield running


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, simulated: Simulator) -> PushCase:
    """Each route in turn, with a provider that accepts everything."""
    simulated.reset()
    return CASES[request.param](simulated)


async def test_accepted_messages_are_reported_accepted(case: PushCase) -> None:
    """All of them, each sent once."""
    sender = case.open()
    outcomes = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(60)]))
    await sender.close()
    assert {type(outcome) for outcome in outcomes} == {Accepted}
    assert all(isinstance(outcome, Accepted) and outcome.provider_id for outcome in outcomes)
    assert (case.accepted(), case.accepted_twice()) == (60, 0)


async def test_a_dead_recipient_is_rejected_with_the_subscriptions_code(case: PushCase) -> None:
    """The others are sent."""
    case.play_dead(case.recipient(1))
    sender = case.open()
    outcomes = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(3)]))
    await sender.close()
    assert [type(outcome) for outcome in outcomes] == [Accepted, Rejected, Accepted]
    rejected = outcomes[1]
    assert isinstance(rejected, Rejected)
    assert (rejected.subscription_code, rejected.bug) == (-10, False)


async def test_a_busy_provider_defers_for_as_long_as_it_asks(case: PushCase) -> None:
    """Retry-After is passed on, the message was certainly not taken."""
    case.play_busy(7)
    sender = case.open()
    outcomes = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(3)]))
    await sender.close()
    for outcome in outcomes:
        assert isinstance(outcome, Deferred)
        assert (outcome.retry_after, outcome.unknown) == (7.0, False)
    assert case.accepted() == 0


async def test_a_refused_credential_stops_the_batch(case: PushCase) -> None:
    """The fault names the version; what had not started is not attempted."""
    case.play_credential_fault()
    sender = case.open(max_in_flight=1)
    outcomes = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(100)]))
    await sender.close()
    faults = [outcome for outcome in outcomes if isinstance(outcome, CredentialFault)]
    assert 1 <= len(faults) <= 2
    assert {fault.credential_version for fault in faults} == {7}
    rest = [outcome for outcome in outcomes if not isinstance(outcome, CredentialFault)]
    assert set(rest) == {NotAttempted("credential_fault")}
    assert case.accepted() == 0


async def test_a_lost_answer_is_of_unknown_outcome(case: PushCase) -> None:
    """The provider took it, and nobody said so; the others do not suffer."""
    case.play_lost_answer(case.recipient(1))
    sender = case.open(request_timeout=0.5)
    outcomes = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(3)]))
    await sender.close()
    assert [type(outcome) for outcome in outcomes] == [Accepted, Deferred, Accepted]
    assert outcomes[1] == Deferred("timeout", unknown=True)
    assert case.accepted() == 3


async def test_a_mixed_batch_gets_mixed_outcomes(case: PushCase) -> None:
    """Each envelope its own."""
    case.play_mixed(dead=case.recipient(3), busy=case.recipient(5))
    sender = case.open()
    outcomes = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(10)]))
    await sender.close()
    assert [type(outcome) for outcome in outcomes].count(Accepted) == 8
    assert isinstance(outcomes[3], Rejected)
    busy = outcomes[5]
    assert isinstance(busy, Deferred)
    assert (busy.retry_after, busy.throttle) == (60.0, False)
    assert case.accepted() == 8


async def test_cancellation_reports_everything_and_is_passed_on(case: PushCase) -> None:
    """Started sends are unknown, the others not attempted."""
    case.play_silence()
    sender = case.open(max_in_flight=16)
    reports = Reports()
    started: list[bool] = []
    enough = asyncio.Event()

    def may_start() -> bool:
        started.append(True)
        if len(started) == 16:
            enough.set()
        return True

    batch = case.batch([case.recipient(n) for n in range(40)])
    task = asyncio.ensure_future(sender.send(batch, reports, may_start))
    await enough.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await sender.close()
    outcomes = reports.outcomes
    assert outcomes.count(Deferred("cancelled", unknown=True)) == 16
    assert outcomes.count(NotAttempted("cancelled")) == 24


async def test_a_cut_connection_costs_unknown_outcomes_and_nothing_else(case: PushCase) -> None:
    """Whoever was on that connection is unknown; nothing is sent twice by itself."""
    case.play_cut(case.recipient(10))
    sender = case.open_faulty()
    outcomes = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(30)]))
    for outcome in outcomes:
        assert isinstance(outcome, Accepted | Deferred)
        assert isinstance(outcome, Accepted) or not outcome.throttle
    assert outcomes[10] == Deferred("connection_lost", unknown=True)
    assert case.accepted_twice() == 0
    case.play_accept()
    again = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(30)]))
    await sender.close()
    assert {type(outcome) for outcome in again} == {Accepted}


async def test_nothing_starts_once_the_lease_is_lost(case: PushCase) -> None:
    """False from may_start means NotAttempted for this and every later envelope."""
    left = iter([True] * 5)
    sender = case.open()
    batch = case.batch([case.recipient(n) for n in range(40)])
    outcomes = await outcomes_of(sender, batch, lambda: next(left, False))
    await sender.close()
    assert outcomes.count(NotAttempted()) == 35
    assert case.accepted() == 5


async def test_a_batch_of_another_channels_type_is_the_callers_bug(case: PushCase) -> None:
    """Every envelope is rejected as a bug, no recipient is blamed."""
    sender = case.open()
    batch = attrs.evolve(case.batch([case.recipient(0)] * 2), type=SubscriptionType.SMS)
    outcomes = await outcomes_of(sender, batch)
    await sender.close()
    for outcome in outcomes:
        assert isinstance(outcome, Rejected)
        assert outcome.bug
        assert outcome.subscription_code is None


async def test_another_providers_credential_is_a_credential_fault(case: PushCase) -> None:
    """Nothing is sent with it."""
    sender = case.open()
    credential = attrs.evolve(case.credential, provider="other")
    outcomes = await outcomes_of(
        sender, attrs.evolve(case.batch([case.recipient(0)] * 2), credential=credential)
    )
    await sender.close()
    assert [type(outcome) for outcome in outcomes] == [CredentialFault, NotAttempted]
    assert case.accepted() == 0


async def test_an_empty_batch_reports_nothing(case: PushCase) -> None:
    """And asks nobody."""
    sender = case.open()
    assert await outcomes_of(sender, case.batch([])) == []
    await sender.close()


async def test_a_provider_that_is_not_there_defers_then_opens_the_circuit(case: PushCase) -> None:
    """Connection refused: certainly not sent; after twenty in a row nothing more is tried."""
    nowhere = "https://127.0.0.1:1"
    sender = case.open(
        apns_production_url=nowhere, apns_sandbox_url=nowhere, fcm_url=nowhere, max_in_flight=1
    )
    outcomes = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(60)]))
    await sender.close()
    assert outcomes[:20] == [Deferred("connect_failed")] * 20
    last = outcomes[-1]
    assert isinstance(last, NotAttempted)
    assert last.reason == "circuit_open"
    assert last.retry_after
