"""Steps of features/in_app: a whole node keeps in-app messages until an app fetches them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import attrs
import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from application.audience.commands import UpdateSubscriptionCommand
from application.campaigns.commands import CreateCampaignCommand, LaunchCampaignCommand
from application.messaging.accept_command import AcceptMessages, MessageRequest, Target
from application.messaging.record_receipts import Receipt
from domain.audience.device import DeviceReport
from domain.audience.subscription_event import ChangeSource
from domain.messaging.event import MessageEventType, Source
from domain.shared.channels import Channel, SubscriptionType
from tests.bdd.messages import hand_over
from tests.bdd.people import look_up, new_phone, open_shop, register
from tests.bdd.world import Phone, World

scenarios("../../features/in_app")

IN_APP = SubscriptionType.IN_APP_MESSAGE


@attrs.define
class Inbox:
    """Minsu's app, and the message it fetched last."""

    phone: Phone | None = None
    message: UUID | None = None

    @property
    def app(self) -> Phone:
        assert self.phone is not None
        return self.phone


@pytest.fixture(scope="module")
def begins_at_rest() -> bool:
    """What is stopped at once must not be under way already."""
    return True


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


def saying(title: str, end: datetime | None = None) -> dict[str, Any]:
    action = {"type": "deeplink", "value": "app://coupons"}
    button = {"id": "open", "text": "보기", "action": action, "converts": True}
    shown = {} if end is None else {"display": {"end": end.isoformat()}}
    return {"v": 1, "layout": "modal", "content": {"title": title, "buttons": [button]}, **shown}


def fetch(world: World, inbox: Inbox) -> list[dict[str, Any]]:
    """What the app gets when it asks."""
    phone = inbox.app
    assert phone.install_id is not None
    use_case = world.use_cases.fetch_in_app_messages()
    found = world.run(use_case(phone.shop.id, phone.subscriptions[IN_APP], phone.install_id))
    return [dict(one) for one in found.messages]


def tell(world: World, inbox: Inbox, kind: MessageEventType, **said: Any) -> None:
    phone = inbox.app
    assert inbox.message is not None
    receipt = Receipt(
        None, inbox.message, phone.subscriptions[IN_APP], kind, world.clock.now(), metadata=said
    )
    record = world.use_cases.receipt_gatherer()
    (verdict,) = world.run(record(phone.shop.id, [receipt], Source.SDK, install_id=phone.install_id))
    assert verdict.value == "accepted"


@given(parsers.parse('앱 안의 메시지를 쓰는 쇼핑몰과 "{person}"의 앱이 있다'))
def shop_and_app(world: World, inbox: Inbox, person: str) -> None:
    open_shop(world, "쇼핑몰", credentials=False)
    inbox.phone = new_phone(world, f"{person}의 아이폰")
    register(world, inbox.phone, IN_APP, permission=None)


@given(parsers.parse('민수의 등급은 "{grade}"이다'))
def graded(world: World, inbox: Inbox, grade: str) -> None:
    register(world, inbox.app, IN_APP, permission=None, tags={"grade": grade})


@when(parsers.parse('쇼핑몰이 민수에게 "{title}"를 보낸다'))
@when(parsers.parse('쇼핑몰이 민수에게 "{title}"을 보낸다'))
def sends(world: World, inbox: Inbox, title: str, end: datetime | None = None) -> None:
    target = Target(0, subscription_id=inbox.app.subscriptions[IN_APP])
    request = MessageRequest([target], {Channel.IN_APP: saying(title, end)})
    answer = world.run(hand_over(world, AcceptMessages(world.shop.id, [request], single=True)))
    (inbox.message,) = answer.message_ids
    wait_for_status(world, inbox, "successful")


@when(parsers.parse('쇼핑몰이 민수에게 {minutes:d}분 동안만 보여 줄 "{title}"을 보낸다'))
def sends_for(world: World, inbox: Inbox, minutes: int, title: str) -> None:
    sends(world, inbox, title, world.clock.now() + timedelta(minutes=minutes))


