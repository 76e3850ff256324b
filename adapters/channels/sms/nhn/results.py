"""What became of text messages at NHN Cloud: result updates by polling, and one message by our reference."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

import msgspec

from adapters.channels.frame.failure_report import failure_report
from adapters.channels.frame.korean_time import in_seoul, parse_time
from adapters.channels.frame.nhn.http_calls import NhnCalls, Refusal, decode
from adapters.channels.frame.verdict import outcome
from adapters.channels.sms.nhn.codes import DELIVERED, result_rule
from application.ports.channels import Inquiry, Poll, Polled
from domain.messaging.client_ref import message_of
from domain.messaging.event import MessageEventType
from domain.messaging.outcome import Absent, Accepted, Deferred, Finding, Rejected, Unknown
from domain.messaging.report import MessageReport
from domain.shared.errors import Unavailable

PAGE: Final = 1_000
FIRST_LOOK: Final = timedelta(hours=1)
LONGEST_LOOK: Final = timedelta(hours=23)
"""NHN answers for at most one day at a time."""
OVERLAP: Final = timedelta(seconds=60)
PATTERN: Final = "%Y-%m-%d %H:%M:%S"
BEFORE: Final = timedelta(minutes=2)
AFTER: Final = timedelta(hours=1)
AT_ONCE: Final = 8
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


class _Cursor(msgspec.Struct):
    start: datetime
    end: datetime
    page: int = 0
    """The next page; 0: the window is finished."""


async def poll_results(calls: NhnCalls, poll: Poll) -> Polled:
    """One page of updated results. Raise Unavailable when NHN cannot be asked now."""
    cursor = _cursor(poll)
    query = {
        "startUpdateDate": in_seoul(cursor.start, PATTERN),
        "endUpdateDate": in_seoul(cursor.end, PATTERN),
        "pageNum": cursor.page,
        "pageSize": PAGE,
    }
    answered = await calls.ask("GET", f"/sms/v3.0/appKeys/{calls.app_key}/message-results?{urlencode(query)}")
    if not isinstance(answered, bytes):
        raise Unavailable(
            f"NHN Cloud cannot be asked: {answered.reason}", retry_after=answered.retry_after or 60.0
        )
    found = decode(answered, _Answer)
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
    further = len(found.body.data) == PAGE
    next_cursor = _Cursor(cursor.start, cursor.end, cursor.page + 1 if further else 0)
    more = further or cursor.end < poll.now
    return Polled(reports, msgspec.json.encode(next_cursor).decode(), more)


async def ask_results(calls: NhnCalls, now: datetime) -> bytes | Refusal | Deferred:
    """What a small question about results is answered."""
    query = {
        "startUpdateDate": in_seoul(now - OVERLAP, PATTERN),
        "endUpdateDate": in_seoul(now, PATTERN),
        "pageNum": 1,
        "pageSize": 1,
    }
    return await calls.ask("GET", f"/sms/v3.0/appKeys/{calls.app_key}/message-results?{urlencode(query)}")


def _cursor(poll: Poll) -> _Cursor:
    if poll.cursor is None:
        return _Cursor(poll.now - FIRST_LOOK, poll.now, 1)
    last = msgspec.json.decode(poll.cursor, type=_Cursor)
    if last.page:
        return last
    start = last.end - OVERLAP
    return _Cursor(start, min(poll.now, start + LONGEST_LOOK), 1)


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
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(inquiry: Inquiry) -> Finding:
        async with turn:
            return await _find(calls, version, inquiry)

    return list(await asyncio.gather(*(one(inquiry) for inquiry in inquiries)))


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
    answered = await calls.ask("GET", path)
    if not isinstance(answered, bytes):
        raise Unavailable(f"NHN Cloud cannot be asked: {answered.reason}", retry_after=60.0)
    found = decode(answered, _SingleAnswer)
    return "" if found is None else found.body.data.recipient_grouping_key or ""
