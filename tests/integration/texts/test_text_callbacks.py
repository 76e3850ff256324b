"""Callbacks as the gateways make them: the simulator calls, the readers read; forged and broken ones are refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from twilio.request_validator import RequestValidator

from application.ports.delivery_reports import Callback, CallbackAnswer
from domain.messaging.event import MessageEventType
from domain.messaging.outcome import SoftFault
from domain.messaging.report import AddressReport, MessageReport
from domain.shared.channels import SubscriptionType
from domain.shared.errors import Forbidden, InvalidInput, Unavailable
from tests.conformance.channels.kit import outcomes_of
from tests.conformance.channels.texts import (
    NhnKakaoCase,
    NhnSmsCase,
    SolapiKakaoCase,
    SolapiSmsCase,
    TextCase,
    TwilioCase,
)
from tests.integration.simulator.harness import Simulator
from tests.integration.texts.conftest import Heard, Listener

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
REPORTED = {
    SolapiSmsCase: "3044",
    SolapiKakaoCase: "3104",
    NhnSmsCase: "2003",
    NhnKakaoCase: "3019",
    TwilioCase: "30003",
}


async def read(case: TextCase, heard: Heard, *, url: str = "", now: datetime | None = None) -> CallbackAnswer:
    """What the reader of this provider makes of a request."""
    reader = case.plugin.providers[case.provider].callbacks(case.settings)
    assert reader is not None
    target = url or f"https://signal.example.com{heard.path}"
    query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
    callback = Callback(
        "POST", target, heard.headers, query, heard.body, case.credential, now or datetime.now(UTC)
    )
    try:
        return await reader.read(callback)
    finally:
        await reader.close()


@pytest.mark.parametrize("cls", sorted(REPORTED, key=lambda cls: cls.__name__))
async def test_the_simulators_reports_are_read(
    sim: Simulator, listener: Listener, cls: type[TextCase]
) -> None:
    """Delivered ones are receipts, failed ones fail with what they say of the number."""
    case = cls(sim)
    code = REPORTED[cls]
    case.rules(
        {"step": "report", "to": case.recipient(1), "outcome": code},
        reports={"webhooks": {case.provider: f"{listener.url}/hook"}, "delay_ms": 100},
    )
    batch = case.batch([case.recipient(0), case.recipient(1)])
    sender = case.open(public_url=listener.url)
    await outcomes_of(sender, batch)
    await sender.close()
    # Twilio tells each message's states one by one; the others may tell several at once.
    requests = listener.wait_for(4 if cls is TwilioCase else 1)
    reports: dict[Any, list[MessageReport]] = {}
    for heard in requests:
        url = f"{listener.url}{heard.path}" if cls is TwilioCase else ""
        for report in (await read(case, heard, url=url)).reports:
            assert isinstance(report, MessageReport)
            reports.setdefault(report.message_id, []).append(report)
    # Those of one message may overtake each other on their way here.
    good, bad = (_last_word(reports[one.message_id]) for one in batch.envelopes)
    assert good.event is MessageEventType.RECEIVED
    assert (bad.event, bad.reason) == (MessageEventType.FAILED, code)
    assert bad.recipient == case.recipient(1)
    assert bad.provider_id
    if case.type is SubscriptionType.SMS:
        assert bad.soft == SoftFault(-53, 5)
    else:
        assert (bad.subscription_code, bad.details["fallback"]) == (-60, True)


def _last_word(reports: list[MessageReport]) -> MessageReport:
    (found,) = (one for one in reports if one.event in (MessageEventType.RECEIVED, MessageEventType.FAILED))
    return found


async def test_a_webhook_is_called_again_until_it_is_taken(sim: Simulator, listener: Listener) -> None:
    """Five deliveries at most; a refusal ends it."""
    case = SolapiSmsCase(sim)
    listener.refusals = [503, 500]
    case.rules(reports={"webhooks": {"solapi": f"{listener.url}/hook"}})
    sender = case.open()
    await outcomes_of(sender, case.batch([case.recipient(0)]))
    await sender.close()
    bodies = {heard.body for heard in listener.wait_for(3)}
    assert len(bodies) == 1


async def test_solapis_word_counts_not_the_webhooks(sim: Simulator) -> None:
    """Whoever knows the address may say anything: what is recorded is what Solapi confirms."""
    case = SolapiSmsCase(sim)
    batch = case.batch([case.recipient(0)])
    sender = case.open()
    await outcomes_of(sender, batch)
    await sender.close()
    listed = sim.control.get("/control/deliveries").text
    assert str(batch.envelopes[0].message_id) in listed
    requests = sim.control.get("/control/requests").json()
    group = requests[-1]["path"].split("/")[4]
    forged = {"statusCode": "3032", "customFields": {"ref": batch.envelopes[0].client_ref}}
    single = [{"eventDataId": "1", "data": {**forged, "messageId": "M4V0000"}}]
    assert (await read(case, Heard("/", {}, json.dumps(single).encode()))).reports == []
    whole = [{"eventDataId": "1", "data": {"groupId": group, "count": {}}}]
    (report,) = (await read(case, Heard("/", {}, json.dumps(whole).encode()))).reports
    assert isinstance(report, MessageReport)
    assert report.event is MessageEventType.RECEIVED


async def test_a_webhook_that_cannot_be_confirmed_is_to_be_repeated(sim: Simulator) -> None:
    """Solapi is away: nothing is recorded, and the webhook comes again."""
    case = SolapiSmsCase(sim)
    case.settings = case.settings_for("https://127.0.0.1:1")
    body = json.dumps([{"eventDataId": "1", "data": {"messageId": "M4V1"}}]).encode()
    with pytest.raises(Unavailable):
        await read(case, Heard("/", {}, body))


@pytest.mark.parametrize("cls", [SolapiSmsCase, NhnSmsCase, NhnKakaoCase])
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]x", b'{"a": 1}', b"\xff\xfe", b'[{"data": 7}]', b'{"hooks": 3}']
)
async def test_a_body_that_is_no_webhook_is_refused(sim: Simulator, cls: type[TextCase], body: bytes) -> None:
    """With what was expected instead."""
    case = cls(sim)
    headers = {"x-toast-webhook-signature": "simulated-signature"}
    with pytest.raises(InvalidInput):
        await read(case, Heard("/", headers, body))


def nhn_webhook(event: str, *hooks: Mapping[str, Any], app_key: str = "AppKey1234567890") -> bytes:
    """NHN's envelope."""
    return json.dumps({"hooksId": "1", "appKey": app_key, "event": event, "hooks": hooks}).encode()


