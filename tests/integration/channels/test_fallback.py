"""Fallback between channels on the real stores: AlimTalk, then SMS, then e-mail; charged by what was sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from application.messaging.accept_command import AcceptMessages, MessageRequest, Target
from domain.messaging.event import MessageEventType
from domain.messaging.fallback import Fallback, FallbackRule
from domain.messaging.lifecycle import Status
from domain.messaging.outcome import Unknown
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from tests.integration.channels.fallback_case import CONTENT, EMAIL, KAKAO, ORDER, SMS, Case, fail, open_case


@pytest_asyncio.fixture
async def case(database_url: str) -> AsyncIterator[Case]:
    async with open_case(database_url) as opened:
        yield opened


async def test_what_is_sent_over_the_first_channel_needs_no_other(case: Case) -> None:
    """One message, one reservation; received ends it."""
    root = await case.root()
    assert await case.advance() == 0
    await case.report(root, MessageEventType.RECEIVED)
    assert await case.advance(minutes=2) == 1
    assert await case.children(root) == []
    assert case.senders == {"kakao_talk": 1}
    assert await case.desk.count("fallback") == 0
    assert await case.desk.shop.ledger() == {"reserve": 1, "settle": 1}


async def test_a_failure_leads_to_the_next_channel_and_so_on(case: Case) -> None:
    """A child for each, charged where the provider took it and released where it did not."""
    fail(case, KAKAO)
    fail(case, SMS, "no route")
    root = await case.root()
    assert await case.advance() == 1
    await case.desk.deliver()
    assert await case.advance() == 1
    await case.desk.deliver()
    kinds = [(type_, status) for type_, status, _ in await case.children(root)]
    assert kinds == [(SMS, Status.FAILED), (EMAIL, Status.SUCCESSFUL)]
    assert case.senders == {"kakao_talk": 1, "sms": 1, "email": 1}
    assert await case.desk.shop.ledger() == {"reserve": 3, "release": 2, "settle": 1}
    reservations = await case.desk.count("reservation")
    assert reservations == 3


async def test_a_failure_that_is_reported_later_leads_on_too(case: Case) -> None:
    """The first send stays charged where sending is what is billed."""
    root = await case.root()
    await case.report(root, MessageEventType.FAILED, reason="3104", subscription_code=-60)
    assert await case.advance() == 1
    await case.desk.deliver()
    assert [(type_, status) for type_, status, _ in await case.children(root)] == [(SMS, Status.SUCCESSFUL)]
    assert await case.desk.shop.ledger() == {"reserve": 2, "settle": 2}


async def test_channels_that_the_person_does_not_have_are_passed_over(case: Case) -> None:
    """At the start, and on the way."""
    await case.desk.shop.connection.execute("DELETE FROM subscription WHERE type = ANY($1)", [int(KAKAO)])
    result = await case.send()
    (root,) = result.message_ids
    assert (await case.desk.message(root))["type"] == SMS
    fail(case, SMS)
    await case.desk.deliver()
    await case.desk.shop.connection.execute(
        "UPDATE subscription SET subscription_status = -42 WHERE type = 3"
    )
    assert await case.advance() == 1
    assert await case.children(root) == []
    assert await case.desk.count("fallback") == 0


async def test_without_a_receipt_in_time_the_next_channel_starts(case: Case) -> None:
    """Not a moment before."""
    root = await case.root(FallbackRule.IF_NOT_RECEIVED_WITHIN, 300)
    assert await case.advance(seconds=290) == 0
    assert await case.advance(seconds=12) == 1
    await case.desk.deliver()
    assert case.senders == {"kakao_talk": 1, "sms": 1}
    assert [type_ for type_, _, _ in await case.children(root)] == [SMS]


async def test_a_receipt_in_time_keeps_the_next_channel_from_starting(case: Case) -> None:
    """However late it is looked at."""
    root = await case.root(FallbackRule.IF_NOT_RECEIVED_WITHIN, 300)
    await case.report(root, MessageEventType.RECEIVED)
    assert await case.advance(hours=1) == 1
    assert await case.children(root) == []


async def test_a_late_receipt_takes_back_a_child_that_waits(case: Case) -> None:
    """The SMS was accepted and not yet sent when the AlimTalk turned out to have arrived."""
    root = await case.root(FallbackRule.IF_NOT_RECEIVED_WITHIN, 300)
    assert await case.advance(seconds=301) == 1
    await case.report(root, MessageEventType.RECEIVED)
    assert await case.advance() == 1
    ((_, status, _),) = await case.children(root)
    assert status == Status.CANCELED
    await case.desk.deliver()
    assert case.senders == {"kakao_talk": 1}
    assert await case.desk.shop.ledger() == {"reserve": 2, "settle": 1, "release": 1}


async def test_a_worker_looks_itself_before_it_sends_a_child(case: Case) -> None:
    """The receipt came between two looks of the reconciler; even one for a message that had failed counts."""
    fail(case, KAKAO)
    root = await case.root()
    assert await case.advance() == 1
    await case.report(root, MessageEventType.RECEIVED)
    assert (await case.desk.message(root))["status"] == Status.FAILED
    await case.desk.deliver()
    ((_, status, child),) = await case.children(root)
    assert (status, (await case.desk.message(child))["error_reason"]) == (Status.FAILED, "already_received")
    assert case.senders == {"kakao_talk": 1}
    await case.advance(minutes=2)
    assert await case.desk.count("fallback") == 0


async def test_a_message_that_still_waits_is_replaced_in_time(case: Case) -> None:
    """Nothing was sent on the first channel: it is canceled, released, and the next one starts."""
    result = await case.send(FallbackRule.IF_NOT_RECEIVED_WITHIN, 300)
    (root,) = result.message_ids
    assert await case.advance(seconds=301) == 1
    assert (await case.desk.message(root))["status"] == Status.CANCELED
    await case.desk.deliver()
    assert case.senders == {"sms": 1}
    assert await case.desk.shop.ledger() == {"reserve": 2, "settle": 1, "release": 1}


async def test_an_unknown_outcome_starts_nothing(case: Case) -> None:
    """It may have been sent: neither by failure nor by time does anything follow while nobody knows."""
    case.desk.plugins[KAKAO].sender.answer = lambda recipient: Unknown("timeout")
    root = await case.root(FallbackRule.IF_NOT_RECEIVED_WITHIN, 300)
    for _ in range(3):
        assert await case.advance(minutes=10) == 0
    assert await case.children(root) == []
    assert await case.desk.resolve(hours=24) == 1
    assert (await case.desk.message(root))["error_reason"] == "unknown_outcome"
    assert await case.advance(minutes=2) == 1
    assert await case.children(root) == []
    assert case.senders == {"kakao_talk": 1}


async def test_a_step_that_was_cut_off_is_not_taken_twice(case: Case) -> None:
    """The child was accepted, then the process died: the next look finds the same child."""
    fail(case, KAKAO)
    root = await case.root()
    case.desk.shop.clock.shift += timedelta(seconds=5)
    before = await case.desk.shop.connection.fetchrow("SELECT * FROM fallback")
    assert before is not None
    assert await case.look() == 1
    await case.desk.shop.connection.execute(
        "UPDATE fallback SET current_id = $2, family = $3, channels = $4, contents = $5, due_at = now()"
        " WHERE root_id = $1",
        *(before[name] for name in ("root_id", "current_id", "family", "channels", "contents")),
    )
    assert await case.look() == 1
    assert len(await case.children(root)) == 1
    await case.desk.deliver()
    assert case.senders == {"kakao_talk": 1, "sms": 1}
    assert await case.desk.shop.ledger() == {"reserve": 2, "release": 1, "settle": 1}


async def test_without_room_in_the_quota_a_child_waits(case: Case) -> None:
    """It is tried again each minute until the message expires."""
    desk = case.desk
    await desk.shop.connection.execute(
        "INSERT INTO quota (application_id, daily_quota, updated_at) VALUES ($1, 1, now())",
        case.application_id,
    )
    root = await case.root()
    await case.report(root, MessageEventType.FAILED, reason="3104")
    assert await case.advance() == 0
    assert await case.children(root) == []
    await desk.shop.connection.execute("UPDATE quota SET daily_quota = 2")
    assert await case.advance(seconds=30) == 0
    assert await case.advance(seconds=31) == 1
    assert len(await case.children(root)) == 1


async def test_a_canceled_root_ends_it(case: Case) -> None:
    """Nothing follows what was not wanted."""
    result = await case.send()
    await case.desk.cancel(case.application_id, result.message_ids[0])
    assert await case.advance() == 1
    assert await case.desk.count("fallback") == 0


async def test_the_contents_of_later_channels_are_stored_once(case: Case) -> None:
    """The child says what the call said, and expires with it."""
    fail(case, KAKAO)
    root = await case.root()
    await case.advance()
    ((_, _, child),) = await case.children(root)
    assert await case.desk.count("content") == 3
    body = await case.desk.shop.value(
        "SELECT body FROM content WHERE id = (SELECT content_id FROM message WHERE id = $1)", child
    )
    assert body == {"text": "sms"}
    one = (await case.desk.message(root))["expires_at"]
    other = (await case.desk.message(child))["expires_at"]
    assert abs((one - other).total_seconds()) <= 1  # type: ignore[operator]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (
            MessageRequest([Target(0, None, "kim")], CONTENT, fallback=Fallback(ORDER[:1])),
            "fallback.channels",
        ),
        (
            MessageRequest(
                [Target(0, None, "kim")], {Channel.SMS: {"text": "x"}}, fallback=Fallback(ORDER[:2])
            ),
            "content.kakao_talk",
        ),
        (
            MessageRequest(
                [Target(0, None, "kim")],
                CONTENT,
                fallback=Fallback(ORDER[::-1], FallbackRule.IF_NOT_RECEIVED_WITHIN, 60),
            ),
            "fallback.rule",
        ),
        (
            MessageRequest([Target(0, None, "kim", (Channel.SMS,))], CONTENT, fallback=Fallback(ORDER)),
            "channels",
        ),
    ],
)
async def test_a_fallback_that_cannot_work_is_refused(
    case: Case, request_: MessageRequest, field: str
) -> None:
    """Nothing is stored."""
    with pytest.raises(InvalidInput) as refused:
        await case.desk.accept(AcceptMessages(case.application_id, [request_], single=True))
    assert refused.value.field == field
    assert await case.desk.count("message") == 0


async def test_a_subscription_of_a_channel_outside_the_fallback_is_refused(case: Case) -> None:
    """Where should it begin?"""
    (push,) = await case.desk.shop.subscriptions(case.application_id, 1, user=case.user_id)
    sms = await case.desk.shop.value("SELECT id FROM subscription WHERE type = 4")
    assert isinstance(sms, UUID)
    content = {**CONTENT, Channel.EMAIL: {"text": "x"}}
    request = MessageRequest([Target(0, push), Target(1, sms)], content, fallback=Fallback(ORDER))
    result = await case.desk.accept(AcceptMessages(case.application_id, [request]))
    assert [(error.index, error.code) for error in result.errors] == [(0, "no_content_for_channel")]
    assert await case.desk.count("fallback", "channels = '{2}'") == 1
