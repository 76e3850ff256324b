"""What became of AlimTalks at NHN Cloud: result updates by polling, and one message by our reference.

Result updates name a message by NHN's ids alone, so the messages of each request are asked for our references.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from urllib.parse import urlencode

import msgspec

from adapters.channels.frame.failure_report import failure_report
from adapters.channels.frame.few_at_once import few_at_once
from adapters.channels.frame.korean_time import in_seoul, parse_time
from adapters.channels.frame.nhn.http_calls import NhnCalls, decode
from adapters.channels.frame.nhn.result_windows import ResultWindow
from adapters.channels.frame.verdict import outcome
from adapters.channels.kakao.nhn.codes import (
    DELIVERED,
    FALLBACK,
    SUSPECT_NUMBER,
    UNCERTAIN,
    UNDER_WAY,
    result_rule,
)
from application.ports.channels import Inquiry, Poll, Polled
from domain.messaging.client_ref import message_of
from domain.messaging.event import MessageEventType
from domain.messaging.outcome import Absent, Accepted, Finding, Rejected, Unknown
from domain.messaging.report import MessageReport
from domain.shared.errors import Unavailable

PAGE: Final = 300
REQUEST_PAGE: Final = 1_000
OVERLAP: Final = timedelta(minutes=2)
"""Times in these queries are whole minutes."""
PATTERN: Final = "%Y-%m-%d %H:%M"
BEFORE: Final = timedelta(minutes=3)
AFTER: Final = timedelta(hours=1)


class _Update(msgspec.Struct, rename="camel"):
    request_id: str = ""
    recipient_seq: int | None = None
    receive_date: str | None = None
    result_code: str | None = None


class _Updates(msgspec.Struct):
    messages: list[_Update]


class _Message(msgspec.Struct, rename="camel"):
    request_id: str = ""
    recipient_seq: int | None = None
    message_status: str | None = None
    result_code: str | None = None
    recipient_grouping_key: str | None = None


class _Found(msgspec.Struct):
    messages: list[_Message]


class _Search(msgspec.Struct):
    found: _Found = msgspec.field(name="messageSearchResultResponse")


async def poll_results(calls: NhnCalls, poll: Poll) -> Polled:
    """One page of updated results. Raise Unavailable when NHN cannot be asked now."""
    window = ResultWindow.of(poll, OVERLAP)
    path = f"{root(calls)}/message-results?{urlencode(window.query(PATTERN, PAGE))}"
    updates = decode(await calls.read(path), _Updates)
    if updates is None:
        raise Unavailable("NHN Cloud answered unreadably", retry_after=60.0)
    references = await _references(calls, sorted({one.request_id for one in updates.messages}))
    reports = [
        report
        for one in updates.messages
        if (
            report := result_report(
                references.get((one.request_id, one.recipient_seq), ""),
                one.result_code or "",
                told_at=one.receive_date,
                seen_at=poll.now,
                provider_id=f"{one.request_id}:{one.recipient_seq}",
            )
        )
        is not None
    ]
    return window.polled(reports, full=len(updates.messages) == PAGE)


async def _references(calls: NhnCalls, request_ids: Sequence[str]) -> dict[tuple[str, int | None], str]:
    async def of(request_id: str) -> Sequence[_Message]:
        query = urlencode({"requestId": request_id, "pageSize": REQUEST_PAGE})
        found = decode(await calls.read(f"{root(calls)}/messages?{query}"), _Search)
        return () if found is None else found.found.messages

    answers = await few_at_once(of, request_ids)
    return {
        (request_id, message.recipient_seq): message.recipient_grouping_key or ""
        for request_id, messages in zip(request_ids, answers, strict=True)
        for message in messages
    }


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
    if message_id is None or not code or code in UNDER_WAY:
        return None
    occurred_at = min(parse_time(told_at, otherwise=seen_at), seen_at)
    if code == DELIVERED or code in UNCERTAIN:
        event = MessageEventType.RECEIVED if code == DELIVERED else MessageEventType.REPORTED
        return MessageReport(
            message_id, event, occurred_at, code, provider_id=provider_id, recipient=recipient
        )
    return failure_report(
        result_rule(code),
        code,
        message_id=message_id,
        occurred_at=occurred_at,
        provider_id=provider_id,
        recipient=recipient,
        fallback=code in FALLBACK,
        details={"phone_review": True} if code in SUSPECT_NUMBER else None,
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
        }
    )
    answered = await calls.ask("GET", f"{root(calls)}/messages?{query}")
    if not isinstance(answered, bytes):
        return Unknown(answered.reason)
    found = decode(answered, _Search)
    if found is None:
        return Unknown("unreadable_answer")
    for message in found.found.messages:
        if message.recipient_grouping_key == inquiry.client_ref:
            return _judge(message, version)
    return Absent()


def _judge(message: _Message, version: int) -> Finding:
    code = message.result_code or ""
    provider_id = f"{message.request_id}:{message.recipient_seq}"
    # MRC01 and MRC02 are the list's own words for success and failure where there is no code.
    if not code or code == "MRC01" or code == DELIVERED or code in UNCERTAIN or code in UNDER_WAY:
        return Accepted(provider_id)
    judged = outcome(result_rule(code), code, credential_version=version)
    return judged if isinstance(judged, Rejected) else Rejected(code, details={"mark": "sender"})


def root(calls: NhnCalls) -> str:
    """The path that all have in common."""
    return f"/alimtalk/v2.3/appkeys/{calls.app_key}"
