"""Requests to NHN Cloud SMS v3.0: one text, one sender and up to 1,000 recipients each, and what is answered to each.

Source: NHN Cloud, "SMS > API v3.0 Guide". A text for one recipient alone is a request of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs
import msgspec

from adapters.channels.frame.nhn.http_calls import decode
from adapters.channels.frame.phone_numbers import is_korean, national_digits
from adapters.channels.frame.verdict import outcome
from adapters.channels.sms.fitting import Ready
from adapters.channels.sms.nhn.codes import api_rule
from application.ports.channels import Envelope
from domain.messaging.outcome import Accepted, Deferred, Outcome
from domain.messaging.sms_text import opening

BATCH: Final = 1_000
SUCCESS: Final = 0


class _SendResult(msgspec.Struct, rename="camel"):
    recipient_seq: int | None = None
    result_code: int | None = None
    recipient_grouping_key: str = ""


class _SendData(msgspec.Struct, rename="camel"):
    request_id: str = ""
    send_result_list: list[_SendResult] = []


class _SendBody(msgspec.Struct):
    data: _SendData


class _SendAnswer(msgspec.Struct):
    body: _SendBody


@attrs.frozen(slots=True)
class SendRequest:
    """Recipients who get the same text the same way."""

    ready: Ready
    korea: bool
    places: list[int] = attrs.field(factory=list)
    """Positions in the batch."""
    recipients: list[dict[str, str]] = attrs.field(factory=list)

    def path(self, app_key: str) -> str:
        """Short and long messages have their own addresses, advertising, too."""
        kind = "mms" if self.korea and self.ready.content.is_long else "sms"
        ad = "ad-" if self.ready.content.advertising else ""
        return f"/sms/v3.0/appKeys/{app_key}/sender/{ad}{kind}"

    def body(self) -> bytes:
        """A long message must have a title: without one the text's beginning is it."""
        content = self.ready.content
        fields: dict[str, object] = {
            "body": content.text,
            "sendNo": self.ready.sender,
            "recipientList": self.recipients,
        }
        if self.korea and content.is_long:
            fields["title"] = content.title or opening(content.text)
        return msgspec.json.encode(fields)


def group(envelopes: Sequence[Envelope], ready: Sequence[Ready]) -> list[SendRequest]:
    """The requests that these envelopes take, of at most 1,000 recipients each."""
    open_: dict[tuple[int, bool], SendRequest] = {}
    requests: list[SendRequest] = []
    for place, (envelope, one) in enumerate(zip(envelopes, ready, strict=True)):
        korea = is_korean(envelope.token)
        key = (id(one), korea)
        request = open_.get(key)
        if request is None or len(request.places) == BATCH:
            request = open_[key] = SendRequest(one, korea)
            requests.append(request)
        number = (
            {"recipientNo": national_digits(envelope.token)}
            if korea
            else {"internationalRecipientNo": envelope.token[1:]}
        )
        request.places.append(place)
        request.recipients.append({**number, "recipientGroupingKey": envelope.client_ref})
    return requests


def read_results(request: SendRequest, answer: bytes, version: int) -> list[Outcome]:
    """Each recipient's outcome. One that the answer leaves out may have been sent."""
    found = decode(answer, _SendAnswer)
    if found is None:
        return [Deferred("unreadable_answer", unknown=True)] * len(request.places)
    data = found.body.data
    by_ref = {result.recipient_grouping_key: result for result in data.send_result_list}
    return [
        _judge(data.request_id, by_ref.get(recipient["recipientGroupingKey"]), version)
        for recipient in request.recipients
    ]


def _judge(request_id: str, result: _SendResult | None, version: int) -> Outcome:
    if result is None:
        return Deferred("missing_in_answer", unknown=True)
    if result.result_code in (None, SUCCESS):
        return Accepted(f"{request_id}:{result.recipient_seq}")
    code = result.result_code or SUCCESS
    return outcome(api_rule(code), str(code), credential_version=version)
