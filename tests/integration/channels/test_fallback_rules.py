"""Which failures another channel makes up for, and what receipts that come late cost: nothing more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from application.messaging.accept_command import AcceptMessages, MessageRequest, Target
from domain.messaging.event import MessageEventType
from domain.messaging.fallback import Fallback, FallbackRule
from domain.messaging.lifecycle import Status
from domain.messaging.outcome import Accepted, CredentialFault, Rejected
from domain.shared.channels import Channel
from tests.integration.channels.fallback_case import KAKAO, ORDER, SMS, Case, fail, open_case


@pytest_asyncio.fixture
async def case(database_url: str) -> AsyncIterator[Case]:
    async with open_case(database_url) as opened:
        yield opened


@pytest.mark.parametrize(
    ("reason", "details", "code"),
    [
        ("3103", {"mark": "bug", "fallback": False}, -63),
        ("3101", {"mark": "credential", "fallback": False}, -65),
        ("3010", {"mark": "fail", "fallback": False}, None),
    ],
)
async def test_a_reported_fault_of_the_senders_leads_nowhere(
    case: Case, reason: str, details: dict[str, str | bool], code: int | None
) -> None:
    """Days of broken templates would be paid for as texts; the message says what was wrong."""
    root = await case.root(FallbackRule.IF_NOT_RECEIVED_WITHIN, 300)
    await case.report(root, MessageEventType.FAILED, reason=reason, message_code=code, details=details)
    assert await case.advance(seconds=301) == 1
    assert await case.children(root) == []
    kept = (await case.desk.message(root))["error_details"]
    assert isinstance(kept, dict)
    assert (kept["mark"], kept.get("code")) == (details["mark"], code)
    assert case.senders == {"kakao_talk": 1}
    assert await case.desk.count("fallback") == 0


async def test_a_refused_fault_of_the_senders_leads_nowhere(case: Case) -> None:
    """Known at once, and not charged."""
    case.desk.plugins[KAKAO].sender.answer = lambda _: Rejected("3103", message_code=-63, bug=True)
    root = await case.root()
    assert await case.advance() == 1
    assert await case.children(root) == []
    assert await case.desk.shop.ledger() == {"reserve": 1, "release": 1}


async def test_a_receipt_after_the_fallback_was_sent_charges_nothing_more(case: Case) -> None:
    """Both were sent, each is charged once; the same receipt again changes nothing, and e-mail never starts."""
    root = await case.root(FallbackRule.IF_NOT_RECEIVED_WITHIN, 300)
    assert await case.advance(seconds=301) == 1
    await case.desk.deliver()
    for _ in range(2):
        await case.report(root, MessageEventType.RECEIVED)
    await case.advance(minutes=10)
    ((type_, status, child),) = await case.children(root)
    assert (type_, status) == (SMS, Status.SUCCESSFUL)
    await case.report(child, MessageEventType.RECEIVED)
    await case.advance(hours=1)
    assert case.senders == {"kakao_talk": 1, "sms": 1}
    assert await case.desk.shop.ledger() == {"reserve": 2, "settle": 2}
    assert await case.desk.count("fallback") == 0


async def test_a_receipt_for_what_was_refused_charges_nothing(case: Case) -> None:
    """The AlimTalk was refused and released, the text sent: whatever is reported of the first stays free."""
    fail(case, KAKAO)
    root = await case.root()
    await case.advance()
    await case.desk.deliver()
    await case.report(root, MessageEventType.RECEIVED)
    await case.advance(minutes=2)
    assert case.senders == {"kakao_talk": 1, "sms": 1}
    assert await case.desk.shop.ledger() == {"reserve": 2, "release": 1, "settle": 1}


async def test_a_refused_credential_holds_the_message_back(case: Case) -> None:
    """The channel is paused: no text instead, however late. With a sound credential it is the AlimTalk's turn, with all of
    its time: the hour of the pause is not counted, and only what is not received after that leads to a text."""
    case.desk.plugins[KAKAO].sender.answer = lambda _: CredentialFault("balance", 1)
    root = await case.root(FallbackRule.IF_NOT_RECEIVED_WITHIN, 300)
    for _ in range(4):
        assert await case.advance(minutes=15) == 0
    assert await case.children(root) == []
    case.desk.plugins[KAKAO].sender.answer = lambda _: Accepted("taken")
    before = case.senders["kakao_talk"]
    await case.desk.shop.connection.execute("DELETE FROM channel_pause")
    assert await case.advance(seconds=61) == 0
    await case.desk.deliver()
    assert case.senders == {"kakao_talk": before + 1}
    assert await case.advance(seconds=240) == 0
    assert await case.advance(seconds=61) == 1
    assert [type_ for type_, _, _ in await case.children(root)] == [SMS]


async def test_advertising_does_not_fall_back_at_night(case: Case) -> None:
    """It waits until 08:00 in Seoul."""
    fail(case, KAKAO)
    desk = case.desk
    now = desk.shop.clock.now()
    evening = now.replace(hour=12, minute=30, second=0, microsecond=0)  # 21:30 in Seoul
    desk.shop.clock.shift += evening - now + timedelta(days=1)
    content = {channel: {"text": channel.wire, "advertising": channel is Channel.SMS} for channel in ORDER}
    request = MessageRequest([Target(0, None, "kim")], content, fallback=Fallback(ORDER))
    await desk.accept(AcceptMessages(case.application_id, [request], single=True))
    await desk.deliver()
    assert await case.advance() == 0
    assert await case.advance(hours=10) == 0
    assert await case.advance(minutes=31) == 1
    await desk.deliver()
    assert case.senders == {"kakao_talk": 1, "sms": 1}
