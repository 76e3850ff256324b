"""The whole way of a text message and of an AlimTalk: accepted, claimed, sent to the simulator, reported, charged once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from uuid import UUID

import attrs
import pytest
import pytest_asyncio

from adapters.postgres.credentials import PostgresCredentials
from adapters.system.identifiers import SystemRandomness
from application.applications.commands import SetCredentialCommand
from application.applications.set_credential import SetCredential
from application.ports.channels import Credential, Poll
from application.ports.delivery_reports import CALLBACK_TOKEN
from application.ports.provider_directory import ProviderDirectory
from domain.messaging.lifecycle import Status
from domain.shared.channels import Channel
from tests.conformance.channels.texts import (
    NhnKakaoCase,
    NhnSmsCase,
    SolapiKakaoCase,
    SolapiSmsCase,
    TextCase,
    TwilioCase,
)
from tests.integration.channels.desk import Desk
from tests.integration.pipeline.workshop import open_workshop
from tests.integration.simulator.harness import Simulator

pytestmark = pytest.mark.slow

CASES = {
    "solapi_sms": SolapiSmsCase,
    "solapi_kakao": SolapiKakaoCase,
    "nhn_sms": NhnSmsCase,
    "nhn_kakao": NhnKakaoCase,
    "twilio": TwilioCase,
}
POLLED = {name: case for name, case in CASES.items() if case is not TwilioCase}
FAILURES = {
    "solapi_sms": ("3032", -52),
    "solapi_kakao": ("3104", -60),
    "nhn_sms": ("3001", -52),
    "nhn_kakao": ("3020", -61),
}
NUMBERS = ("+821000000001", "+821000000002", "+821000000003")


@attrs.define
class Office:
    """One application that sends through one provider."""

    desk: Desk
    case: TextCase
    application_id: UUID

    async def send(self, *numbers: str) -> list[UUID]:
        """One message for each number, delivered."""
        subscriptions = await self.desk.subscriptions(self.application_id, *numbers, type_=self.case.type)
        content = {Channel(self.case.plugin.channel): self.case.content}
        ids = await self.desk.send(self.application_id, subscriptions, content=content)
        await self.desk.deliver()
        return ids

    async def status(self, id_: UUID) -> Status:
        """Where a message stands."""
        return Status((await self.desk.message(id_))["status"])

    async def poll(self) -> None:
        """Ask the provider for its reports, and record them."""
        credential = await self.desk.credentials.current(self.application_id, self.case.provider)
        assert isinstance(credential, Credential)
        sender = self.desk.senders[int(self.case.plugin.channel)]
        page = await sender.poll(Poll(credential, None, self.desk.shop.clock.now()))
        await self.desk.reports(self.application_id, self.case.provider, page.reports)

    async def code(self, id_: UUID) -> int:
        """The status of the subscription that a message was for."""
        return int(
            await self.desk.shop.connection.fetchval(
                "SELECT s.subscription_status FROM message m JOIN subscription s ON s.id = m.subscription_id"
                " WHERE m.id = $1",
                id_,
            )
        )


@pytest_asyncio.fixture
async def office(request: pytest.FixtureRequest, sim: Simulator, database_url: str) -> AsyncIterator[Office]:
    """The provider that the test names, with a stored credential."""
    case = CASES[request.param](sim)
    sender = case.open(request_timeout=2.0)
    async with open_workshop(database_url) as shop:
        desk = Desk(
            shop,
            {},
            directory_of=ProviderDirectory([case.plugin]),
            senders_of={int(case.plugin.channel): sender},
        )
        application_id = await shop.application()
        put = SetCredential(
            credentials=PostgresCredentials(shop.engine),
            providers=desk.directory,
            vault=desk.vault,
            clock=shop.clock,
            randomness=SystemRandomness(),
        )
        fields: Mapping[str, str] = {
            name: value for name, value in case.fields().items() if name != CALLBACK_TOKEN
        }
        await put(SetCredentialCommand(application_id=application_id, provider=case.provider, fields=fields))
        yield Office(desk, case, application_id)
    await sender.close()


@pytest.mark.parametrize("office", sorted(CASES), indirect=True)
async def test_a_message_is_sent_once_and_known_by_the_simulator(office: Office) -> None:
    """Successful here, accepted there, under the same id; no claim is left."""
    ids = await office.send(*NUMBERS)
    for id_ in ids:
        assert await office.status(id_) is Status.SUCCESSFUL
        assert office.case.sim.delivery(str(id_))["accepted"] == 1
    assert await office.desk.count("send_claim") == 0


@pytest.mark.parametrize("office", sorted(CASES), indirect=True)
async def test_an_unknown_outcome_is_resolved_and_never_sent_twice(office: Office) -> None:
    """The answer was lost; the reconciler asks; what the simulator counted is one send, and one is charged."""
    office.case.play_lost_answer(NUMBERS[0])
    (id_,) = await office.send(NUMBERS[0])
    assert await office.status(id_) is Status.ERRORED
    assert (await office.desk.message(id_))["error_reason"] == "unknown_outcome"
    office.case.play_accept()
    assert await office.desk.resolve(minutes=2) == 1
    assert await office.status(id_) is Status.SUCCESSFUL
    assert office.case.sim.delivery(str(id_))["accepted"] == 1
    assert office.case.accepted_twice() == 0
    assert await office.desk.count("send_claim") == 0


@pytest.mark.parametrize("office", sorted(CASES), indirect=True)
async def test_a_send_that_never_happened_is_believed_after_a_quarter_of_an_hour(office: Office) -> None:
    """The provider knows nothing of it: tried again then, and sent once."""
    office.case.rules({"outcome": "hang"}, {"step": "status", "outcome": "hang"})
    (id_,) = await office.send(NUMBERS[0])
    office.case.play_accept()
    waits = office.case.provider == "solapi"
    # Before Solapi is asked to send, nothing is unknown: it is simply tried again.
    assert await office.status(id_) is Status.ERRORED
    if not waits:
        assert await office.desk.resolve(minutes=5) == 0
        assert await office.desk.resolve(minutes=11) == 1
    office.desk.shop.clock.shift += await office.desk.due_in("message_retry")
    await office.desk.shop.queue.start_retries(office.desk.shop.clock.now())
    await office.desk.deliver()
    assert await office.status(id_) is Status.SUCCESSFUL
    assert office.case.sim.delivery(str(id_))["accepted"] == 1


@pytest.mark.parametrize("office", sorted(POLLED), indirect=True)
async def test_reports_move_messages_and_codes(office: Office, request: pytest.FixtureRequest) -> None:
    """Delivered is received; a number that nobody has fails its message and stops its subscription."""
    code, status = FAILURES[request.node.callspec.params["office"]]
    office.case.rules({"step": "report", "to": NUMBERS[1], "outcome": code})
    good, bad = await office.send(NUMBERS[0], NUMBERS[1])
    await office.poll()
    await office.poll()
    assert await office.status(good) is Status.RECEIVED
    assert await office.status(bad) is Status.FAILED
    assert (await office.code(good), await office.code(bad)) == (1, status)
    message = await office.desk.message(bad)
    assert message["error_reason"] == code


@pytest.mark.parametrize("office", sorted(CASES), indirect=True)
async def test_a_refused_credential_holds_the_messages(office: Office) -> None:
    """Nothing is lost: the channel is paused, the messages stay pending."""
    office.case.play_credential_fault()
    (id_,) = await office.send(NUMBERS[0])
    assert await office.status(id_) is Status.PENDING
    assert await office.desk.count("channel_pause") == 1
    assert office.case.accepted() == 0


@pytest.mark.parametrize("office", ["nhn_kakao", "solapi_kakao"], indirect=True)
async def test_a_mismatching_alimtalk_fails_with_its_code_and_costs_nothing(office: Office) -> None:
    """The variable is named in the message's history; the subscription stays; the simulator saw no send."""
    office.case.content = {"template_code": "ORDER01", "variables": {"name": "홍"}}  # type: ignore[misc]
    (id_,) = await office.send(NUMBERS[0])
    assert await office.status(id_) is Status.FAILED
    message = await office.desk.message(id_)
    assert message["error_reason"] == "template_mismatch"
    history = await office.desk.shop.connection.fetchval(
        "SELECT metadata::text FROM message_event WHERE message_id = $1 AND event_type = 2", id_
    )
    assert "content.variables.no" in history
    assert "-63" in history
    assert await office.code(id_) == 1
    assert office.case.accepted() == 0