@when(parsers.parse("{minutes:d}분이 지난다"))
def time_passes(world: World, minutes: int) -> None:
    world.clock.ahead += timedelta(minutes=minutes)


@then(parsers.parse("그 메시지의 오류 코드는 {code:d}이다"))
def failed_with(world: World, inbox: Inbox, code: int) -> None:
    assert inbox.message is not None
    view = world.run(world.use_cases.read_message()(world.shop.id, inbox.message))
    assert view.error_details == {"code": code}


@when(parsers.parse('마케터가 "{title}"이라는 캠페인을 시작한다'))
def campaign(world: World, title: str) -> None:
    plan = {
        "name": title,
        "content": {"in_app": saying(title)},
        "targeting_criteria": {"include": [{"everyone": True}]},
    }
    create = CreateCampaignCommand(application_id=world.shop.id, actor="operator", plan=plan)
    made = world.run(world.use_cases.create_campaign()(create))
    launch = LaunchCampaignCommand(
        application_id=world.shop.id, campaign_id=made.id, actor="operator", fingerprint=None
    )
    world.run(world.use_cases.launch_campaign()(launch))

    async def start() -> None:
        world.start()

    world.run(start())


@then(parsers.parse('앱이 가져간 메시지는 "{title}"이다'))
def fetched(world: World, inbox: Inbox, title: str) -> None:
    phone = inbox.app
    assert phone.install_id is not None
    use_case = world.use_cases.fetch_in_app_messages()
    subscription, install = phone.subscriptions[IN_APP], phone.install_id

    async def came() -> bool:
        return bool((await use_case(phone.shop.id, subscription, install)).messages)

    world.until(came, "nothing came into the inbox")
    (message,) = fetch(world, inbox)
    assert message["content"]["title"] == title
    inbox.message = UUID(message["id"])


@then("앱이 가져갈 메시지가 없다")
def nothing(world: World, inbox: Inbox) -> None:
    assert fetch(world, inbox) == []


@when("메시지가 화면에 보인다")
def displayed(world: World, inbox: Inbox) -> None:
    tell(world, inbox, MessageEventType.DISPLAYED)


@when("민수가 버튼을 누른다")
def pressed(world: World, inbox: Inbox) -> None:
    tell(world, inbox, MessageEventType.CLICKED, action_id="open")
    tell(world, inbox, MessageEventType.CONVERTED)


@when(parsers.parse("앱이 그 모양을 모른다고 {code:d}으로 알린다"))
def unknown_layout(world: World, inbox: Inbox, code: int) -> None:
    tell(world, inbox, MessageEventType.FAILED, code=code)


def wait_for_status(world: World, inbox: Inbox, status: str) -> None:
    async def holds() -> bool:
        assert inbox.message is not None
        view = await world.use_cases.read_message()(world.shop.id, inbox.message)
        return view.status.wire == status

    world.until(holds, f"the message never became {status}")


@then(parsers.parse('그 메시지는 "{status}" 상태이다'))
def stands(world: World, inbox: Inbox, status: str) -> None:
    wait_for_status(world, inbox, status)


@then(parsers.parse("민수의 구독 상태는 {code:d}이다"))
def subscription_stands(world: World, inbox: Inbox, code: int) -> None:
    assert look_up(world, inbox.app, IN_APP).subscription.subscription_status == code


@when(parsers.parse('앱이 "{version}" 버전으로 바뀐다'))
def new_version(world: World, inbox: Inbox, version: str) -> None:
    command = UpdateSubscriptionCommand(
        application_id=world.shop.id,
        subscription_id=inbox.app.subscriptions[IN_APP],
        source=ChangeSource.SDK,
        install_id=inbox.app.install_id,
        device=DeviceReport(app_version=version),
    )
    world.run(world.use_cases.update_subscription()(command))
