"""Driving a batch: every envelope is reported exactly once, whatever happens on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.courier import Courier, Elsewhere, Link
from adapters.channels.frame.delivery import Delivery
from adapters.channels.frame.pacer import Pacer
from adapters.channels.frame.transport import Slots
from application.ports.channels import Credential, Envelope, SendBatch
from domain.messaging.outcome import Accepted, CredentialFault, Deferred, NotAttempted, Outcome, Rejected
from domain.shared.channels import SubscriptionType

Answer = Callable[[Envelope, Link], Awaitable[Outcome | Elsewhere]]


async def accept(envelope: Envelope, link: Link) -> Outcome:
    """A provider that takes everything."""
    await asyncio.sleep(0)
    return Accepted(envelope.token)


class PlayedCourier:
    """A courier and its route, played by a function."""

    provider = "played"
    claims = False

    def __init__(self, answer: Answer = accept, *, slots: int = 10, pacer: Pacer | None = None) -> None:
        self.link = Link(Slots(slots), Breaker())
        self.pacer = pacer
        self.answer = answer
        self.started: list[str] = []
        self.refusal: Outcome | None = None

    async def open(self, batch: SendBatch) -> Courier | Outcome:
        """Itself, or the refusal."""
        return self if self.refusal is None else self.refusal

    def place(self, envelope: Envelope) -> Link | Outcome:
        """Everything goes over the one link."""
        return self.link

    async def deliver(self, envelope: Envelope, link: Link) -> Outcome | Elsewhere:
        """What the function says."""
        self.started.append(envelope.token)
        return await self.answer(envelope, link)

    async def close(self) -> None:
        """Nothing to close."""


class Reports:
    """Collects reports; a second one for the same envelope is an error."""

    def __init__(self) -> None:
        self.by_index: dict[int, Outcome] = {}

    def __call__(self, index: int, outcome: Outcome) -> None:
        assert index not in self.by_index, f"{index} was reported twice"
        self.by_index[index] = outcome

    def kinds(self) -> list[str]:
        """The outcomes' class names in order."""
        return [type(self.by_index[index]).__name__ for index in range(len(self.by_index))]


def batch(size: int, deadline: datetime | None = None) -> SendBatch:
    """Envelopes with tokens 0, 1, 2 …"""
    application_id = uuid4()
    envelopes = [Envelope(uuid4(), uuid4(), str(n), {"title": "a"}, 1) for n in range(size)]
    credential = Credential(application_id, "played", 7, {})
    return SendBatch(application_id, SubscriptionType.IOS_PUSH, credential, envelopes, deadline)


async def drive(
    courier: PlayedCourier,
    size: int,
    *,
    width: int = 4,
    may_start: Callable[[], bool] = lambda: True,
    deadline: datetime | None = None,
) -> Reports:
    """Run a batch to its end."""
    reports = Reports()
    await Delivery(batch(size, deadline), reports, may_start).run(courier, width)
    assert len(reports.by_index) == size
    return reports


@pytest.mark.parametrize(("size", "width"), [(0, 4), (1, 4), (1, 1), (100, 1), (100, 4), (3, 50)])
async def test_every_envelope_is_sent_and_reported_once(size: int, width: int) -> None:
    """Any size, any width."""
    courier = PlayedCourier()
    reports = await drive(courier, size, width=width)
    assert sorted(courier.started, key=int) == [str(n) for n in range(size)]
    assert all(reports.by_index[n] == Accepted(str(n)) for n in range(size))


async def test_no_more_sends_are_on_their_way_than_there_are_slots() -> None:
    """Across batches, too."""
    under_way, most = 0, 0

    async def count(envelope: Envelope, link: Link) -> Outcome:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        return Accepted()

    courier = PlayedCourier(count, slots=5)
    await asyncio.gather(*[drive(courier, 40, width=20) for _ in range(3)])
    assert most == 5
    assert courier.link.slots.free == 5


async def test_when_starting_is_no_longer_allowed_the_rest_is_not_attempted() -> None:
    """Asked before each send."""
    allowed = iter([True] * 5)
    courier = PlayedCourier()
    reports = await drive(courier, 20, may_start=lambda: next(allowed, False))
    assert len(courier.started) == 5
    assert reports.kinds().count("NotAttempted") == 15


async def test_nothing_starts_after_the_deadline() -> None:
    """An old deadline means nothing at all."""
    courier = PlayedCourier()
    reports = await drive(courier, 3, deadline=datetime.now(UTC) - timedelta(seconds=1))
    assert courier.started == []
    assert set(reports.by_index.values()) == {NotAttempted("deadline")}


