"""Steps of features/audience/identity.feature, in Korean as the specification's section 3.5.1."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from application.applications.commands import UpdateApplicationCommand
from application.audience.commands import (
    ListSubscriptionEventsCommand,
    ListSubscriptionsCommand,
    ListUsersCommand,
)
from application.audience.views import SubscriptionView
from domain.audience.subscription_event import SubscriptionEventType
from domain.shared.channels import SubscriptionType
from tests.bdd.messages import order, send, wait_for_status
from tests.bdd.people import log_in, log_out, look_up, new_phone, open_shop, register, tag
from tests.bdd.sdk_hands import SdkHands
from tests.bdd.world import Phone, World
from tests.e2e.sdk.phones import PhoneProcess, phone_process

scenarios("../../features/audience/identity.feature")

PHONE = r"(?P<phone>\S+의 (?:아이폰|아이패드|안드로이드폰))"
NAME = r'"(?P<name>[^"]+)"'
SCOPES = {"전체": "all", "푸시": "push"}
HISTORY = {
    SubscriptionEventType.CREATED: "등록",
    SubscriptionEventType.SUBSCRIBED: "구독",
    SubscriptionEventType.LINKED: "연결",
    SubscriptionEventType.UNLINKED: "해제",
}


@pytest.fixture(scope="module")
def phones() -> Iterator[PhoneProcess]:
    """Phones that run the SDK itself."""
    with phone_process() as process:
        yield process


@pytest.fixture(params=["use cases", "sdk"], autouse=True)
def by(request: pytest.FixtureRequest) -> str:
    """The same scenarios twice: the SDK's calls as use cases, and made by the SDK over HTTP."""
    return str(request.param)


@pytest.fixture
def world(world: World, by: str, request: pytest.FixtureRequest) -> Iterator[World]:
    """The world of this scenario, with or without real phones in it."""
    if by == "use cases":
        yield world
        return
    world.hands = SdkHands(world, request.getfixturevalue("phones"))
    world.hands.start()
    yield world
    world.hands.stop()


@given("아이폰과 안드로이드폰에 푸시를 보내는 쇼핑몰이 있다")
def a_shop(world: World) -> None:
    open_shop(world, "쇼핑몰")


@given(parsers.parse('쇼핑몰의 로그아웃 범위는 "{scope}"다'))
def logout_scope(world: World, scope: str) -> None:
    command = UpdateApplicationCommand(application_id=world.shop.id, settings={"logout_scope": SCOPES[scope]})
    world.run(world.use_cases.update_application()(command))


@given(parsers.re(rf"{PHONE}에서 앱을 처음 실행했다"))
@when(parsers.re(rf"{PHONE}에서 앱을 처음 실행하면"))
def first_start(world: World, phone: str) -> Phone:
    made = new_phone(world, phone)
    register(world, made)
    return made


@given(parsers.re(rf"{PHONE}에서 {NAME}(?:으)?로 로그인했다"))
@when(parsers.re(rf"{PHONE}에서 {NAME}(?:으)?로 로그인하면"))
def logs_in(world: World, phone: str, name: str) -> None:
    log_in(world, world.phones.get(phone) or first_start(world, phone), name)


@given(parsers.re(rf"{PHONE}에서 로그아웃했다"))
@when(parsers.re(rf"{PHONE}에서 로그아웃하면"))
def logs_out(world: World, phone: str) -> None:
    log_out(world, world.phones[phone])


@given(parsers.re(rf"{PHONE}에서 이메일 {NAME}[을를] 등록했다"))
@when(parsers.re(rf"{PHONE}에서 이메일 {NAME}[을를] 등록하면"))
def enters_email(world: World, phone: str, name: str) -> None:
    register(world, world.phones[phone], SubscriptionType.EMAIL, token=name, permission=None)


@given(parsers.re(rf'{PHONE}에 태그 {NAME}[이가] "(?P<value>[^"]+)"로 붙어 있다'))
def tagged(world: World, phone: str, name: str, value: str) -> None:
    tag(world, world.phones[phone], {name: value})


@when(parsers.re(rf"{PHONE}에서 앱을 지우고 다시 설치하면"))
def reinstall(world: World, phone: str) -> None:
    one = world.phones[phone]
    one.install_name, one.secret = str(uuid4()), None
    register(world, one)


@when(parsers.re(rf"쇼핑몰이 {NAME}[을를] 사용자 \"(?P<user>[^\"]+)\"에게 보내면"))
def send_to_user(world: World, name: str, user: str) -> None:
    send(world, order(world, name, [user]))


