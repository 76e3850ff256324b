"""Steps of features/email and features/texts: the way out of a mail on the simulator's SMTP server, and the length of texts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from typing import Any, TypeVar
from uuid import UUID

import attrs
import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from adapters.channels.sms import plugin as sms
from domain.messaging.sms_text import KoreanText, Segments, composed, korean_text, segments
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from tests.bdd.push_providers import PushProviders
from tests.integration.email.post_office import CONTENT, PostOffice, open_post_office, opened, taken

scenarios("../../features/email", "../../features/texts")

MINSU = "minsu@example.com"
Result = TypeVar("Result")


@attrs.define
class Shop:
    """A shop that sends mail, and its customer Minsu."""

    runner: asyncio.Runner
    office: PostOffice
    subscription: UUID

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    def send(self) -> None:
        content = {Channel.EMAIL: CONTENT}
        office = self.office
        self.run(office.accept_all(office.application_id, [self.subscription], content=content))
        self.run(office.deliver())

    def link(self) -> str:
        """Of the mail that came."""
        assert self.office.sim is not None
        (mail,) = taken(self.office.sim, MINSU)
        found = re.search(r"<(https://[^>]+/u/[^>]+)>", str(opened(mail)["list-unsubscribe"]))
        assert found is not None
        return found[1]


@pytest.fixture
def shop(database_url: str, push_providers: PushProviders) -> Iterator[Shop]:
    sim = push_providers.simulator
    sim.reset()
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        office = runner.run(stack.enter_async_context(open_post_office(database_url, sim)))
        try:
            (subscription,) = runner.run(office.people(MINSU))
            yield Shop(runner, office, subscription)
        finally:
            runner.run(stack.aclose())


@given("메일을 보내는 쇼핑몰과 고객 민수가 있다")
def mailing_shop(shop: Shop) -> None:
    assert shop.run(shop.office.status(shop.subscription)) == 1


@given("민수의 메일함이 없어졌다")
def gone(shop: Shop) -> None:
    assert shop.office.sim is not None
    shop.office.sim.play(mail={"rules": [{"recipient": MINSU, "outcome": "550 5.1.1 No such user"}]})


@when("쇼핑몰이 민수에게 메일을 보낸다")
@when("쇼핑몰이 민수에게 메일을 다시 보낸다")
def mails(shop: Shop) -> None:
    shop.send()


@when("민수의 메일 프로그램이 원클릭으로 수신을 거부한다")
def one_click(shop: Shop) -> None:
    async def post() -> int:
        async with shop.office.web() as web:
            return (await web.post(shop.link(), data={"List-Unsubscribe": "One-Click"})).status_code

    assert shop.run(post()) == 200


@when("메일 검사기가 수신 거부 링크를 열어 본다")
def scanned(shop: Shop) -> None:
    async def get() -> int:
        async with shop.office.web() as web:
            return (await web.get(shop.link())).status_code

    assert shop.run(get()) == 200


@then(parsers.re(r"민수의 메일 구독 코드는 (?P<code>-?\d+)이다"))
def has_code(shop: Shop, code: str) -> None:
    assert shop.run(shop.office.status(shop.subscription)) == int(code)


@then(parsers.parse('민수의 주소는 "{reason}" 사유로 수신 거부 목록에 있다'))
def suppressed_for(shop: Shop, reason: str) -> None:
    assert shop.run(shop.office.suppressed()) == [reason]


@then("수신 거부 목록은 비어 있다")
def nobody_suppressed(shop: Shop) -> None:
    assert shop.run(shop.office.suppressed()) == []


@then(parsers.re(r"민수에게 나간 메일은 (?P<count>\d+)통이다"))
def went_out(shop: Shop, count: str) -> None:
    assert shop.office.sim is not None
    assert len(taken(shop.office.sim, MINSU)) == int(count)


# Texts


@attrs.frozen
class Looked:
    """A text that was looked at before it is sent."""

    korean: KoreanText
    abroad: Segments
    problem: InvalidInput | None


def look(text: str) -> Looked:
    problem = None
    try:
        sms.check_content({"text": text}, field="content")
    except InvalidInput as error:
        problem = error
    return Looked(korean_text(composed(text)), segments(composed(text)), problem)


@when(parsers.re(r"한글 (?P<count>\d+)자인 문자를 미리 본다"), target_fixture="looked")
def look_at_length(count: str) -> Looked:
    return look("가" * int(count))


@when(parsers.re(r'"(?P<text>[^"]+)"라는 문자를 미리 본다'), target_fixture="looked")
def look_at_text(text: str) -> Looked:
    return look(text)


@then(parsers.re(r'종류는 "(?P<kind>\w+)", 크기는 (?P<count>\d+)바이트이다'))
def kind_and_size(looked: Looked, kind: str, count: str) -> None:
    assert (looked.korean.kind.value, looked.korean.bytes, looked.problem) == (kind, int(count), None)


@then(parsers.re(r'"(?P<character>.+)" 때문에 보낼 수 없다'))
def cannot_be_said(looked: Looked, character: str) -> None:
    assert looked.problem is not None
    assert character in looked.korean.unmappable


@then(parsers.re(r"해외에서는 (?P<count>\d+)조각이다"))
def segments_abroad(looked: Looked, count: str) -> None:
    assert looked.abroad.count == int(count)