@pytest.mark.parametrize(
    ("stopper", "rest"),
    [
        (CredentialFault("Forbidden", 7), NotAttempted("credential_fault")),
        (Deferred("quota", retry_after=60.0, throttle=True), NotAttempted("throttled", retry_after=60.0)),
    ],
)
async def test_a_fault_of_the_whole_route_stops_the_batch(stopper: Outcome, rest: Outcome) -> None:
    """What has not started is not attempted."""

    async def answer(envelope: Envelope, link: Link) -> Outcome:
        return stopper if envelope.token == "3" else Accepted()

    reports = await drive(PlayedCourier(answer), 10, width=1)
    assert list(reports.by_index.values()) == [Accepted()] * 3 + [stopper] + [rest] * 6


async def test_a_refused_batch_names_the_credential_fault_once() -> None:
    """One fault is enough for the alert; an unavailable token refuses all alike."""
    courier = PlayedCourier()
    courier.refusal = CredentialFault("invalid_grant", 7)
    reports = await drive(courier, 3)
    assert reports.kinds() == ["CredentialFault", "NotAttempted", "NotAttempted"]
    courier.refusal = NotAttempted("access_token_unavailable", retry_after=1.0)
    reports = await drive(courier, 2)
    assert set(reports.by_index.values()) == {courier.refusal}


async def test_a_bug_costs_one_envelope_and_is_deferred() -> None:
    """It may have been sent, so the outcome is unknown; the others go on."""

    async def answer(envelope: Envelope, link: Link) -> Outcome:
        if envelope.token == "2":
            raise KeyError("oops")
        return Accepted()

    courier = PlayedCourier(answer)
    reports = await drive(courier, 6)
    assert reports.by_index[2] == Deferred("internal_error", unknown=True)
    assert reports.kinds().count("Accepted") == 5
    assert courier.link.slots.free == 10


async def test_a_bugs_text_never_reaches_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """An error may quote the address, and with it the device token."""

    async def answer(envelope: Envelope, link: Link) -> Outcome:
        raise ValueError("https://host/3/device/SECRET-TOKEN")

    await drive(PlayedCourier(answer), 1)
    printed = "".join(capsys.readouterr())
    assert "channel_send_failed" in printed
    assert "ValueError" in printed
    assert "SECRET-TOKEN" not in printed


async def test_a_route_that_cannot_open_attempts_nothing() -> None:
    """Even a bug there is an outcome for every envelope."""

    class Broken(PlayedCourier):
        async def open(self, batch: SendBatch) -> Courier | Outcome:
            raise RuntimeError("oops")

    reports = await drive(Broken(), 3)
    assert reports.kinds() == ["NotAttempted"] * 3


async def test_cancelled_sends_are_unknown_and_waiting_ones_not_attempted() -> None:
    """And the cancellation goes on to the caller."""
    hanging = asyncio.Event()

    async def hang(envelope: Envelope, link: Link) -> Outcome:
        if len(courier.started) == 4:
            hanging.set()
        await asyncio.Event().wait()
        return Accepted()

    courier = PlayedCourier(hang)
    reports = Reports()
    task = asyncio.ensure_future(Delivery(batch(10), reports, lambda: True).run(courier, 4))
    await hanging.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [reports.by_index[n] for n in range(4)] == [Deferred("cancelled", unknown=True)] * 4
    assert [reports.by_index[n] for n in range(4, 10)] == [NotAttempted("cancelled")] * 6
    assert courier.link.slots.free == 10


async def test_cancelling_while_waiting_for_a_slot_loses_no_slot() -> None:
    """A slot handed to a cancelled waiter is handed on."""
    slots = Slots(1)
    await slots.acquire()
    waiters = [asyncio.ensure_future(slots.acquire()) for _ in range(3)]
    await asyncio.sleep(0)
    waiters[0].cancel()
    slots.release()
    waiters[1].cancel()
    await asyncio.gather(*waiters[:2], return_exceptions=True)
    await waiters[2]
    slots.release()
    assert slots.free == 1


async def test_an_open_circuit_is_said_with_the_time_to_wait() -> None:
    """Twenty failures, then nothing more is tried."""

    async def fail(envelope: Envelope, link: Link) -> Outcome:
        link.breaker.fail()
        return Deferred("connect_failed")

    courier = PlayedCourier(fail)
    reports = await drive(courier, 50, width=1)
    assert len(courier.started) == 20
    refused = reports.by_index[49]
    assert isinstance(refused, NotAttempted)
    assert refused.reason == "circuit_open"
    assert 0 < (refused.retry_after or 0) <= 1.0


