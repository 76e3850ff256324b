"""Solapi over real sockets: three steps, and what becomes of a send whose answer is lost; never a second one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from application.ports.channels import Inquiry, InquiryBatch, Poll, SendBatch
from domain.messaging.event import MessageEventType
from domain.messaging.outcome import (
    Absent,
    Accepted,
    CredentialFault,
    Deferred,
    Finding,
    NotAttempted,
    Rejected,
    SoftFault,
    Unknown,
)
from domain.messaging.report import MessageReport
from tests.conformance.channels.kit import outcomes_of, without_details
from tests.conformance.channels.texts import SolapiKakaoCase, SolapiSmsCase
from tests.integration.simulator.harness import Simulator


@pytest.fixture
def case(sim: Simulator) -> SolapiSmsCase:
    """Text messages; every test starts with a gateway that takes everything."""
    return SolapiSmsCase(sim)


def inquiries(batch: SendBatch) -> InquiryBatch:
    """The same sends as questions."""
    now = datetime.now(UTC)
    asked = [
        Inquiry(one.message_id, one.client_ref, one.token, now - timedelta(seconds=5))
        for one in batch.envelopes
    ]
    return InquiryBatch(batch.application_id, batch.type, batch.credential, asked)


async def findings(case: SolapiSmsCase, batch: SendBatch, **settings: Any) -> list[Finding]:
    """What a look-up says about a batch."""
    sender = case.open(**settings)
    found = list(await sender.look_up(inquiries(batch)))
    await sender.close()
    return found


def bodies(sim: Simulator, path_end: str) -> list[dict[str, Any]]:
    """JSON bodies of the requests whose path ends so."""
    requests = sim.control.get("/control/requests", params={"last": "50"}).json()
    return [json.loads(one["body"] or "{}") for one in requests if one["path"].endswith(path_end)]


async def test_a_batch_is_one_group_in_three_requests(case: SolapiSmsCase) -> None:
    """Whatever its size below ten thousand; each message carries our reference and the type that is billed."""
    sender = case.open()
    batch = case.batch([case.recipient(n) for n in range(500)])
    outcomes = await outcomes_of(sender, batch)
    await sender.close()
    assert {type(outcome) for outcome in outcomes} == {Accepted}
    requests = case.sim.control.get("/control/requests").json()
    assert [(one["method"], one["path"].split("/")[-1]) for one in requests] == [
        ("POST", "groups"),
        ("PUT", "messages"),
        ("POST", "send"),
    ]
    (added,) = bodies(case.sim, "/messages")
    assert added["messages"][0] == {
        "to": "01000000000",
        "from": "0223456789",
        "country": "82",
        "type": "SMS",
        "autoTypeDetect": False,
        "text": "인증번호 482913",
        "customFields": {"ref": batch.envelopes[0].client_ref},
    }


async def test_long_texts_foreign_numbers_and_own_senders(case: SolapiSmsCase) -> None:
    """LMS with its title; abroad SMS with a country; the content's own sender before the credential's."""
    sender = case.open()
    long = {"text": "가" * 46, "title": "안내", "sender": "1588-1234"}
    await outcomes_of(sender, case.batch([case.recipient(1)], content=long))
    plain = {"text": "hello"}
    await outcomes_of(sender, case.batch(["+14155552671"], content=plain))
    refused = await outcomes_of(sender, case.batch(["+14155552671"], content=long))
    await sender.close()
    here, abroad = (one["messages"][0] for one in bodies(case.sim, "/messages"))
    assert (here["type"], here["subject"], here["from"]) == ("LMS", "안내", "15881234")
    assert (abroad["type"], abroad["to"], abroad["country"]) == ("SMS", "4155552671", "1")
    assert [without_details(one) for one in refused] == [Rejected("long_message_abroad")]


async def test_a_lost_answer_to_the_sending_is_settled_by_asking_the_group(case: SolapiSmsCase) -> None:
    """Solapi sent it and could not say so: the group says SENDING, so all were accepted, once."""
    case.rules({"to": case.recipient(1), "outcome": "lost_answer"})
    sender = case.open(request_timeout=0.5)
    outcomes = await outcomes_of(sender, case.batch([case.recipient(n) for n in range(3)]))
    await sender.close()
    assert {type(outcome) for outcome in outcomes} == {Accepted}
    assert (case.accepted(), case.accepted_twice()) == (3, 0)


async def test_a_group_that_was_not_sent_is_deleted_before_anything_is_tried_again(
    case: SolapiSmsCase,
) -> None:
    """The request to send never arrived: nothing may send that group later, then the messages are free."""
    case.rules({"step": "send", "outcome": "hang"})
    sender = case.open(request_timeout=0.5)
    batch = case.batch([case.recipient(n) for n in range(3)])
    outcomes = await outcomes_of(sender, batch)
    assert outcomes == [Deferred("timeout")] * 3
    paths = [one["method"] for one in case.sim.control.get("/control/requests").json()]
    assert paths[-2:] == ["GET", "DELETE"]
    case.play_accept()
    again = await outcomes_of(sender, batch)
    await sender.close()
    assert {type(outcome) for outcome in again} == {Accepted}
    assert (case.accepted(), case.accepted_twice()) == (3, 0)


@pytest.mark.parametrize("code", ["GroupInProcessing", "AlreadySent", "ScheduledGroup", "500", "502"])
async def test_a_doubtful_refusal_of_the_sending_asks_the_group(case: SolapiSmsCase, code: str) -> None:
    """This group waits: it is deleted, and the messages are tried again later."""
    case.rules({"step": "send", "outcome": f"all:{code}"})
    sender = case.open()
    outcomes = await outcomes_of(sender, case.batch([case.recipient(1)]))
    await sender.close()
    (outcome,) = outcomes
    assert isinstance(outcome, Deferred)
    assert not outcome.unknown
    assert case.accepted() == 0


async def test_a_plain_refusal_of_the_sending_asks_nobody(case: SolapiSmsCase) -> None:
    """A short balance stops the channel; nothing was sent."""
    case.rules({"step": "send", "outcome": "all:NotEnoughBalance"})
    sender = case.open()
    outcomes = await outcomes_of(sender, case.batch([case.recipient(1), case.recipient(2)]))
    await sender.close()
    assert [type(one) for one in outcomes] == [CredentialFault, CredentialFault]
    assert case.accepted() == 0


async def test_what_nobody_can_tell_is_unknown_and_looked_up_later(case: SolapiSmsCase) -> None:
    """Neither the sending nor the group answered; later the list says that all were sent."""
    case.play_lost_answer(case.recipient(1))
    batch = case.batch([case.recipient(n) for n in range(3)])
    sender = case.open(request_timeout=0.5)
    outcomes = await outcomes_of(sender, batch)
    await sender.close()
    assert [without_details(one) for one in outcomes] == [Unknown("timeout")] * 3
    case.play_accept()
    found = await findings(case, batch)
    assert all(isinstance(one, Accepted) and one.provider_id for one in found)
    assert (case.accepted(), case.accepted_twice()) == (3, 0)


async def test_a_look_up_frees_what_still_lies_in_a_group(case: SolapiSmsCase) -> None:
    """Not sent, and nobody could delete it then: the look-up does, and says that it is absent."""
    case.rules(
        {"step": "send", "outcome": "hang"},
        {"step": "status", "outcome": "hang"},
    )
    batch = case.batch([case.recipient(1)])
    sender = case.open(request_timeout=0.5)
    outcomes = await outcomes_of(sender, batch)
    await sender.close()
    assert [without_details(one) for one in outcomes] == [Unknown("timeout")]
    assert [type(one) for one in await findings(case, batch, request_timeout=0.5)] == [Unknown]
    case.play_accept()
    assert await findings(case, batch) == [Absent()]
    assert await findings(case, batch) == [Absent()]
    assert case.accepted() == 0


async def test_a_look_up_knows_what_failed_and_what_never_was(case: SolapiSmsCase) -> None:
    """Taken and refused by the carrier: rejected with the code. Never sent: absent."""
    case.rules({"step": "report", "to": case.recipient(1), "outcome": "3032"})
    batch = case.batch([case.recipient(1), case.recipient(2)])
    sender = case.open()
    await outcomes_of(sender, batch)
    await sender.close()
    never = case.batch([case.recipient(1)])
    failed, sent = await findings(case, batch)
    assert isinstance(failed, Rejected)
    assert (failed.reason, failed.subscription_code) == ("3032", -52)
    assert isinstance(sent, Accepted)
    assert await findings(case, never) == [Absent()]


async def test_a_signature_that_was_seen_before_is_replaced_once(case: SolapiSmsCase) -> None:
    """The request was not executed; a new salt, then it goes through."""
    case.rules({"outcome": "all:DuplicatedSignature", "attempts": 1})
    sender = case.open()
    (first,) = await outcomes_of(sender, case.batch([case.recipient(1)]))
    assert isinstance(first, Accepted)
    case.rules({"outcome": "all:DuplicatedSignature"})
    (second,) = await outcomes_of(sender, case.batch([case.recipient(2)]))
    await sender.close()
    assert second == Deferred("DuplicatedSignature", details={"http_status": 403})


async def test_a_sender_of_its_own_that_is_not_registered_fails_alone(case: SolapiSmsCase) -> None:
    """The credential's own sender is the channel's fault, a message's own sender is the message's."""
    case.rules({"outcome": "1062"})
    sender = case.open()
    own = await outcomes_of(
        sender, case.batch([case.recipient(1)], content={"text": "a", "sender": "1588-1234"})
    )
    usual = await outcomes_of(sender, case.batch([case.recipient(2)]))
    await sender.close()
    assert own == [Rejected("1062", message_code=-55, bug=True)]
    assert usual == [CredentialFault("1062", 7, details={"code": -55})]


async def test_without_any_sender_nothing_is_sent(case: SolapiSmsCase) -> None:
    """The credential lacks one and so does the content."""
    fields = {name: value for name, value in case.credential.fields.items() if name != "sender"}
    batch = attrs.evolve(
        case.batch([case.recipient(1), case.recipient(2)]),
        credential=attrs.evolve(case.credential, fields=fields),
    )
    sender = case.open()
    first, second = await outcomes_of(sender, batch)
    await sender.close()
    assert isinstance(first, CredentialFault)
    assert first.details == {"field": "sender", "code": -55}
    assert second == NotAttempted("credential_fault") or isinstance(second, CredentialFault)


async def test_texts_that_korean_phones_do_not_show_are_refused_before_any_request(
    case: SolapiSmsCase,
) -> None:
    """Emoji in a unicode text, a text that grew too long, a number that is none."""
    sender = case.open()
    emoji = await outcomes_of(
        sender, case.batch([case.recipient(1)], content={"text": "🙂", "alphabet": "unicode"})
    )
    long = await outcomes_of(
        sender, case.batch([case.recipient(1)], content={"text": "가" * 1001, "alphabet": "unicode"})
    )
    number = await outcomes_of(sender, case.batch(["01012345678"]))
    await sender.close()
    assert without_details(emoji[0]) == Rejected("characters_not_carried")
    assert without_details(long[0]) == Rejected("content_too_large")
    assert number == [Rejected("malformed_number", subscription_code=-50)]
    assert case.sim.control.get("/control/requests").json() == []


async def test_polling_reads_final_states_window_by_window(case: SolapiSmsCase) -> None:
    """Delivered, failed with its codes; what is under way is left out; the cursor goes on."""
    case.rules({"step": "report", "to": case.recipient(1), "outcome": "3044"})
    batch = case.batch([case.recipient(0), case.recipient(1)])
    sender = case.open()
    await outcomes_of(sender, batch)
    now = datetime.now(UTC) + timedelta(seconds=2)
    page = await sender.poll(Poll(case.credential, None, now))
    delivered, failed = page.reports
    assert isinstance(delivered, MessageReport)
    assert isinstance(failed, MessageReport)
    assert (delivered.message_id, delivered.event) == (
        batch.envelopes[0].message_id,
        MessageEventType.RECEIVED,
    )
    assert (failed.event, failed.reason, failed.soft) == (MessageEventType.FAILED, "3044", SoftFault(-53, 5))
    assert (failed.recipient, page.more) == (case.recipient(1), False)
    again = await sender.poll(Poll(case.credential, page.cursor, now + timedelta(minutes=5)))
    later = await sender.poll(Poll(case.credential, again.cursor, now + timedelta(minutes=10)))
    await sender.close()
    assert len(again.reports) == 2, "windows overlap, because what was updated just now may be listed late"
    assert later.reports == []


async def test_polling_goes_through_all_pages(case: SolapiSmsCase) -> None:
    """Five hundred a page; the cursor stands in the middle of a window."""
    sender = case.open()
    await outcomes_of(sender, case.batch([case.recipient(n) for n in range(1_200)]))
    now, cursor, reports, pages = datetime.now(UTC) + timedelta(seconds=2), None, 0, 0
    while True:
        page = await sender.poll(Poll(case.credential, cursor, now))
        cursor, reports, pages = page.cursor, reports + len(page.reports), pages + 1
        if not page.more:
            break
    await sender.close()
    assert (reports, pages) == (1_200, 3)


async def test_each_channel_polls_its_own(sim: Simulator) -> None:
    """One account carries both; neither channel reports the other's messages."""
    texts, talks = SolapiSmsCase(sim), SolapiKakaoCase(sim)
    text, talk = texts.open(), talks.open()
    batch = talks.batch([talks.recipient(1)])
    await outcomes_of(text, texts.batch([texts.recipient(2)]))
    await outcomes_of(talk, batch)
    now = datetime.now(UTC) + timedelta(seconds=2)
    (of_talk,) = (await talk.poll(Poll(talks.credential, None, now))).reports
    assert len((await text.poll(Poll(texts.credential, None, now))).reports) == 1
    await text.close()
    await talk.close()
    assert isinstance(of_talk, MessageReport)
    assert of_talk.message_id == batch.envelopes[0].message_id
