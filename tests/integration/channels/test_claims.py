"""Claim before send: nothing that charges is ever sent twice by itself, whoever dies in between."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.messaging.lifecycle import Status
from domain.messaging.outcome import (
    Absent,
    Accepted,
    CredentialFault,
    Deferred,
    NotAttempted,
    Outcome,
    Rejected,
    Unknown,
)
from domain.shared.errors import InDelivery
from tests.integration.channels.desk import Desk

SENT, FAILED, ERRORED, RECEIVED = 1, 2, 3, 5


async def one(desk: Desk, address: str = "+821012345678") -> tuple[UUID, UUID]:
    """An application and one message to one subscription of it."""
    application_id = await desk.application()
    (subscription,) = await desk.subscriptions(application_id, address)
    (message,) = await desk.send(application_id, [subscription])
    return application_id, message


async def test_a_send_is_claimed_before_it_starts_and_the_claim_ends_with_it(desk: Desk) -> None:
    """The claim is committed while the provider is asked; a definite outcome takes it away."""
    _, message = await one(desk)
    seen: list[int] = []

    async def look() -> None:
        seen.append(await desk.count("send_claim", f"client_ref = '{message.hex}-1'"))

    desk.plugin.sender.before_send = look
    await desk.deliver()
    assert seen == [1]
    assert desk.plugin.sender.refs == [f"{message.hex}-1"]
    assert (await desk.message(message))["status"] == Status.SUCCESSFUL
    assert await desk.count("send_claim") == 0


@pytest.mark.parametrize(
    ("outcome", "status", "retries"),
    [
        (Rejected("no such number", -52), Status.FAILED, 0),
        (Deferred("busy"), Status.ERRORED, 1),
        (NotAttempted(retry_after=1.0), Status.PENDING, 0),
        (CredentialFault("balance", 1), Status.PENDING, 0),
    ],
)
async def test_a_definite_outcome_ends_the_claim(
    desk: Desk, outcome: Outcome, status: Status, retries: int
) -> None:
    """Refused or not sent: the message may be tried again under a claim of its own."""
    _, message = await one(desk)
    desk.plugin.sender.answer = lambda recipient: outcome
    await desk.deliver()
    assert (await desk.message(message))["status"] == status
    assert await desk.count("send_claim") == 0
    assert await desk.count("message_retry") == retries


async def test_an_unknown_outcome_is_never_sent_again_by_itself(desk: Desk) -> None:
    """Errored, without a retry, for as long as nobody knows."""
    _, message = await one(desk)
    desk.plugin.sender.answer = lambda recipient: Unknown("timeout")
    await desk.deliver()
    row = await desk.message(message)
    assert (row["status"], row["error_reason"], row["attempts"]) == (Status.ERRORED, "unknown_outcome", 1)
    assert await desk.count("message_retry") == 0
    assert await desk.count("send_claim", "unknown_at IS NOT NULL") == 1
    for _ in range(3):
        assert await desk.resolve(minutes=30) == 0
        await desk.shop.queue.start_retries(desk.shop.clock.now())
        assert await desk.deliver() == 0
    assert desk.plugin.sender.sent.total() == 1
    assert len(desk.plugin.sender.asked) == 3
    assert await desk.shop.ledger() == {"reserve": 1}


async def test_what_the_provider_finds_was_sent(desk: Desk) -> None:
    """It becomes successful and is charged; one attempt, one send."""
    _, message = await one(desk)
    desk.plugin.sender.answer = lambda recipient: Unknown("timeout")
    await desk.deliver()
    desk.plugin.sender.finding = lambda client_ref: Accepted("their-id")
    assert await desk.resolve(minutes=1) == 1
    row = await desk.message(message)
    assert (row["status"], row["attempts"], row["error_reason"]) == (Status.SUCCESSFUL, 1, None)
    assert await desk.events(message) == [(ERRORED, "unknown_outcome"), (SENT, None)]
    assert await desk.shop.ledger() == {"reserve": 1, "settle": 1}
    assert await desk.count("send_claim") == 0


async def test_what_the_provider_refused_failed_and_is_given_back(desk: Desk) -> None:
    """With the code that the refusal carries."""
    _, message = await one(desk)
    desk.plugin.sender.answer = lambda recipient: Unknown("timeout")
    await desk.deliver()
    desk.plugin.sender.finding = lambda client_ref: Rejected("no such number", -52)
    assert await desk.resolve(minutes=1) == 1
    assert (await desk.message(message))["status"] == Status.FAILED
    assert await desk.shop.value("SELECT subscription_status FROM subscription") == -52
    assert await desk.shop.ledger() == {"reserve": 1, "release": 1}


async def test_absence_counts_only_after_a_quarter_of_an_hour(desk: Desk) -> None:
    """Before that the provider may only be slow to list it; after it the message is tried again."""
    _, message = await one(desk)
    desk.plugin.sender.answer = lambda recipient: Unknown("timeout")
    await desk.deliver()
    desk.plugin.sender.finding = lambda client_ref: Absent()
    assert await desk.resolve(minutes=10) == 0
    assert await desk.count("send_claim") == 1
    assert await desk.resolve(minutes=6) == 1
    assert await desk.count("send_claim") == 0
    assert (await desk.message(message))["error_reason"] == "not_sent"
    desk.plugin.sender.answer = lambda recipient: Accepted("their-id")
    desk.shop.clock.shift += await desk.due_in("message_retry")
    await desk.shop.queue.start_retries(desk.shop.clock.now())
    assert await desk.deliver() == 1
    row = await desk.message(message)
    assert (row["status"], row["attempts"]) == (Status.SUCCESSFUL, 2)
    assert desk.plugin.sender.refs == [f"{message.hex}-1", f"{message.hex}-2"]
    assert await desk.shop.ledger() == {"reserve": 1, "settle": 1}


async def test_what_stays_unknown_for_a_day_fails_charged_and_flagged(desk: Desk) -> None:
    """Settled, not released; an alert says how many."""
    _, message = await one(desk)
    desk.plugin.sender.answer = lambda recipient: Unknown("timeout")
    await desk.deliver()
    assert await desk.resolve(hours=23) == 0
    assert await desk.resolve(hours=1, seconds=1) == 1
    row = await desk.message(message)
    assert (row["status"], row["error_reason"], row["error_details"]) == (
        Status.FAILED,
        "unknown_outcome",
        {"charged": True},
    )
    assert await desk.shop.ledger() == {"reserve": 1, "settle": 1}
    assert await desk.count("alert", "kind = 'unknown_outcome_charged'") == 1
    assert await desk.count("send_claim") == 0


async def test_a_takeover_that_finds_a_claim_marks_it_unknown(desk: Desk) -> None:
    """The worker died between its claim and its settlement; the others of its chunk go on."""
    application_id = await desk.application()
    subscriptions = await desk.subscriptions(application_id, *[f"+8210000000{n}" for n in range(10, 13)])
    messages = await desk.send(application_id, subscriptions)
    await desk.shop.queue.release(desk.shop.clock.now())
    async with desk.worker() as worker:
        (chunk,) = await worker.lease()
        envelopes = [desk.envelope(message) for message in messages[:1]]
        claimed = await desk.claim(worker.incarnation, chunk, envelopes)
        assert claimed == {messages[0]}
    await desk.take_over()
    row = await desk.message(messages[0])
    assert (row["status"], row["error_reason"], row["attempts"]) == (Status.ERRORED, "unknown_outcome", 1)
    assert await desk.count("send_claim", "unknown_at IS NOT NULL") == 1
    assert await desk.deliver() == 2
    assert desk.plugin.sender.sent.total() == 2
    assert [(await desk.message(message))["status"] for message in messages[1:]] == [Status.SUCCESSFUL] * 2


async def test_a_claim_that_is_found_when_claiming_is_unknown_too(desk: Desk) -> None:
    """Even if no takeover saw it: the claim's row decides, not a memory."""
    _, message = await one(desk)
    await desk.shop.queue.release(desk.shop.clock.now())
    async with desk.worker() as worker:
        (chunk,) = await worker.lease()
        await desk.claim(worker.incarnation, chunk, [desk.envelope(message)])
        await worker.work(chunk)
    row = await desk.message(message)
    assert (row["status"], row["error_reason"]) == (Status.ERRORED, "unknown_outcome")
    assert desk.plugin.sender.sent.total() == 0
    assert await desk.count("dispatch_chunk") == 0