@pytest.mark.parametrize("cls", [NhnSmsCase, NhnKakaoCase])
async def test_nhns_signature_text_must_be_the_configured_one(sim: Simulator, cls: type[TextCase]) -> None:
    """Missing, wrong, or for another app key."""
    case = cls(sim)
    body = nhn_webhook("MESSAGE_RESULT_UPDATE")
    for headers in ({}, {"x-toast-webhook-signature": "guessed"}):
        with pytest.raises(Forbidden):
            await read(case, Heard("/", headers, body))
    good = {"x-toast-webhook-signature": "simulated-signature"}
    with pytest.raises(Forbidden):
        await read(case, Heard("/", good, nhn_webhook("MESSAGE_RESULT_UPDATE", app_key="Other")))
    assert (await read(case, Heard("/", good, body))).reports == []


async def test_an_080_opt_out_blocks_the_number(sim: Simulator) -> None:
    """NHN tells who called the opt-out number."""
    case = NhnSmsCase(sim)
    good = {"x-toast-webhook-signature": "simulated-signature"}
    hook = {
        "hookId": "1",
        "recipientNo": "01012341234",
        "unsubscribeNo": "08012341234",
        "createdDateTime": "2026-11-23T11:25:10.000+09:00",
    }
    body = nhn_webhook("UNSUBSCRIBE", hook, {"hookId": "2", "recipientNo": ""})
    answer = await read(case, Heard("/", good, body), now=NOW)
    assert list(answer.reports) == [
        AddressReport(
            SubscriptionType.SMS,
            "+821012341234",
            datetime(2026, 11, 23, 2, 25, 10, tzinfo=UTC),
            "080_opt_out",
            code=-54,
        )
    ]


async def test_a_receipt_from_abroad_is_matched_by_asking(sim: Simulator) -> None:
    """It names NHN's ids alone; what waits is passed over."""
    case = NhnSmsCase(sim)
    batch = case.batch(["+14155552671", "+14155552672"], content={"text": "hello"})
    sender = case.open()
    outcomes: list[Any] = await outcomes_of(sender, batch)
    await sender.close()
    request_id, _, seq = outcomes[1].provider_id.partition(":")
    good = {"x-toast-webhook-signature": "simulated-signature"}

    def hook(status: str, error: str) -> bytes:
        fields = {"requestId": request_id, "recipientSeq": int(seq), "dlrStatus": status, "errorCode": error}
        return nhn_webhook("INTERNATIONAL_DELIVERY_RECEIPT", fields)

    for status, error, event, code in (
        ("DELIVERED", "0", MessageEventType.RECEIVED, None),
        ("FAILED", "3", MessageEventType.FAILED, -52),
    ):
        (report,) = (await read(case, Heard("/", good, hook(status, error)))).reports
        assert isinstance(report, MessageReport)
        assert (report.message_id, report.event, report.subscription_code) == (
            batch.envelopes[1].message_id,
            event,
            code,
        )
    assert (await read(case, Heard("/", good, hook("BUFFERED", "0")))).reports == []


