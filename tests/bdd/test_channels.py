"""Steps of features/channels: fallback, unknown outcomes, suppression; on the real stores with played providers."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import attrs
import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from application.messaging.accept_command import AcceptMessages, AcceptResult, MessageRequest, Target
from domain.messaging.event import MessageEventType
from domain.messaging.fallback import Fallback, FallbackRule
from domain.messaging.lifecycle import Status
from domain.messaging.outcome import Absent, Accepted, Finding, Rejected, Unknown
from domain.messaging.report import AddressReport, MessageReport
from domain.shared.channels import SubscriptionType
from tests.integration.channels.desk import Desk, open_desk
from tests.integration.channels.played import PlayedPlugin

scenarios("../../features/channels")

KAKAO, SMS, EMAIL = SubscriptionType.KAKAO_TALK, SubscriptionType.SMS, SubscriptionType.EMAIL
NAMES = {"알림톡": KAKAO, "문자": SMS, "이메일": EMAIL}
PHONE = "+821012345678"
Result = TypeVar("Result")


@attrs.define
class Shop:
    """A shop and its customer Minsu."""

    runner: asyncio.Runner
    desk: Desk
    application_id: UUID
    user_id: UUID
    answer: AcceptResult | None = None
    worker_dies: bool = False

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    @property
    def message(self) -> UUID:
        assert self.answer is not None
        return self.answer.message_ids[0]

    def read(self, message: UUID | None = None) -> dict[str, Any]:
        return dict(self.run(self.desk.message(message or self.message)))

    def pass_time(self, **by: float) -> None:
        self.desk.shop.clock.shift += timedelta(**by)

    def look(self) -> None:
        """One look at the fallbacks."""
        self.run(self.desk.advance_fallbacks())

    def say(self, report: MessageReport | AddressReport, provider: str) -> None:
        self.run(self.desk.reports(self.application_id, provider, [report]))


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    plugins = [PlayedPlugin(type_) for type_ in NAMES.values()]
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        desk = runner.run(stack.enter_async_context(open_desk(database_url, *plugins)))
        try:
            application_id = runner.run(desk.application())
            user_id = runner.run(desk.shop.user(application_id, "minsu"))
            yield Shop(runner, desk, application_id, user_id)
        finally:
            runner.run(stack.aclose())


def subscribe(shop: Shop, type_: SubscriptionType, address: str) -> None:
    shop.run(shop.desk.subscriptions(shop.application_id, address, type_=type_, user=shop.user_id))


# Fallback


@given("알림톡, 문자, 이메일을 쓰는 쇼핑몰과 고객 민수가 있다")
def customer_of_three(shop: Shop) -> None:
    for type_, address in ((KAKAO, PHONE), (SMS, PHONE), (EMAIL, "minsu@example.com")):
        subscribe(shop, type_, address)


@given(parsers.parse('카카오가 민수의 번호를 "{reason}"로 거절한다'))
def kakao_refuses(shop: Shop, reason: str) -> None:
    shop.desk.plugins[KAKAO].sender.answer = lambda recipient: Rejected(reason, -60)


@given(parsers.parse('카카오가 "{reason}"로 거절하고, 이는 보내는 쪽의 잘못이다'))
def kakao_refuses_the_sender(shop: Shop, reason: str) -> None:
    fault = Rejected(reason, message_code=-63, bug=True)
    shop.desk.plugins[KAKAO].sender.answer = lambda recipient: fault


def send_in_order(shop: Shop, names: str, rule: FallbackRule, within: int | None = None) -> None:
    channels = [NAMES[name.strip()].channel for name in names.split(",")]
    content = {channel: {"text": "주문 1042가 출발했습니다"} for channel in channels}
    request = MessageRequest([Target(0, None, "minsu")], content, fallback=Fallback(channels, rule, within))
    command = AcceptMessages(shop.application_id, [request], single=True)
    shop.answer = shop.run(shop.desk.accept(command))
    shop.run(shop.desk.deliver())


@when(parsers.re(r'쇼핑몰이 민수에게 "(?P<names>[^"]+)" 순서로 보낸다'))
def sends_in_order(shop: Shop, names: str) -> None:
    send_in_order(shop, names, FallbackRule.ON_FAILURE)
    shop.pass_time(seconds=2)
    shop.look()
    shop.run(shop.desk.deliver())


@when(
    parsers.re(
        r'쇼핑몰이 민수에게 "(?P<names>[^"]+)" 순서로, (?P<seconds>\d+)초 안에 수신되지 않으면 다음으로 보낸다'
    )
)
def sends_within(shop: Shop, names: str, seconds: str) -> None:
    send_in_order(shop, names, FallbackRule.IF_NOT_RECEIVED_WITHIN, int(seconds))


@when(parsers.re(r"(?P<seconds>\d+)초가 지난다"))
def seconds_pass(shop: Shop, seconds: str) -> None:
    shop.pass_time(seconds=int(seconds))
    shop.look()
    shop.run(shop.desk.deliver())


@when(parsers.re(r"(?P<seconds>\d+)초가 지났지만 문자는 아직 대기 중이다"))
def seconds_pass_undelivered(shop: Shop, seconds: str) -> None:
    shop.pass_time(seconds=int(seconds))
    shop.look()


@when("알림톡이 수신되었다고 보고된다")
def kakao_received(shop: Shop) -> None:
    now = shop.desk.shop.clock.now()
    shop.say(MessageReport(shop.message, MessageEventType.RECEIVED, now), "played_kakao_talk")
    shop.pass_time(seconds=5)
    shop.look()
    shop.run(shop.desk.deliver())


@then(parsers.re(r'민수에게 나간 것은 "(?P<names>[^"]+)"이다'))
def went_out(shop: Shop, names: str) -> None:
    sent = [name for name, type_ in NAMES.items() if shop.desk.plugins[type_].sender.sent.total()]
    assert sent == [name.strip() for name in names.split(",")]
    assert all(shop.desk.plugins[NAMES[name]].sender.sent.total() == 1 for name in sent)


@then(parsers.re(r"과금된 건수는 (?P<count>\d+)건이다"))
@then(parsers.re(r"(?P<count>\d+) messages? (?:is|are) charged"))
def charged(shop: Shop, count: str) -> None:
    assert shop.run(shop.desk.shop.ledger()).get("settle", 0) == int(count)


# Unknown outcomes


@given("a shop with an SMS gateway, and Minsu's number")
def minsus_number(shop: Shop) -> None:
    subscribe(shop, SMS, PHONE)


@given("the gateway does not answer the first request")
def silent_once(shop: Shop) -> None:
    sender = shop.desk.plugins[SMS].sender
    outcomes = iter([Unknown("timeout")])
    sender.answer = lambda recipient: next(outcomes, Accepted("their-id"))


@given("the worker dies right before its request")
def dying(shop: Shop) -> None:
    shop.worker_dies = True


def text(shop: Shop) -> None:
    request = MessageRequest([Target(0, None, "minsu")], {SMS.channel: {"text": "인증번호 482913"}})
    shop.answer = shop.run(shop.desk.accept(AcceptMessages(shop.application_id, [request], single=True)))


@when("the shop texts Minsu")
def texts(shop: Shop) -> None:
    text(shop)
    if shop.worker_dies:
        shop.run(claimed_and_dead(shop.desk, shop.message))
    shop.run(shop.desk.deliver())


async def claimed_and_dead(desk: Desk, message: UUID) -> None:
    """A worker claims, and is gone."""
    await desk.shop.queue.release(desk.shop.clock.now())
    async with desk.worker() as worker:
        (chunk,) = await worker.lease()
        await desk.claim(worker.incarnation, chunk, [desk.envelope(message)])
    await desk.take_over()


def resolve(shop: Shop, finding: Finding, **later: float) -> None:
    shop.desk.plugins[SMS].sender.finding = lambda client_ref: finding
    shop.run(shop.desk.resolve(**later))


@when("the gateway says that it was sent")
def found(shop: Shop) -> None:
    resolve(shop, Accepted("their-id"), minutes=1)


@when(parsers.parse("the gateway says after {minutes:d} minutes that it knows nothing of it"))
def absent(shop: Shop, minutes: int) -> None:
    resolve(shop, Absent(), minutes=minutes)


@when(parsers.parse("{hours:d} hours pass"))
def hours_pass(shop: Shop, hours: int) -> None:
    resolve(shop, Unknown("cannot_tell"), hours=hours)


@when("the wait before the next attempt is over")
def waited(shop: Shop) -> None:
    wait = shop.run(shop.desk.due_in("message_retry"))
    shop.pass_time(seconds=wait.total_seconds())
    shop.run(shop.desk.shop.queue.start_retries(shop.desk.shop.clock.now()))
    shop.run(shop.desk.deliver())


@then("the text is of unknown outcome")
def is_unknown(shop: Shop) -> None:
    row = shop.read()
    assert (row["status"], row["error_reason"]) == (Status.ERRORED, "unknown_outcome")


@then("the text is sent")
def is_sent(shop: Shop) -> None:
    assert shop.read()["status"] == Status.SUCCESSFUL


@then("the text has failed because its outcome is unknown")
def failed_unknown(shop: Shop) -> None:
    row = shop.read()
    assert (row["status"], row["error_reason"]) == (Status.FAILED, "unknown_outcome")


@then(parsers.re(r"the gateway got (?P<count>\d+) requests? to send"))
def requests_to_send(shop: Shop, count: str) -> None:
    assert shop.desk.plugins[SMS].sender.sent.total() == int(count)


@then(parsers.parse("the shop is told of {count:d} message that was charged without proof"))
def told(shop: Shop, count: int) -> None:
    assert shop.run(shop.desk.count("alert", f"(detail ->> 'messages')::int = {count}")) == 1


# Suppression


@given("a text to Minsu waits in the queue")
def queued(shop: Shop) -> None:
    text(shop)


@given("Minsu answered STOP an hour ago")
def stopped_before(shop: Shop) -> None:
    says(shop, "STOP", hours=1)


@when(parsers.re(r"Minsu answers (?P<word>STOP|START)"))
def answers(shop: Shop, word: str) -> None:
    says(shop, word)


@when("the gateway reports the old STOP once more")
def old_stop(shop: Shop) -> None:
    says(shop, "STOP", hours=1)


def says(shop: Shop, word: str, **ago: float) -> None:
    at = shop.desk.shop.clock.now() - timedelta(**ago)
    codes = {"code": -54} if word == "STOP" else {"clears": frozenset({-54})}
    shop.say(AddressReport(SMS, PHONE, at, word, **codes), "played_sms")  # type: ignore[arg-type]


@when("the app registers the number anew")
def anew(shop: Shop) -> None:
    shop.run(shop.desk.shop.connection.execute("UPDATE subscription SET subscription_status = 1"))


@when("the queue moves on")
def moves_on(shop: Shop) -> None:
    # It is the address that is suppressed, whatever its subscription's status is.
    anew(shop)
    shop.run(shop.desk.deliver())


@then("the text is refused because the number is suppressed")
def refused(shop: Shop) -> None:
    assert shop.answer is not None
    assert [error.code for error in shop.answer.errors] == ["suppressed"]


@then("the waiting text has failed because the number is suppressed")
def failed_suppressed(shop: Shop) -> None:
    row = shop.read()
    assert (row["status"], row["error_reason"]) == (Status.FAILED, "suppressed")