async def test_nothing_is_sent_when_the_lease_was_lost_before_the_claim(desk: Desk) -> None:
    """The fence is looked at in the transaction of the claim."""
    _, message = await one(desk)
    await desk.shop.queue.release(desk.shop.clock.now())
    async with desk.worker() as worker:
        (chunk,) = await worker.lease()
        await desk.take_over()
        await worker.work(chunk)
    assert desk.plugin.sender.sent.total() == 0
    assert await desk.count("send_claim") == 0
    assert await desk.deliver() == 1
    assert (await desk.message(message))["status"] == Status.SUCCESSFUL


async def test_a_worker_that_lost_its_lease_while_sending_still_tells_what_it_knows(desk: Desk) -> None:
    """Marked unknown by the takeover, then proven sent by the worker that was only slow."""
    _, message = await one(desk)
    desk.plugin.sender.before_send = desk.take_over
    await desk.deliver()
    assert await desk.events(message) == [(ERRORED, "unknown_outcome"), (SENT, None)]
    row = await desk.message(message)
    assert row["status"] == Status.SUCCESSFUL
    assert await desk.count("send_claim") == 0
    assert desk.plugin.sender.sent.total() == 1
    assert await desk.shop.ledger() == {"reserve": 1, "settle": 1}


async def test_a_partly_settled_chunk_keeps_its_unknown_messages_apart(desk: Desk) -> None:
    """Whoever takes the chunk over neither sends nor counts them again."""
    application_id = await desk.application()
    subscriptions = await desk.subscriptions(application_id, "+821011110001", "+821011110002")
    first, second = await desk.send(application_id, subscriptions)
    await desk.shop.queue.release(desk.shop.clock.now())
    async with desk.worker() as worker:
        (chunk,) = await worker.lease()
        await desk.claim(worker.incarnation, chunk, [desk.envelope(first)])
        await desk.shop.settle_with(
            worker.store, worker.incarnation, chunk, [Unknown("timeout")], claimed=True
        )
    await desk.take_over()
    assert await desk.events(first) == [(ERRORED, "unknown_outcome")]
    assert await desk.deliver() == 1
    assert desk.plugin.sender.sent == {"+821011110002": 1}
    assert (await desk.message(second))["status"] == Status.SUCCESSFUL


