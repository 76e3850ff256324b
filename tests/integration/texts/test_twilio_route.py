"""Twilio over real sockets: one request a message, look-ups by number and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest

from application.ports.channels import Inquiry, InquiryBatch
from domain.messaging.outcome import Absent, Accepted, CredentialFault, Deferred, Rejected, Unknown
from tests.conformance.channels.kit import outcomes_of, without_details
from tests.conformance.channels.texts import TwilioCase
from tests.integration.simulator.harness import Simulator
from tests.integration.texts.test_solapi_route import inquiries


@pytest.fixture
def case(sim: Simulator) -> TwilioCase:
    """Every test starts with a provider that takes everything."""
    return TwilioCase(sim)


def forms(sim: Simulator) -> list[dict[str, str]]:
    """The forms that were posted."""
    requests = sim.control.get("/control/requests", params={"last": "200"}).json()
    return [
        {name: values[0] for name, values in parse_qs(one["body"], keep_blank_values=True).items()}
        for one in requests
        if one["method"] == "POST"
    ]


async def test_a_message_says_where_its_status_is_to_be_told(case: TwilioCase) -> None:
    """Number, sender, text, validity, and our reference in the callback's address."""
    batch = case.batch([case.recipient(7)], content={"text": "할인 & 안내 +50%"})
    sender = case.open()
    await outcomes_of(sender, batch)
    await sender.close()
    (form,) = forms(case.sim)
    callback = urlsplit(form.pop("StatusCallback"))
    assert int(form.pop("ValidityPeriod")) == 36_000
    assert form == {"To": case.recipient(7), "From": "+14155552671", "Body": "할인 & 안내 +50%"}
    assert callback.netloc == "signal.example.com"
    assert callback.path == f"/v1/callbacks/twilio/{case.application_id}/{'t' * 32}"
    assert parse_qs(callback.query) == {"ref": [batch.envelopes[0].client_ref]}


async def test_a_messaging_service_an_own_sender_and_a_title(case: TwilioCase) -> None:
    """MG… goes into another field; the content's sender wins; a title is the first line."""
    sender = case.open()
    service = "MG" + "0" * 32
    await outcomes_of(sender, case.batch([case.recipient(1)], content={"text": "a", "sender": service}))
    await outcomes_of(sender, case.batch([case.recipient(1)], content={"text": "b", "title": "T"}))
    soon = datetime.now(UTC) + timedelta(seconds=90)
    await outcomes_of(sender, case.batch([case.recipient(1)], expires_at=soon))
    await sender.close()
    first, second, third = forms(case.sim)
    assert (first["MessagingServiceSid"], "From" in first) == (service, False)
    assert second["Body"] == "T\nb"
    assert 80 <= int(third["ValidityPeriod"]) <= 90


async def test_without_a_public_address_no_callback_is_named(case: TwilioCase) -> None:
    """Nobody could be called back."""
    sender = case.open(public_url="")
    await outcomes_of(sender, case.batch([case.recipient(1)]))
    await sender.close()
    assert "StatusCallback" not in forms(case.sim)[0]


async def test_an_api_key_authenticates_instead_of_the_auth_token(case: TwilioCase) -> None:
    """The Auth Token then only verifies callbacks."""
    fields = {**case.credential.fields, "api_key_sid": "SK" + "1" * 32, "api_key_secret": "g" * 32}
    batch = attrs.evolve(
        case.batch([case.recipient(1)]), credential=attrs.evolve(case.credential, fields=fields)
    )
    sender = case.open()
    (outcome,) = await outcomes_of(sender, batch)
    await sender.close()
    assert isinstance(outcome, Accepted)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("21610", Rejected("21610", subscription_code=-54)),
        ("21614", Rejected("21614", subscription_code=-52)),
        ("21606", CredentialFault("21606", 7)),
        ("20429", Deferred("20429", retry_after=9.0, throttle=True)),
        ("20503", Deferred("20503", retry_after=9.0)),
        ("20500", Unknown("20500")),
        ("502", Unknown("http_502")),
        ("503", Deferred("http_503", retry_after=9.0)),
    ],
)
async def test_an_answer_has_the_outcome_of_its_code(case: TwilioCase, code: str, expected: Any) -> None:
    """With Retry-After where it is said; a 5xx after the message was sent is unknown."""
    case.rules({"outcome": f"all:{code}", "retry_after": {"seconds": 9}})
    sender = case.open()
    (outcome,) = await outcomes_of(sender, case.batch([case.recipient(1)]))
    await sender.close()
    assert without_details(outcome) == expected


