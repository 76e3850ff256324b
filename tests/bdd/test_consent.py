"""Steps of features/consent: double opt-in and the preference page, on the real stores with played providers."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, TypeVar

import attrs
import httpx
import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from application.messaging.accept_command import AcceptResult
from domain.audience.subscription import Subscription
from domain.audience.subscription_event import ChangeSource
from domain.shared.channels import SubscriptionType
from tests.integration.consent.counter import EMAIL, SMS, Counter, open_counter

scenarios("../../features/consent")

NAMES = {"이메일": EMAIL, "문자": SMS}
TOPICS = [{"key": "events", "ko": "이벤트", "en": "Events"}, {"key": "orders", "ko": "주문", "en": "Orders"}]
KEYS = {topic["ko"]: topic["key"] for topic in TOPICS}
ADDRESSES = {EMAIL: "minsu@example.com", SMS: "+821012345678"}
Result = TypeVar("Result")


@attrs.define
class Minsu:
    """A customer with what he registered."""

    runner: asyncio.Runner
    counter: Counter
    has: dict[SubscriptionType, Subscription] = attrs.field(factory=dict)
    answer: AcceptResult | None = None
    """What the shop was told when it sent last."""

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    def open(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            async with self.counter.web() as web:
                return await web.request(method, path, **more)

        return self.run(call())

    def register(self, type: SubscriptionType, **more: Any) -> None:
        self.has[type] = self.run(self.counter.register(type, ADDRESSES[type], **more))


@pytest.fixture
def minsu(database_url: str) -> Iterator[Minsu]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        opened = open_counter(database_url, double_opt_in={"email": True, "sms": True}, topics=TOPICS)
        counter = runner.run(stack.enter_async_context(opened))
        try:
            yield Minsu(runner, counter)
        finally:
            runner.run(stack.aclose())


@given("이메일과 문자를 두 번 확인하는 쇼핑몰이 있다")
def shop(minsu: Minsu) -> None:
    assert minsu.counter.application_id


@given("민수는 이메일과 문자를 받고 있다")
def receives(minsu: Minsu) -> None:
    for type_ in ADDRESSES:
        minsu.register(type_, source=ChangeSource.API, double_opt_in=False, external_id="minsu")


@when(parsers.parse('민수가 앱에 "{name}"를 등록한다'))
@when(parsers.parse('민수가 앱에 "{name}"을 등록한다'))
def registers(minsu: Minsu, name: str) -> None:
    minsu.register(NAMES[name])
    minsu.run(minsu.counter.ask())


@when(parsers.parse('쇼핑몰이 민수의 "{name}"로 광고를 보낸다'))
def advertises(minsu: Minsu, name: str) -> None:
    desk = minsu.counter.desk
    minsu.run(desk.send(minsu.counter.application_id, [minsu.has[NAMES[name]].id]))
    minsu.run(desk.deliver())


@when(parsers.parse('민수가 "{name}"로 받은 인증번호를 입력한다'))
def enters(minsu: Minsu, name: str) -> None:
    type_ = NAMES[name]
    minsu.run(minsu.counter.confirm(minsu.has[type_], minsu.counter.code(type_)))


@when("메일 검사기가 링크를 연다")
def scanned(minsu: Minsu) -> None:
    assert minsu.open("GET", minsu.counter.link()).status_code == 200


@when("민수가 링크의 확인 버튼을 누른다")
def presses(minsu: Minsu) -> None:
    answer = minsu.open("POST", minsu.counter.link(), data={"confirm": "yes"})
    assert answer.status_code == 200


@when(parsers.parse("{hours:d}시간이 지난다"))
def hours_pass(minsu: Minsu, hours: int) -> None:
    minsu.counter.desk.shop.clock.shift += timedelta(hours=hours)
    minsu.run(minsu.counter.ask())


@when("민수가 수신 설정을 연다")
def opens(minsu: Minsu) -> None:
    path = minsu.run(minsu.counter.preference_path(minsu.has[SMS]))
    assert minsu.open("GET", path).status_code == 200


@when(parsers.parse('민수가 "{name}"만 남기고 저장한다'))
def keeps(minsu: Minsu, name: str) -> None:
    path = minsu.run(minsu.counter.preference_path(minsu.has[SMS]))
    form = {"save": "yes", "channel": [str(minsu.has[NAMES[name]].id)]}
    assert minsu.open("POST", path, data=form).status_code == 200


@when(parsers.parse('민수가 "{topic}" 주제만 남기고 저장한다'))
def keeps_topic(minsu: Minsu, topic: str) -> None:
    path = minsu.run(minsu.counter.preference_path(minsu.has[SMS]))
    channels = [str(one.id) for one in minsu.has.values()]
    form = {"save": "yes", "channel": channels, "topic": [KEYS[topic]]}
    assert minsu.open("POST", path, data=form).status_code == 200


@when(parsers.parse('쇼핑몰이 민수에게 "{topic}" 문자를 보낸다'))
def sends_about(minsu: Minsu, topic: str) -> None:
    desk, app = minsu.counter.desk, minsu.counter.application_id
    minsu.answer = minsu.run(desk.accept_all(app, [minsu.has[SMS].id], topic=KEYS[topic]))
    minsu.run(desk.deliver())


@then(parsers.parse('"{code}" 이유로 거절된다'))
def refused(minsu: Minsu, code: str) -> None:
    assert minsu.answer is not None
    assert [error.code for error in minsu.answer.errors] == [code]
    assert not minsu.answer.message_ids


@when("민수가 앱에서 이메일을 지웠다가 다시 등록한다")
def registers_again(minsu: Minsu) -> None:
    minsu.run(minsu.counter.archive(minsu.has[EMAIL]))
    minsu.register(EMAIL)
    minsu.run(minsu.counter.ask())


@then(parsers.parse('민수의 "{name}" 상태는 {code:d}이다'))
def stands(minsu: Minsu, name: str, code: int) -> None:
    assert minsu.run(minsu.counter.status(minsu.has[NAMES[name]])) == code


@then(parsers.parse('"{name}"로 {count:d}건이 나갔다'))
def went_out(minsu: Minsu, name: str, count: int) -> None:
    assert len(minsu.counter.received(NAMES[name])) == count