@when(parsers.re(rf"쇼핑몰이 {NAME}[을를] 기기 {PHONE}에 보내면"))
def send_to_phone(world: World, name: str, phone: str) -> None:
    send(world, order(world, name, [phone]))


@then(parsers.re(rf"{PHONE}[은는] 구독 중이다"))
def is_subscribed(world: World, phone: str) -> None:
    assert look_up(world, world.phones[phone]).subscription.is_subscribed


@then(parsers.re(rf"{PHONE}[은는] 아무와도 연결되어 있지 않다"))
def is_anonymous(world: World, phone: str) -> None:
    view = look_up(world, world.phones[phone])
    assert (view.external_id, view.subscription.user_id) == (None, None)


@then(parsers.re(rf"{PHONE}[은는] {NAME}[와과] 연결되어 있다"))
def is_linked(world: World, phone: str, name: str) -> None:
    assert look_up(world, world.phones[phone]).external_id == name


@then(parsers.re(rf'이메일 "(?P<address>[^"]+)"[은는] {NAME}[와과] 연결되어 있다'))
def email_is_linked(world: World, address: str, name: str) -> None:
    (phone,) = world.phones.values()
    view = look_up(world, phone, SubscriptionType.EMAIL)
    assert (view.token, view.external_id) == (address, name)


@then(parsers.re(rf"사용자 {NAME}[이가] 새로 생긴다"))
@then(parsers.re(rf"사용자 {NAME}[은는] 한 명이다"))
def only_user(world: World, name: str) -> None:
    page = world.run(world.use_cases.list_users()(ListUsersCommand(application_id=world.shop.id)))
    assert [user.external_id for user in page.items] == [name]


@then(parsers.re(rf"{NAME}의 구독은 (?P<count>\d+)개다"))
def how_many(world: World, name: str, count: str) -> None:
    assert len(subscriptions(world, name)) == int(count)


@then("받을 사람이 없다는 답을 받는다")
def nobody_there(world: World) -> None:
    (answer,) = world.answers
    assert not answer.message_ids
    assert [error.code for error in answer.errors] == ["no_subscription"]


@then(parsers.re(rf"{NAME}[이가] {PHONE}에 도착한다"))
def arrives(world: World, name: str, phone: str) -> None:
    arrives_each(world, name, phone)


@then(parsers.re(rf"{NAME}[이가] (?P<phone>.+)[와과] (?P<other>.+)에 하나씩 도착한다"))
def arrives_each(world: World, name: str, phone: str, other: str | None = None) -> None:
    wait_for_status(world, name, "sent")
    expected = [world.phones[one] for one in (phone, other) if one]
    sent = world.messages[name]
    reached = [
        world.run(world.use_cases.read_message()(sent.shop.id, id_)).subscription_id for id_ in sent.ids
    ]
    assert sorted(reached) == sorted(one.push for one in expected)
    assert [world.providers.taken(id_) for id_ in sent.ids] == [1] * len(expected)


@then(parsers.re(rf'{PHONE}의 태그 {NAME}[은는] "(?P<value>[^"]+)"다'))
def has_tag(world: World, phone: str, name: str, value: str) -> None:
    assert look_up(world, world.phones[phone]).subscription.tags == {name: value}


@then(parsers.re(rf'{PHONE}의 역사는 "(?P<events>[^"]+)"다'))
def history_reads(world: World, phone: str, events: str) -> None:
    command = ListSubscriptionEventsCommand(
        application_id=world.shop.id, subscription_id=world.phones[phone].push
    )
    page = world.run(world.use_cases.list_subscription_events()(command))
    kinds = [SubscriptionEventType(event.event_type) for event in page.items]
    # What a device says about itself is no step of its identity.
    told = [HISTORY[kind] for kind in kinds if kind is not SubscriptionEventType.UPDATED]
    assert told == events.split(", ")


@then(parsers.parse("이 토큰으로 살아 있는 구독은 {count:d}개다"))
def live_subscriptions(world: World, count: int) -> None:
    assert len(subscriptions(world, None)) == count


def subscriptions(world: World, user: str | None) -> tuple[SubscriptionView, ...]:
    """The live subscriptions of a user, or of the whole shop."""
    command = ListSubscriptionsCommand(application_id=world.shop.id, user=user)
    return world.run(world.use_cases.list_subscriptions()(command)).items
