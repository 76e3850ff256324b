"""AlimTalk falls back to a text message of the platform's own, over one Solapi account; what is sent is charged, nothing else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

import attrs
import pytest
import pytest_asyncio

from adapters.channels.kakao import plugin as kakao
from adapters.channels.sms import plugin as sms
from adapters.postgres.credentials import PostgresCredentials
from adapters.system.identifiers import SystemRandomness
from application.applications.commands import SetCredentialCommand
from application.applications.set_credential import SetCredential
from application.messaging.accept_command import AcceptMessages, MessageRequest, Target
from application.ports.channels import Credential, Poll
from application.ports.delivery_reports import CALLBACK_TOKEN
from application.ports.provider_directory import ProviderDirectory
from domain.messaging.content import Body
from domain.messaging.fallback import Fallback
from domain.messaging.lifecycle import Status
from domain.shared.channels import Channel, SubscriptionType
from tests.conformance.channels.texts import SolapiKakaoCase
from tests.integration.channels.desk import Desk
from tests.integration.pipeline.workshop import open_workshop
from tests.integration.simulator.harness import Simulator

KAKAO, SMS = SubscriptionType.KAKAO_TALK, SubscriptionType.SMS
PHONE = "+821012345678"


@attrs.define
class Family:
    """One person with AlimTalk and SMS, and the account that carries both."""

    CONTENT: ClassVar[dict[Channel, Body]] = {
        Channel.KAKAO_TALK: {"template_code": "ORDER01", "variables": {"name": "홍", "no": "1042"}},
        Channel.SMS: {"text": "주문 1042가 출발했습니다"},
    }
    desk: Desk
    case: SolapiKakaoCase
    application_id: UUID

    async def send(self) -> UUID:
        """AlimTalk first, SMS when it fails."""
        request = MessageRequest(
            [Target(0, None, "kim")],
            self.CONTENT,
            fallback=Fallback((Channel.KAKAO_TALK, Channel.SMS)),
        )
        result = await self.desk.accept(AcceptMessages(self.application_id, [request], single=True))
        await self.desk.deliver()
        return result.message_ids[0]

    async def poll(self) -> None:
        """Record what Solapi says."""
        credential = await self.desk.credentials.current(self.application_id, "solapi")
        assert isinstance(credential, Credential)
        sender = self.desk.senders[int(Channel.KAKAO_TALK)]
        page = await sender.poll(Poll(credential, None, self.desk.shop.clock.now()))
        await self.desk.reports(self.application_id, "solapi", page.reports)

    async def advance(self) -> int:
        """Look at the fallbacks, and deliver what that started."""
        self.desk.shop.clock.shift += timedelta(seconds=5)
        done = await self.desk.advance_fallbacks()
        await self.desk.deliver()
        return done

    async def child(self) -> UUID | None:
        """The message that was sent instead."""
        found: UUID | None = await self.desk.shop.connection.fetchval(
            "SELECT id FROM message WHERE parent_message_id IS NOT NULL"
        )
        return found


@pytest_asyncio.fixture
async def family(sim: Simulator, database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Family]:
    """Both channels as the product opens them; the parameter names the listener that they send to."""
    case = SolapiKakaoCase(sim)
    settings = case.settings_for(sim.ready[getattr(request, "param", "texts")])
    senders = {int(one.channel): one.open(settings, case.pacing) for one in (kakao, sms)}
    async with open_workshop(database_url) as shop:
        desk = Desk(shop, {}, directory_of=ProviderDirectory([sms, kakao]), senders_of=senders)
        application_id = await shop.application()
        put = SetCredential(
            credentials=PostgresCredentials(shop.engine),
            providers=desk.directory,
            vault=desk.vault,
            clock=shop.clock,
            randomness=SystemRandomness(),
        )
        fields = {name: value for name, value in case.fields().items() if name != CALLBACK_TOKEN}
        await put(SetCredentialCommand(application_id=application_id, provider="solapi", fields=fields))
        user = await shop.user(application_id, "kim")
        for type_ in (KAKAO, SMS):
            await desk.subscriptions(application_id, PHONE, type_=type_, user=user)
        yield Family(desk, case, application_id)
    for sender in senders.values():
        await sender.close()


async def test_who_has_no_kakaotalk_gets_one_text_message(family: Family) -> None:
    """3104 gives the AlimTalk's price back and sets its subscription to -60; the text goes out once and is charged."""
    family.case.rules({"step": "report", "outcome": "3104", "attempts": 1})
    root = await family.send()
    await family.poll()
    assert (await family.desk.message(root))["status"] == Status.FAILED
    assert await family.advance() == 1
    child = await family.child()
    assert child is not None
    message = await family.desk.message(child)
    assert (message["type"], message["status"]) == (SMS, Status.SUCCESSFUL)
    assert family.case.sim.delivery(str(child))["accepted"] == 1
    assert family.case.accepted_twice() == 0
    code = await family.desk.shop.connection.fetchval(
        "SELECT subscription_status FROM subscription WHERE type = $1", int(KAKAO)
    )
    assert code == -60
    assert await family.desk.shop.ledger() == {"reserve": 2, "settle": 2, "give_back": 1}
    await family.advance()
    assert family.case.accepted() == 2


async def test_a_delivered_alimtalk_needs_no_text_message(family: Family) -> None:
    """Received ends it; the vendor's own fallback is off, so nobody else sends one either."""
    root = await family.send()
    requests = family.case.sim.control.get("/control/requests").json()
    (added,) = [json.loads(one["body"]) for one in requests if one["path"].endswith("/messages")]
    assert added["messages"][0]["kakaoOptions"]["disableSms"] is True
    assert "text" not in added["messages"][0]
    await family.poll()
    assert (await family.desk.message(root))["status"] == Status.RECEIVED
    await family.advance()
    assert await family.child() is None
    assert family.case.accepted() == 1
    assert await family.desk.shop.ledger() == {"reserve": 1, "settle": 1}


@pytest.mark.parametrize("outcome", ["3103", "3105", "3101", "3013"])
async def test_a_broken_template_or_account_sends_no_text_messages(family: Family, outcome: str) -> None:
    """The gateway counts one send: a text would hide what is wrong, and cost."""
    family.case.rules({"step": "report", "outcome": outcome, "attempts": 1})
    root = await family.send()
    await family.poll()
    assert (await family.desk.message(root))["status"] == Status.FAILED
    await family.advance()
    assert await family.child() is None
    assert family.case.accepted() == 1
    assert await family.desk.shop.ledger() == {"reserve": 1, "settle": 1, "give_back": 1}


@pytest.mark.parametrize("family", ["fault"], indirect=True)
async def test_an_unknown_alimtalk_is_followed_by_nothing(family: Family) -> None:
    """Its answer was lost and nobody can say: one send at the gateway, no text, however often it is looked at."""
    family.case.play_cut(PHONE)
    root = await family.send()
    row = await family.desk.message(root)
    assert (row["status"], row["error_reason"]) == (Status.ERRORED, "unknown_outcome")
    for _ in range(3):
        await family.advance()
        await family.desk.resolve(minutes=20)
    assert await family.desk.resolve(hours=24) == 1
    await family.advance()
    assert (await family.desk.message(root))["status"] == Status.FAILED
    assert await family.child() is None
    assert (family.case.accepted(), family.case.accepted_twice()) == (1, 0)
    assert await family.desk.shop.ledger() == {"reserve": 1, "settle": 1}