def twilio_callback(
    case: TwilioCase, form: Mapping[str, str], *, ref: str = "", token: str = "f" * 32
) -> Any:
    """A signed form and the address that it was sent to."""
    url = f"https://signal.example.com/v1/callbacks/twilio/x/y?ref={ref}"
    signature = RequestValidator(token).compute_signature(url, dict(form))
    headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature}
    return url, Heard("/", headers, urlencode(form).encode())


@pytest.mark.parametrize(
    ("form", "event", "reason"),
    [
        ({"MessageStatus": "sent"}, MessageEventType.SENT, "sent"),
        ({"MessageStatus": "delivered"}, MessageEventType.RECEIVED, "delivered"),
        ({"MessageStatus": "read"}, MessageEventType.CONVERTED, "read"),
        ({"MessageStatus": "undelivered", "ErrorCode": "30005"}, MessageEventType.FAILED, "30005"),
        ({"MessageStatus": "failed"}, MessageEventType.FAILED, "failed"),
        ({"MessageStatus": "canceled"}, MessageEventType.FAILED, "canceled"),
        ({"MessageStatus": "queued"}, None, None),
        ({"MessageStatus": "sending"}, None, None),
    ],
)
async def test_each_status_of_twilio(
    sim: Simulator, form: dict[str, str], event: MessageEventType | None, reason: str | None
) -> None:
    """What changes a message and what is only on the way."""
    case = TwilioCase(sim)
    (envelope,) = case.batch([case.recipient(0)]).envelopes
    url, heard = twilio_callback(case, {**form, "MessageSid": "SM1"}, ref=envelope.client_ref)
    reports = list((await read(case, heard, url=url)).reports)
    if event is None:
        assert reports == []
        return
    (report,) = reports
    assert isinstance(report, MessageReport)
    assert (report.message_id, report.event, report.reason, report.provider_id) == (
        envelope.message_id,
        event,
        reason,
        "SM1",
    )


@pytest.mark.parametrize(
    ("form", "code", "clears"),
    [
        ({"OptOutType": "STOP", "Body": "멈춰"}, -54, frozenset()),
        ({"Body": " stop "}, -54, frozenset()),
        ({"Body": "수신거부"}, -54, frozenset()),
        ({"OptOutType": "START"}, None, frozenset({-54})),
        ({"Body": "UNSTOP"}, None, frozenset({-54})),
    ],
)
async def test_stop_and_start(
    sim: Simulator, form: dict[str, str], code: int | None, clears: frozenset[int]
) -> None:
    """By Twilio's own word or by what was written; the answer is empty TwiML."""
    case = TwilioCase(sim)
    url, heard = twilio_callback(case, {**form, "From": "+821012345678", "SmsStatus": "received"})
    answer = await read(case, heard, url=url)
    (report,) = answer.reports
    assert isinstance(report, AddressReport)
    assert (report.address, report.code, report.clears) == ("+821012345678", code, clears)
    assert (answer.content_type, answer.status) == ("text/xml", 200)
    assert b"<Response/>" in answer.body


async def test_other_answers_of_recipients_are_not_for_us(sim: Simulator) -> None:
    """Somebody says thanks; a short code writes."""
    case = TwilioCase(sim)
    for form in ({"Body": "고마워요", "From": "+821012345678"}, {"Body": "STOP", "From": "12345"}, {}):
        url, heard = twilio_callback(case, form)
        assert (await read(case, heard, url=url)).reports == ()


async def test_a_forged_callback_is_refused(sim: Simulator) -> None:
    """Signed with another token, not signed, for another address, by a shared key that is not ours, too large."""
    case = TwilioCase(sim)
    form = {"MessageStatus": "delivered", "MessageSid": "SM1"}
    (envelope,) = case.batch([case.recipient(0)]).envelopes
    url, heard = twilio_callback(case, form, ref=envelope.client_ref)
    _, foreign = twilio_callback(case, form, ref=envelope.client_ref, token="e" * 32)
    shared = {"x-twilio-webhooks-signature-settings": "key=1,algorithm=HMAC_SHA256"}
    for forged, at in (
        (foreign, url),
        (Heard("/", {"content-type": heard.headers["content-type"]}, heard.body), url),
        (heard, url.replace("-1", "-2")),
        (Heard("/", {**heard.headers, **shared}, heard.body), url),
        (Heard("/", heard.headers, heard.body + b"&ErrorCode=30005"), url),
    ):
        with pytest.raises(Forbidden):
            await read(case, forged, url=at)
    with pytest.raises(InvalidInput):
        await read(case, Heard("/", heard.headers, b"a=" + b"x" * 300_000), url=url)
    with pytest.raises(InvalidInput):
        await read(case, Heard("/", heard.headers, b"&".join(b"a=1" for _ in range(500))), url=url)
