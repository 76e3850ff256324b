"""NHN Cloud over real sockets: texts and AlimTalk, grouped requests, unknown outcomes, polling."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from application.ports.channels import Envelope, Poll
from domain.messaging.event import MessageEventType
from domain.messaging.outcome import Absent, Accepted, CredentialFault, Deferred, Outcome, Rejected, Unknown
from domain.messaging.report import MessageReport
from tests.conformance.channels.kit import outcomes_of, without_details
from tests.conformance.channels.texts import NhnKakaoCase, NhnSmsCase, TextCase
from tests.integration.simulator.harness import Simulator
from tests.integration.texts.test_solapi_route import findings, inquiries

CASES = {"sms": NhnSmsCase, "alimtalk": NhnKakaoCase}


@pytest.fixture
def sms(sim: Simulator) -> NhnSmsCase:
    """Text messages; every test starts with a gateway that takes everything."""
    return NhnSmsCase(sim)


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest, sim: Simulator) -> TextCase:
    """Both services in turn."""
    return CASES[request.param](sim)


def sent(sim: Simulator, method: str = "POST") -> list[dict[str, Any]]:
    """The requests that sent something: path and JSON body."""
    requests = sim.control.get("/control/requests", params={"last": "500"}).json()
    return [{"path": one["path"], **json.loads(one["body"])} for one in requests if one["method"] == method]


async def test_recipients_of_one_text_share_a_request(sms: NhnSmsCase) -> None:
    """Up to a thousand; each carries our reference and comes back with NHN's id."""
    sender = sms.open()
    batch = sms.batch([sms.recipient(n) for n in range(500)])
    outcomes = await outcomes_of(sender, batch)
    await sender.close()
    (request,) = sent(sms.sim)
    assert request["path"] == "/sms/v3.0/appKeys/AppKey1234567890/sender/sms"
    assert request["recipientList"][499] == {
        "recipientNo": "01000000499",
        "recipientGroupingKey": batch.envelopes[499].client_ref,
    }
    ids = {one.provider_id for one in outcomes if isinstance(one, Accepted)}
    assert len(ids) == 500


async def test_each_kind_of_text_has_its_address(sms: NhnSmsCase) -> None:
    """Long ones with a title, made of the text where there is none; advertising; abroad by another field."""
    opt_out = "무료수신거부 080-123-4567"
    sender = sms.open()
    for number, content in (
        (sms.recipient(1), {"text": "가" * 46}),
        (sms.recipient(1), {"text": "가" * 46, "title": "안내"}),
        (sms.recipient(1), {"text": f"(광고) 할인\n{opt_out}", "advertising": True}),
        ("+14155552671", {"text": "hello"}),
    ):
        (outcome,) = await outcomes_of(sender, sms.batch([number], content=content))
        assert isinstance(outcome, Accepted)
    await sender.close()
    untitled, titled, advertising, abroad = sent(sms.sim)
    assert (untitled["path"].rpartition("/")[2], untitled["title"]) == ("mms", "가" * 20)
    assert titled["title"] == "안내"
    assert advertising["path"].endswith("/sender/ad-sms")
    assert abroad["recipientList"][0]["internationalRecipientNo"] == "14155552671"


async def test_personal_texts_are_requests_of_their_own(sms: NhnSmsCase) -> None:
    """NHN has one text a request; a few texts are grouped, many are sent side by side."""
    sender = sms.open()
    for texts, requests in ((2, 2), (40, 40)):
        sms.sim.reset()
        sms.play_accept()
        usual = sms.batch([sms.recipient(n) for n in range(40)])
        contents = [{"text": f"문구 {n}"} for n in range(texts)]
        envelopes = [attrs.evolve(one, content=contents[n % texts]) for n, one in enumerate(usual.envelopes)]
        outcomes = await outcomes_of(sender, attrs.evolve(usual, envelopes=envelopes))
        assert {type(one) for one in outcomes} == {Accepted}
        assert len(sent(sms.sim)) == requests
        by_number = {
            recipient["recipientNo"]: request["body"]
            for request in sent(sms.sim)
            for recipient in request["recipientList"]
        }
        assert by_number["01000000003"] == f"문구 {3 % texts}"
    await sender.close()


async def test_what_one_text_suffers_does_not_touch_the_others(sms: NhnSmsCase) -> None:
    """Two texts in a batch, one of them from a sender that is not registered."""
    sms.rules({"to": sms.recipient(1), "outcome": "-2312"})
    usual = sms.batch([sms.recipient(0), sms.recipient(1), sms.recipient(2)])
    own = {"text": "안내", "sender": "1588-1234"}
    envelopes: list[Envelope] = [
        usual.envelopes[0],
        attrs.evolve(usual.envelopes[1], content=own),
        usual.envelopes[2],
    ]
    sender = sms.open()
    outcomes = await outcomes_of(sender, attrs.evolve(usual, envelopes=envelopes))
    await sender.close()
    assert isinstance(outcomes[0], Accepted)
    assert isinstance(outcomes[2], Accepted)
    assert outcomes[1] == Rejected("-2312", message_code=-55, bug=True)