async def test_an_unknown_message_cannot_be_canceled_but_an_operator_may_requeue_it(desk: Desk) -> None:
    """Requeuing is a decision to send again; the old claim ends with it, and so does any question about it."""
    application_id, message = await one(desk)
    desk.plugin.sender.answer = lambda recipient: Unknown("timeout")
    await desk.deliver()
    with pytest.raises(InDelivery):
        await desk.cancel(application_id, message)
    await desk.requeue(application_id, message)
    desk.plugin.sender.answer = lambda recipient: Accepted("second")
    desk.plugin.sender.finding = lambda client_ref: Absent()
    assert await desk.resolve(minutes=20) == 0
    assert await desk.deliver() == 1
    assert (await desk.message(message))["status"] == Status.SUCCESSFUL
    assert await desk.shop.ledger() == {"reserve": 1, "settle": 1}


async def test_answers_about_an_earlier_attempt_do_not_touch_a_later_one(desk: Desk) -> None:
    """The question was under way while an operator requeued: the claim that was asked about is gone."""
    application_id, message = await one(desk)
    desk.plugin.sender.answer = lambda recipient: Unknown("timeout")
    await desk.deliver()
    desk.shop.clock.shift += desk.minutes(20)
    asked = await desk.claims.due(desk.shop.clock.now(), 10)
    assert [send.client_ref for send in asked] == [f"{message.hex}-1"]
    await desk.requeue(application_id, message)
    await desk.deliver()
    assert await desk.count("send_claim", f"client_ref = '{message.hex}-2'") == 1
    opened: list[set[UUID]] = []

    def build(open_: object) -> list[object]:
        opened.append(set(open_))  # type: ignore[call-overload]
        return []

    assert await desk.claims.resolve(asked, build, desk.shop.clock.now()) == 0  # type: ignore[arg-type]
    assert opened == [set()]
    assert await desk.count("send_claim") == 1


async def test_push_claims_nothing(desk: Desk) -> None:
    """Its repeats replace one another; no statement is spent on claims."""
    from adapters.channels.push import plugin
    from application.dispatch.claim_sends import ClaimSends
    from application.ports.provider_directory import ProviderDirectory
    from domain.shared.channels import SubscriptionType

    claim = ClaimSends(UUID(int=1), desk.claims, ProviderDirectory([plugin]), desk.shop.clock)
    assert not claim.needed(SubscriptionType.IOS_PUSH, "apns")
    assert not claim.needed(SubscriptionType.ANDROID_PUSH, "fcm")
