"""Requests to NHN Cloud KakaoTalk Bizmessage v2.3: one template and up to 1,000 recipients each, and what is answered.

Its own fallback to text messages is off for each recipient, whatever the console says: the platform falls back by
itself. The idempotency key guards against a request that some machine on the way repeats.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import attrs
import msgspec

from adapters.channels.frame.nhn.http_calls import decode
from adapters.channels.frame.phone_numbers import is_korean, national_digits
from adapters.channels.frame.verdict import outcome
from adapters.channels.kakao.filling import Ready
from adapters.channels.kakao.nhn.codes import FALLBACK, SUSPECT_NUMBER, api_rule
from application.ports.channels import Envelope
from domain.messaging.outcome import Accepted, Deferred, Outcome

BATCH: Final = 1_000
SUCCESS: Final = 0
IDEMPOTENCY: Final = "x-nc-api-idempotency-key"
_NO_RESEND: Final = {"isResend": False}


class _SendResult(msgspec.Struct, rename="camel"):
    recipient_seq: int | None = None
    result_code: int | None = None
    recipient_grouping_key: str | None = None


class _SendMessage(msgspec.Struct, rename="camel"):
    request_id: str | None = None
    send_results: list[_SendResult] = []


class _SendAnswer(msgspec.Struct):
    message: _SendMessage


@attrs.frozen(slots=True)
class SendRequest:
    """Recipients of one template."""

    template_code: str
    places: list[int] = attrs.field(factory=list)
    """Positions in the batch."""
    recipients: list[dict[str, object]] = attrs.field(factory=list)

    def body(self, sender_key: str) -> bytes:
        """The whole request."""
        return msgspec.json.encode(
            {
                "senderKey": sender_key,
                "templateCode": self.template_code,
                "recipientList": self.recipients,
            }
        )

    def idempotency_key(self) -> str:
        """The same for the same attempts at the same messages."""
        digest = hashlib.sha256()
        for recipient in self.recipients:
            digest.update(str(recipient["recipientGroupingKey"]).encode())
        return digest.hexdigest()[:40]


def group(envelopes: Sequence[Envelope], ready: Sequence[Ready]) -> list[SendRequest]:
    """The requests that these envelopes take, of at most 1,000 recipients each."""
    open_: dict[str, SendRequest] = {}
    requests: list[SendRequest] = []
    for place, (envelope, one) in enumerate(zip(envelopes, ready, strict=True)):
        code = one.template.code
        request = open_.get(code)
        if request is None or len(request.places) == BATCH:
            request = open_[code] = SendRequest(code)
            requests.append(request)
        number = envelope.token
        recipient: dict[str, object] = {
            "recipientNo": national_digits(number) if is_korean(number) else number[1:],
            "resendParameter": _NO_RESEND,
            "recipientGroupingKey": envelope.client_ref,
        }
        if one.variables:
            recipient["templateParameter"] = one.variables
        request.places.append(place)
        request.recipients.append(recipient)
    return requests


def read_results(request: SendRequest, answer: bytes, version: int) -> list[Outcome]:
    """Each recipient's outcome. One that the answer leaves out may have been sent."""
    found = decode(answer, _SendAnswer)
    if found is None:
        return [Deferred("unreadable_answer", unknown=True)] * len(request.places)
    by_ref = {result.recipient_grouping_key: result for result in found.message.send_results}
    return [
        _judge(found.message.request_id, by_ref.get(str(recipient["recipientGroupingKey"])), version)
        for recipient in request.recipients
    ]


def _judge(request_id: str | None, result: _SendResult | None, version: int) -> Outcome:
    if result is None:
        return Deferred("missing_in_answer", unknown=True)
    if result.result_code in (None, SUCCESS):
        return Accepted(f"{request_id}:{result.recipient_seq}")
    code = str(result.result_code)
    details: dict[str, str | int | float | bool | None] = {"fallback": code in FALLBACK}
    if code in SUSPECT_NUMBER:
        details["phone_review"] = True
    rule = api_rule(result.result_code or SUCCESS)
    return outcome(rule, code, credential_version=version, details=details)
