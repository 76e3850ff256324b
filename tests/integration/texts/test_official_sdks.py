"""The vendors' own SDKs as judges: they understand the simulator, and it understands them as it understands us."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from solapi import SolapiMessageService
from solapi.error.MessageNotReceiveError import MessageNotReceivedError
from solapi.model.request.message import Message as RequestMessage
from solapi.model.request.messages.get_messages import GetMessagesRequest
from solapi.model.request.send_message_request import SendRequestConfig
from solapi.model.webhook.group_report import GroupReportPayload
from solapi.model.webhook.single_report import SingleReportPayload
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client as TwilioClient

from tests.conformance.channels.kit import outcomes_of
from tests.conformance.channels.texts import SolapiKakaoCase, SolapiSmsCase, TwilioCase
from tests.integration.simulator.harness import Simulator
from tests.integration.texts.conftest import Listener


@pytest.fixture
def solapi(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> SolapiMessageService:
    """Solapi's SDK, pointed at the simulator and trusting its certificate."""
    # The SDK makes a client of its own for each request and takes no certificates.
    monkeypatch.setenv("SSL_CERT_FILE", sim.ca)
    SolapiSmsCase(sim)
    service = SolapiMessageService("NCSAKEY1234567890", "S" * 32)
    service.base_url = sim.ready["texts"]
    return service


@pytest.fixture
def twilio(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[TwilioClient]:
    """Twilio's SDK, pointed at the simulator and trusting its certificate."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sim.ca)
    TwilioCase(sim)
    transport = TwilioHttpClient(pool_connections=True)
    assert transport.session is not None
    client = TwilioClient("AC" + "0" * 32, "f" * 32, http_client=transport)
    client.api.base_url = sim.ready["texts"]
    yield client
    transport.session.close()


def test_solapis_sdk_sends_and_reads_groups(solapi: SolapiMessageService) -> None:
    """Its models accept every answer: send, group, group's messages, list, balance."""
    sent = solapi.send(
        [RequestMessage(to=f"0100000000{n}", from_="0223456789", text="안녕하세요") for n in range(2)],
        SendRequestConfig(show_message_list=True),
    )
    assert sent.group_info.count.registered_success == 2
    assert sent.message_list is not None
    assert {one.status_code for one in sent.message_list} == {"2000"}
    group = solapi.get_group(sent.group_info.group_id)
    assert group.status == "SENDING"
    listed = solapi.get_group_messages(sent.group_info.group_id)
    assert set(listed.message_list) == {one.message_id for one in sent.message_list}
    one = next(iter(listed.message_list))
    found = solapi.get_messages(GetMessagesRequest(message_id=one))
    assert list(found.message_list) == [one]
    assert solapi.get_balance().balance > 0


def test_solapis_sdk_is_refused_as_we_are(solapi: SolapiMessageService, sim: Simulator) -> None:
    """A wrong secret, and a batch of which nothing was registered."""
    with pytest.raises(MessageNotReceivedError):
        solapi.send(RequestMessage(to="01000000001", from_="0223456789", text="이모지 🙂"))
    stranger = SolapiMessageService("NCSAKEY1234567890", "T" * 32)
    stranger.base_url = sim.ready["texts"]
    with pytest.raises(Exception, match="SignatureDoesNotMatch"):
        stranger.get_balance()


async def test_solapis_models_read_what_we_send(sim: Simulator) -> None:
    """A text and an AlimTalk of ours are messages for the SDK, with nothing lost."""
    texts, talks = SolapiSmsCase(sim), SolapiKakaoCase(sim)
    for case in (texts, talks):
        sender = case.open()
        await outcomes_of(sender, case.batch([case.recipient(1)]))
        await sender.close()
    requests = sim.control.get("/control/requests", params={"last": "50"}).json()
    bodies = [json.loads(one["body"]) for one in requests if one["method"] == "PUT"]
    for body in bodies:
        (message,) = body["messages"]
        understood = RequestMessage.model_validate(message).model_dump(exclude_none=True, by_alias=True)
        assert {**understood, "autoTypeDetect": False} == {**message, "autoTypeDetect": False}
    assert bodies[1]["messages"][0]["kakaoOptions"] == {
        "pfId": "KA01PF1234567890",
        "templateId": "ORDER01",
        "variables": {"#{name}": "홍길동", "#{no}": "1042"},
        "disableSms": True,
    }


async def test_solapis_models_read_the_simulators_webhooks(sim: Simulator, listener: Listener) -> None:
    """Events of single messages, in an array."""
    case = SolapiSmsCase(sim)
    case.rules(reports={"webhooks": {"solapi": f"{listener.url}/solapi"}})
    sender = case.open()
    await outcomes_of(sender, case.batch([case.recipient(n) for n in range(3)]))
    await sender.close()
    heard = listener.wait_for(1)
    events = [event for one in heard for event in SingleReportPayload.model_validate_json(one.body).root]
    assert {event.data.status_code for event in events} <= {"4000"}
    assert all(event.data.custom_fields for event in events)
    group = json.loads(heard[0].body)[0]["data"]["groupId"]
    requests = sim.control.get("/control/requests", params={"last": "50"}).json()
    assert any(group in one["path"] for one in requests)
    assert GroupReportPayload.model_validate([{"eventDataId": "1", "retryCount": 0}])


def test_twilios_sdk_creates_reads_and_lists(twilio: TwilioClient, sim: Simulator) -> None:
    """Its models accept every answer, pages included."""
    made = [
        twilio.messages.create(to="+821000000001", from_="+14155552671", body=f"안녕 {n}") for n in range(3)
    ]
    assert {one.status for one in made} == {"queued"}
    assert twilio.messages(made[0].sid).fetch().body == "안녕 0"
    listed = twilio.messages.list(to="+821000000001", page_size=2)
    assert [one.sid for one in listed] == [one.sid for one in reversed(made)]
    assert all(one.date_created is not None for one in listed)


def test_twilios_sdk_is_refused_as_we_are(twilio: TwilioClient, sim: Simulator) -> None:
    """Invalid numbers, long texts, scripted codes, a wrong token."""
    for to, body, code in (("12", "a", 21211), ("+821000000001", "a" * 1601, 21617)):
        with pytest.raises(TwilioRestException) as refusal:
            twilio.messages.create(to=to, from_="+14155552671", body=body)
        assert refusal.value.code == code
    TwilioCase(sim).rules({"outcome": "all:21610"})
    with pytest.raises(TwilioRestException) as refusal:
        twilio.messages.create(to="+821000000001", from_="+14155552671", body="a")
    assert (refusal.value.code, refusal.value.status) == (21610, 400)
    stranger = TwilioClient("AC" + "0" * 32, "e" * 32, http_client=twilio.http_client)
    stranger.api.base_url = sim.ready["texts"]
    with pytest.raises(TwilioRestException) as refusal:
        stranger.messages("SM" + "0" * 32).fetch()
    assert refusal.value.status == 401