async def test_an_unregistered_sender_of_the_credential_pauses(sms: NhnSmsCase) -> None:
    """-2312 is -55 of the message and a fault of the credential."""
    sms.rules({"outcome": "all:-2312"})
    sender = sms.open()
    (outcome,) = await outcomes_of(sender, sms.batch([sms.recipient(1)]))
    await sender.close()
    assert isinstance(outcome, CredentialFault)
    assert outcome.details["code"] == -55


async def test_an_unknown_outcome_is_found_by_our_reference(case: TextCase) -> None:
    """Whether it was processed or not; never sent again by itself."""
    case.rules({"to": case.recipient(1), "outcome": "lost_answer"})
    batch = case.batch([case.recipient(0), case.recipient(1)])
    sender = case.open(request_timeout=0.5)
    outcomes = await outcomes_of(sender, batch)
    assert [without_details(one) for one in outcomes] == [Unknown("timeout")] * 2
    case.play_accept()
    found = await sender.look_up(inquiries(batch))
    assert all(isinstance(one, Accepted) for one in found)
    assert await sender.look_up(inquiries(case.batch([case.recipient(0)]))) == [Absent()]
    case.rules({"step": "status", "outcome": "all:500"})
    down = await sender.look_up(inquiries(batch))
    await sender.close()
    assert {type(one) for one in down} == {Unknown}
    assert (case.accepted(), case.accepted_twice()) == (2, 0)


async def test_a_look_up_knows_what_failed(case: TextCase) -> None:
    """Taken, and refused by the carrier or by Kakao."""
    code = "3001" if case.provider == "nhn" else "3019"
    case.rules({"step": "report", "outcome": code})
    batch = case.batch([case.recipient(1)])
    sender = case.open()
    await outcomes_of(sender, batch)
    (found,) = await sender.look_up(inquiries(batch))
    await sender.close()
    assert isinstance(found, Rejected)
    assert (found.reason, found.subscription_code) == (code, -52 if case.provider == "nhn" else -60)


async def test_polling_reads_updated_results(case: TextCase) -> None:
    """Also where updates name nobody's reference: the request's messages are asked for it."""
    code = "2003" if case.provider == "nhn" else "3020"
    case.rules({"step": "report", "to": case.recipient(1), "outcome": code})
    batch = case.batch([case.recipient(n) for n in range(3)])
    sender = case.open()
    await outcomes_of(sender, batch)
    now = datetime.now(UTC) + timedelta(seconds=2)
    page = await sender.poll(Poll(case.credential, None, now))
    await sender.close()
    events = {one.message_id: one for one in page.reports if isinstance(one, MessageReport)}
    assert set(events) == {one.message_id for one in batch.envelopes}
    failed = events[batch.envelopes[1].message_id]
    assert (failed.event, failed.reason) == (MessageEventType.FAILED, code)
    assert failed.details["fallback"] is True
    assert events[batch.envelopes[0].message_id].event is MessageEventType.RECEIVED
    assert page.more is False


async def test_an_idempotency_key_that_was_used_means_already_accepted(sim: Simulator) -> None:
    """The same attempt again is not sent: it is unknown until it is looked up."""
    case = NhnKakaoCase(sim)
    batch = case.batch([case.recipient(1)])
    sender = case.open()
    first = await outcomes_of(sender, batch)
    again = await outcomes_of(sender, batch)
    await sender.close()
    assert isinstance(first[0], Accepted)
    assert [without_details(one) for one in again] == [Unknown("-1005")]
    assert isinstance((await findings(case, batch))[0], Accepted)  # type: ignore[arg-type]
    assert case.accepted() == 1


async def test_when_all_recipients_fail_each_has_its_own_code(sim: Simulator) -> None:
    """-1031 stands over codes of their own."""
    case = NhnKakaoCase(sim)
    case.rules(
        {"to": case.recipient(1), "outcome": "-5000"},
        {"to": case.recipient(2), "outcome": "-3301"},
        {"to": case.recipient(3), "outcome": "-7000"},
    )
    sender = case.open()
    outcomes: list[Outcome] = await outcomes_of(sender, case.batch([case.recipient(n) for n in (1, 2, 3)]))
    await sender.close()
    assert [without_details(one) for one in outcomes] == [
        Rejected("-5000", subscription_code=-60),
        Rejected("-3301", subscription_code=-61),
        Deferred("-7000"),
    ]
    assert isinstance(outcomes[0], Rejected)
    assert outcomes[0].details == {"fallback": False, "phone_review": True}


async def test_an_alimtalk_switches_nhns_own_fallback_off(sim: Simulator) -> None:
    """Whatever the console says: the platform falls back by itself."""
    case = NhnKakaoCase(sim)
    sender = case.open()
    await outcomes_of(sender, case.batch([case.recipient(1)]))
    await sender.close()
    (request,) = sent(sim)
    assert request["recipientList"][0]["resendParameter"] == {"isResend": False}
    assert request["recipientList"][0]["templateParameter"] == {"name": "홍길동", "no": "1042"}
    assert request["senderKey"] == "k" * 40