async def test_a_probe_that_ends_in_a_bug_lets_the_next_one_go() -> None:
    """Otherwise the circuit would stay open for ever."""

    async def answer(envelope: Envelope, link: Link) -> Outcome:
        if envelope.token == "0":
            raise KeyError("oops")
        link.breaker.succeed()
        return Accepted()

    at = [0.0]
    courier = PlayedCourier(answer)
    courier.link.breaker = Breaker(threshold=1, now=lambda: at[0])
    courier.link.breaker.fail()
    at[0] = 1.0
    reports = await drive(courier, 3, width=1)
    assert reports.kinds() == ["Deferred", "Accepted", "Accepted"]


async def test_an_envelope_sent_on_to_another_link_takes_its_slot() -> None:
    """The first link's slot is given back before the second one's is taken."""
    other = Link(Slots(1), Breaker())

    async def answer(envelope: Envelope, link: Link) -> Outcome | Elsewhere:
        if link is not other:
            return Elsewhere(other)
        assert courier.link.slots.free == 1
        return Accepted("elsewhere")

    courier = PlayedCourier(answer, slots=1)
    reports = await drive(courier, 3)
    assert set(reports.by_index.values()) == {Accepted("elsewhere")}
    assert other.slots.free == 1


class Bucket:
    """A pacing bucket that notes what was reserved."""

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay
        self.reserved: list[tuple[str, int, float]] = []

    async def reserve(self, bucket: str, n: int, rate: float) -> tuple[float, float]:
        """At once, evenly."""
        self.reserved.append((bucket, n, rate))
        return self.delay, 1.0 / rate

    async def slow_down(self, bucket: str, seconds: float) -> None:
        """Nobody asks for it here."""


async def test_turns_are_reserved_in_slices_of_at_most_a_second() -> None:
    """250 sends at 100/s are three slices, reserved when they are needed."""
    at = [50.0]
    bucket = Bucket()
    pacer = Pacer(bucket, "fcm:p", 100.0, 250, now=lambda: at[0])
    starts = []
    for _ in range(250):
        at[0] += await pacer.turn()
        starts.append(at[0])
    assert bucket.reserved == [("fcm:p", 100, 100.0), ("fcm:p", 100, 100.0), ("fcm:p", 50, 100.0)]
    assert starts[-1] - starts[0] == pytest.approx(2.49, abs=0.01)
    for start in starts:
        assert sum(1 for other in starts if start <= other < start + 1.0) <= 101


async def test_a_late_worker_shifts_and_does_not_catch_up() -> None:
    """After a stall the spacing is what it was."""
    at = [0.0]
    pacer = Pacer(Bucket(), "b", 10.0, 10, now=lambda: at[0])
    assert await pacer.turn() == 0.0
    at[0] = 5.0
    waits = [await pacer.turn() for _ in range(3)]
    assert waits == pytest.approx([0.0, 0.1, 0.2])


async def test_a_slot_beyond_the_deadline_is_not_waited_for() -> None:
    """The message is offered again when its turn would have come."""
    courier = PlayedCourier(pacer=Pacer(Bucket(delay=30.0), "b", 10.0, 3))
    reports = await drive(courier, 3, deadline=datetime.now(UTC) + timedelta(seconds=5))
    refused = reports.by_index[0]
    assert isinstance(refused, NotAttempted)
    assert refused.reason == "paced"
    assert refused.retry_after == pytest.approx(30.0, abs=1.0)
    assert courier.started == []


async def test_no_rate_no_send() -> None:
    """Without the pacing store nothing is sent past Google's cap."""

    class Broken(Bucket):
        async def reserve(self, bucket: str, n: int, rate: float) -> tuple[float, float]:
            raise ConnectionError("no database")

    courier = PlayedCourier(pacer=Pacer(Broken(), "b", 10.0, 3))
    reports = await drive(courier, 3)
    assert set(reports.by_index.values()) == {NotAttempted("pacing_unavailable", retry_after=1.0)}


async def test_a_rejection_without_a_request_needs_no_slot() -> None:
    """What `place` says is the outcome."""

    class Choosy(PlayedCourier):
        def place(self, envelope: Envelope) -> Link | Outcome:
            return Rejected("malformed_token", subscription_code=-10)

    courier = Choosy(slots=1)
    await courier.link.slots.acquire()
    assert (await drive(courier, 2)).kinds() == ["Rejected", "Rejected"]
