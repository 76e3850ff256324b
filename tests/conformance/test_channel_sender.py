"""What every channel's sender does, whichever provider is behind it: one suite, run against each provider."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import attrs
import pytest

from application.ports.channels import TriesCredentials
from domain.messaging.outcome import Accepted, CredentialFault, Deferred, NotAttempted, Rejected
from tests.conformance.channels.kit import Reports, outcomes_of, without_details
from tests.conformance.channels.provider_case import ProviderCase, provider_cases

CASES = provider_cases()


@pytest.fixture(scope="module")
def doubles() -> Iterator[dict[Any, Any]]:
    """The provider doubles that run, by what started them."""
    with ExitStack() as stack:
        yield {"stack": stack}


@pytest.fixture(params=sorted(CASES))
def case(
    request: pytest.FixtureRequest, doubles: dict[Any, Any], tmp_path_factory: pytest.TempPathFactory
) -> ProviderCase:
    """Each provider in turn, with a double that accepts everything."""
    cls = CASES[request.param]
    start = getattr(cls.playing, "__func__", cls.playing)
    if start not in doubles:
        double = cls.playing(tmp_path_factory.mktemp("provider"))
        doubles[start] = doubles["stack"].enter_context(double)
    return cls(doubles[start])


def requests_for(case: ProviderCase, messages: int) -> int:
    """How many requests that many messages take."""
    return -(-messages // case.capabilities.batch_size)


async def test_accepted_messages_are_reported_accepted(case: ProviderCase) -> None:
    """All of them, each sent once."""
    sender = case.open()
    outcomes = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(60)]))
    await sender.close()
    assert {type(outcome) for outcome in outcomes} == {Accepted}
    assert all(isinstance(outcome, Accepted) and outcome.provider_id for outcome in outcomes)
    assert (case.accepted(), case.accepted_twice()) == (60, 0)


async def test_a_dead_recipient_is_rejected_with_the_subscriptions_code(case: ProviderCase) -> None:
    """The others are sent."""
    case.play_dead(case.recipient(1))
    sender = case.open()
    outcomes = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(3)]))
    await sender.close()
    assert [type(outcome) for outcome in outcomes] == [Accepted, Rejected, Accepted]
    rejected = outcomes[1]
    assert isinstance(rejected, Rejected)
    assert (rejected.subscription_code, rejected.bug) == (case.dead_code, False)


async def test_a_busy_provider_defers_for_as_long_as_it_asks(case: ProviderCase) -> None:
    """Retry-After is passed on, the message was certainly not taken."""
    case.play_busy(7)
    sender = case.open()
    outcomes = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(3)]))
    await sender.close()
    for outcome in outcomes:
        assert isinstance(outcome, Deferred)
        assert not outcome.unknown
        assert outcome.retry_after == 7.0 or not case.passes_retry_after
    waits = {outcome.retry_after for outcome in outcomes if isinstance(outcome, Deferred)}
    assert len(waits) == 1
    assert case.accepted() == 0


async def test_a_refused_credential_stops_the_batch(case: ProviderCase) -> None:
    """The fault names the version; what had not started is not attempted."""
    case.play_credential_fault()
    sender = case.open(max_in_flight=1)
    outcomes = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(100)]))
    await sender.close()
    faults = [outcome for outcome in outcomes if isinstance(outcome, CredentialFault)]
    assert 1 <= len(faults) <= 2 * case.capabilities.batch_size
    assert {fault.credential_version for fault in faults} == {7}
    rest = [outcome for outcome in outcomes if not isinstance(outcome, CredentialFault)]
    assert set(rest) <= {NotAttempted("credential_fault")}
    assert case.accepted() == 0


async def test_a_lost_answer_is_of_unknown_outcome(case: ProviderCase) -> None:
    """The provider took it, and nobody said so; those of other requests do not suffer."""
    case.play_lost_answer(case.recipient(1))
    sender = case.open(request_timeout=0.5)
    outcomes = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(3)]))
    await sender.close()
    if case.capabilities.batch_size == 1:
        assert [type(outcome) for outcome in (outcomes[0], outcomes[2])] == [Accepted, Accepted]
    assert without_details(outcomes[1]) == case.unknown("timeout")
    assert case.accepted() == 3


async def test_a_mixed_batch_gets_mixed_outcomes(case: ProviderCase) -> None:
    """Each envelope its own."""
    case.play_mixed(dead=case.recipient(3), busy=case.recipient(5))
    sender = case.open()
    outcomes = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(10)]))
    await sender.close()
    assert [type(outcome) for outcome in outcomes].count(Accepted) == 8
    assert isinstance(outcomes[3], Rejected)
    busy = outcomes[5]
    assert isinstance(busy, Deferred)
    assert (busy.throttle, busy.unknown) == (False, False)
    assert case.accepted() == 8


async def test_cancellation_reports_everything_and_is_passed_on(case: ProviderCase) -> None:
    """Started sends are unknown, the others not attempted."""
    case.play_silence()
    size = case.capabilities.batch_size
    width = min(16, requests_for(case, 40))
    started = min(40, width * size)
    sender = case.open(max_in_flight=16)
    reports = Reports()
    asked: list[bool] = []
    enough = asyncio.Event()

    def may_start() -> bool:
        asked.append(True)
        if len(asked) == width:
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
    assert outcomes.count(case.unknown("cancelled")) == started
    assert outcomes.count(NotAttempted("cancelled")) == 40 - started


async def test_a_cut_connection_costs_unknown_outcomes_and_nothing_else(case: ProviderCase) -> None:
    """Whoever was on that connection is unknown; nothing is sent twice by itself."""
    case.play_cut(case.recipient(10))
    sender = case.open_faulty()
    outcomes = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(30)]))
    lost = case.unknown("connection_lost")
    for outcome in outcomes:
        assert isinstance(outcome, Accepted | type(lost))
    assert without_details(outcomes[10]) == lost
    assert case.accepted_twice() == 0
    case.play_accept()
    again = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(30)]))
    await sender.close()
    assert {type(outcome) for outcome in again} == {Accepted}


async def test_nothing_starts_once_the_lease_is_lost(case: ProviderCase) -> None:
    """False from may_start means NotAttempted for this and every later envelope."""
    size = case.capabilities.batch_size
    left = iter([True] * (5 if size == 1 else 1))
    sender = case.open()
    batch = case.batch([case.recipient(n) for n in range(40)])
    outcomes = await outcomes_of(sender, batch, lambda: next(left, False))
    again = await outcomes_of(sender, batch, lambda: False)
    await sender.close()
    started = 5 if size == 1 else min(40, size)
    assert outcomes.count(NotAttempted()) == 40 - started
    assert set(again) == {NotAttempted()}
    assert case.accepted() == started


async def test_a_batch_of_another_channels_type_is_the_callers_bug(case: ProviderCase) -> None:
    """Every envelope is rejected as a bug, no recipient is blamed."""
    sender = case.open()
    batch = attrs.evolve(case.batch([case.recipient(0)] * 2), type=case.foreign_type)
    outcomes = await outcomes_of(sender, batch)
    await sender.close()
    for outcome in outcomes:
        assert isinstance(outcome, Rejected)
        assert outcome.bug
        assert outcome.subscription_code is None


async def test_another_providers_credential_is_a_credential_fault(case: ProviderCase) -> None:
    """Nothing is sent with it."""
    sender = case.open()
    credential = attrs.evolve(case.credential, provider="other")
    outcomes = await outcomes_of(
        sender, attrs.evolve(case.batch([case.recipient(0)] * 2), credential=credential)
    )
    await sender.close()
    assert [type(outcome) for outcome in outcomes] == [CredentialFault, NotAttempted]
    assert case.accepted() == 0


async def test_an_empty_batch_reports_nothing(case: ProviderCase) -> None:
    """And asks nobody."""
    sender = case.open()
    assert await outcomes_of(sender, case.batch([])) == []
    await sender.close()


async def test_a_provider_that_is_not_there_defers_then_opens_the_circuit(case: ProviderCase) -> None:
    """Connection refused: certainly not sent; after twenty in a row nothing more is tried."""
    case.go_nowhere()
    sender = case.open(max_in_flight=1)
    outcomes = [(await outcomes_of(sender, case.batch([case.recipient(n)])))[0] for n in range(21)]
    await sender.close()
    assert [without_details(outcome) for outcome in outcomes[:20]] == [Deferred("connect_failed")] * 20
    last = outcomes[-1]
    assert isinstance(last, NotAttempted)
    assert last.reason == "circuit_open"
    assert last.retry_after


async def test_a_credential_is_tried_without_sending_anything(case: ProviderCase) -> None:
    """Sound; where nobody is, it says nothing about the credential. A provider may offer no way to try one."""
    sender = case.open()
    assert isinstance(sender, TriesCredentials)
    tried = await sender.try_credential(case.type, case.credential)
    await sender.close()
    if tried is None:
        return
    assert isinstance(tried.outcome, Accepted), tried
    if case.capabilities.claim_before_send:
        assert case.accepted() == 0
    case.go_nowhere()
    sender = case.open()
    assert isinstance(sender, TriesCredentials)
    away = await sender.try_credential(case.type, case.credential)
    await sender.close()
    assert away is not None
    assert isinstance(away.outcome, Deferred), away


async def test_a_wrong_credential_is_refused_when_it_is_tried(case: ProviderCase) -> None:
    """In the provider's own word, also where nothing but the secret is wrong."""
    case.play_credential_fault()
    stored = case.credential
    if case.capabilities.claim_before_send:
        secret = {one.name for one in case.plugin.providers[case.provider].settings if one.secret}
        fields = {name: _altered(text) if name in secret else text for name, text in stored.fields.items()}
        stored = attrs.evolve(stored, fields=fields)
    sender = case.open()
    assert isinstance(sender, TriesCredentials)
    tried = await sender.try_credential(case.type, stored)
    await sender.close()
    if tried is not None:
        assert isinstance(tried.outcome, CredentialFault), tried
        assert tried.outcome.reason


def _altered(secret: str) -> str:
    """Another one of the same length and alphabet."""
    return secret[:-1] + ("b" if secret[-1] != "b" else "c")
