"""What became of text messages at NHN Cloud: result updates by polling, and one message by our reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from urllib.parse import urlencode

import msgspec

from adapters.channels.frame.failure_report import failure_report
from adapters.channels.frame.few_at_once import few_at_once
from adapters.channels.frame.korean_time import in_seoul, parse_time
from adapters.channels.frame.nhn.http_calls import NhnCalls, Refusal, decode
from adapters.channels.frame.nhn.result_windows import ResultWindow, results_query
from adapters.channels.frame.verdict import outcome
from adapters.channels.sms.nhn.codes import DELIVERED, result_rule
from application.ports.channels import Inquiry, Poll, Polled
from domain.messaging.client_ref import message_of
from domain.messaging.event import MessageEventType
from domain.messaging.outcome import Absent, Accepted, Deferred, Finding, Rejected, Unknown
from domain.messaging.report import MessageReport
from domain.shared.errors import Unavailable

PAGE: Final = 1_000
OVERLAP: Final = timedelta(seconds=60)
PATTERN: Final = "%Y-%m-%d %H:%M:%S"
BEFORE: Final = timedelta(minutes=2)
AFTER: Final = timedelta(hours=1)
LISTS: Final = ("sms", "mms")


class _Result(msgspec.Struct, rename="camel"):
    request_id: str = ""
    recipient_seq: int | None = None
    result_code: str | None = None
    result_date: str | None = None
    update_date: str | None = None
    msg_status: str = ""
    recipient_grouping_key: str | None = None

    @property
    def provider_id(self) -> str:
        return f"{self.request_id}:{self.recipient_seq}"


class _Results(msgspec.Struct, rename="camel"):
    data: list[_Result]
    total_count: int = 0


class _Answer(msgspec.Struct):
    body: _Results


async def poll_results(calls: NhnCalls, poll: Poll) -> Polled:
    """One page of updated results. Raise Unavailable when NHN cannot be asked now."""
    window = ResultWindow.of(poll, OVERLAP)
    found = decode(await calls.read(_results(calls, window.query(PATTERN, PAGE))), _Answer)
    if found is None:
        raise Unavailable("NHN Cloud answered unreadably", retry_after=60.0)
    reports = [
        report
        for one in found.body.data
        if (
            report := result_report(
                one.recipient_grouping_key or "",
                one.result_code or "",
                told_at=one.result_date or one.update_date,
                seen_at=poll.now,
                provider_id=one.provider_id,
            )
        )
        is not None
    ]
    return window.polled(reports, full=len(found.body.data) == PAGE)


async def ask_results(calls: NhnCalls, now: datetime) -> bytes | Refusal | Deferred:
    """What a small question about results is answered."""
    return await calls.ask("GET", _results(calls, results_query(now - OVERLAP, now, PATTERN)))


def _results(calls: NhnCalls, query: Mapping[str, str | int]) -> str:
    return f"/sms/v3.0/appKeys/{calls.app_key}/message-results?{urlencode(query)}"


def result_report(
    reference: str,
    code: str,
    *,
    told_at: str | None,
    seen_at: datetime,
    provider_id: str,
    recipient: str | None = None,
) -> MessageReport | None:
    """What a result says about a message of ours; None for others and while there is no result."""
    message_id = message_of(reference)
    if message_id is None or not code:
        return None
    occurred_at = min(parse_time(told_at, otherwise=seen_at), seen_at)
    if code == DELIVERED:
        return MessageReport(
            message_id,
            MessageEventType.RECEIVED,
            occurred_at,
            code,
            provider_id=provider_id,
            recipient=recipient,
        )
    return failure_report(
        result_rule(code),
        code,
        message_id=message_id,
        occurred_at=occurred_at,
        provider_id=provider_id,
        recipient=recipient,
    )


async def look_up(calls: NhnCalls, version: int, inquiries: Sequence[Inquiry]) -> list[Finding]:
    """One finding per inquiry, in their order."""
    return await few_at_once(partial(_find, calls, version), inquiries)


async def _find(calls: NhnCalls, version: int, inquiry: Inquiry) -> Finding:
    query = urlencode(
        {
            "startRequestDate": in_seoul(inquiry.claimed_at - BEFORE, PATTERN),
            "endRequestDate": in_seoul(inquiry.claimed_at + AFTER, PATTERN),
            "recipientGroupingKey": inquiry.client_ref,
            "pageSize": 15,
        }
    )
    for kind in LISTS:
        answered = await calls.ask("GET", f"/sms/v3.0/appKeys/{calls.app_key}/sender/{kind}?{query}")
        if not isinstance(answered, bytes):
            return Unknown(answered.reason)
        found = decode(answered, _Answer)
        if found is None:
            return Unknown("unreadable_answer")
        for message in found.body.data:
            if message.recipient_grouping_key == inquiry.client_ref:
                return _judge(message, version)
    return Absent()


def _judge(message: _Result, version: int) -> Finding:
    code = message.result_code or ""
    if not code or code == DELIVERED:
        return Accepted(message.provider_id)
    judged = outcome(result_rule(code), code, credential_version=version)
    return judged if isinstance(judged, Rejected) else Rejected(code, details={"mark": "sender"})


class _Single(msgspec.Struct):
    data: _Result


class _SingleAnswer(msgspec.Struct):
    body: _Single


async def reference_of(calls: NhnCalls, request_id: str, recipient_seq: int | None) -> str:
    """Our reference of one message, for events that do not carry it; empty when NHN has none.

    Raise Unavailable when NHN cannot be asked now.
    """
    if not request_id.isalnum() or recipient_seq is None:
        return ""
    path = f"/sms/v3.0/appKeys/{calls.app_key}/sender/sms/{request_id}?recipientSeq={recipient_seq}"
    found = decode(await calls.read(path), _SingleAnswer)
    return "" if found is None else found.body.data.recipient_grouping_key or ""