async def test_a_cap_of_the_day_waits_until_tomorrow(case: TwilioCase) -> None:
    """63038 says nothing of how long."""
    case.rules({"outcome": "all:63038"})
    sender = case.open()
    (outcome,) = await outcomes_of(sender, case.batch([case.recipient(1)]))
    await sender.close()
    assert isinstance(outcome, Deferred)
    assert outcome.throttle
    assert outcome.retry_after is not None
    assert 0 < outcome.retry_after <= 86_400


async def test_an_own_sender_that_is_not_ours_fails_alone(case: TwilioCase) -> None:
    """The credential is not at fault."""
    case.rules({"outcome": "21606"})
    content = {"text": "a", "sender": "+14155550000"}
    sender = case.open()
    (outcome,) = await outcomes_of(sender, case.batch([case.recipient(1)], content=content))
    await sender.close()
    assert outcome == Rejected("21606", message_code=-55, bug=True)


async def test_a_text_beyond_what_twilio_carries_is_no_request(case: TwilioCase) -> None:
    """1,600 characters with the title."""
    sender = case.open()
    content = {"text": "a" * 1_650}
    (outcome,) = await outcomes_of(sender, case.batch([case.recipient(1)], content=content))
    await sender.close()
    assert without_details(outcome) == Rejected("content_too_large")
    assert forms(case.sim) == []


async def test_the_one_message_to_that_number_at_that_time_is_it(case: TwilioCase) -> None:
    """Twilio does not carry our reference; several candidates leave it open, none means that nothing was sent."""
    case.rules({"to": case.recipient(1), "outcome": "lost_answer"})
    batch = case.batch([case.recipient(1)])
    sender = case.open(request_timeout=0.5)
    (outcome,) = await outcomes_of(sender, batch)
    assert without_details(outcome) == Unknown("timeout")
    case.play_accept()
    (found,) = await sender.look_up(inquiries(batch))
    assert isinstance(found, Accepted)
    assert await sender.look_up(inquiries(case.batch([case.recipient(2)]))) == [Absent()]
    await outcomes_of(sender, case.batch([case.recipient(1)]))
    assert await sender.look_up(inquiries(batch)) == [Unknown("several_messages")]
    await sender.close()


async def test_messages_of_another_time_are_not_it(case: TwilioCase) -> None:
    """Sent an hour before or after; a number that is gone; a provider that is down."""
    sender = case.open(request_timeout=1.0)
    batch = case.batch([case.recipient(1)])
    await outcomes_of(sender, batch)
    now = datetime.now(UTC)

    def asked(at: datetime, recipient: str) -> InquiryBatch:
        one = batch.envelopes[0]
        inquiry = Inquiry(one.message_id, one.client_ref, recipient, at)
        return InquiryBatch(batch.application_id, batch.type, batch.credential, [inquiry])

    for shift in (timedelta(hours=1), -timedelta(hours=1)):
        assert await sender.look_up(asked(now + shift, case.recipient(1))) == [Absent()]
    assert await sender.look_up(asked(now, "")) == [Unknown("recipient_gone")]
    case.rules({"step": "status", "outcome": "all:500"})
    assert await sender.look_up(asked(now, case.recipient(1))) == [Unknown("http_500")]
    await sender.close()


async def test_a_look_up_goes_through_pages(case: TwilioCase) -> None:
    """A number that got hundreds of messages since."""
    sender = case.open()
    before = case.batch([case.recipient(1)] * 150)
    outcomes = await outcomes_of(sender, before)
    assert {type(one) for one in outcomes} == {Accepted}
    (found,) = await sender.look_up(
        attrs.evolve(inquiries(before), inquiries=inquiries(before).inquiries[:1])
    )
    await sender.close()
    assert found == Unknown("several_messages")
