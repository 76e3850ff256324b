"""Delivery reports of Solapi: its webhooks, and polling.

A webhook carries no signature. It is believed no more than it must be: the address is unguessable, and what it says
is asked for again, message by message, with the account's own key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from adapters.channels.frame.solapi.http_calls import Refusal, SolapiCalls
from adapters.channels.frame.solapi.stored_messages import (
    LIST,
    PAGE,
    Page,
    StoredMessage,
    list_page,
    report_of,
)
from application.ports.channels import Poll, Polled
from domain.messaging.outcome import Deferred
from domain.messaging.report import MessageReport
from domain.shared.errors import InvalidInput, Unavailable

FIRST_LOOK: Final = timedelta(hours=1)
LONGEST_LOOK: Final = timedelta(hours=24)
OVERLAP: Final = timedelta(seconds=60)
"""What was updated in the last moment may be listed late."""
CONFIRMED_AT_ONCE: Final = 50
MOST_EVENTS: Final = 1_000
GROUP_PAGES: Final = 2_000
"""A group holds a million messages at most."""


class _Cursor(msgspec.Struct):
    start: datetime
    end: datetime
    key: str | None = None


class _EventData(msgspec.Struct, rename="camel"):
    message_id: str = ""
    group_id: str = ""


class _Event(msgspec.Struct, rename="camel"):
    data: _EventData


async def poll_reports(calls: SolapiCalls, poll: Poll, *, kakao: bool) -> Polled:
    """One page of what changed since the last look, of one channel. Raise Unavailable when Solapi cannot be asked now."""
    cursor = _cursor(poll)
    query = [
        ("dateType", "UPDATED"),
        ("startDate", cursor.start.isoformat()),
        ("endDate", cursor.end.isoformat()),
        ("limit", str(PAGE)),
        *([("startKey", cursor.key)] if cursor.key else []),
    ]
    page = await _page_or_raise(calls, LIST, query)
    reports = [
        report
        for one in page.messages
        if one.is_kakao is kakao and (report := report_of(one, seen_at=poll.now)) is not None
    ]
    next_cursor = _Cursor(cursor.start, cursor.end, page.next_key)
    more = bool(page.next_key) or cursor.end < poll.now
    return Polled(reports, msgspec.json.encode(next_cursor).decode(), more)


def _cursor(poll: Poll) -> _Cursor:
    if poll.cursor is None:
        return _Cursor(poll.now - FIRST_LOOK, poll.now)
    last = msgspec.json.decode(poll.cursor, type=_Cursor)
    if last.key:
        return last
    start = last.end - OVERLAP
    return _Cursor(start, min(poll.now, start + LONGEST_LOOK))


async def confirmed_reports(calls: SolapiCalls, body: bytes, *, now: datetime) -> list[MessageReport]:
    """What a webhook's messages are by Solapi's own word. Raise InvalidInput for a body that is no webhook."""
    try:
        events = msgspec.json.decode(body, type=list[_Event], strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise InvalidInput(
            "the body is no array of Solapi events", field="body", fix="send Solapi's report webhook"
        ) from None
    if len(events) > MOST_EVENTS:
        raise InvalidInput("too many events at once", field="body", fix=f"send at most {MOST_EVENTS}")
    single = list(dict.fromkeys(one.data.message_id for one in events if one.data.message_id))
    groups = dict.fromkeys(
        one.data.group_id for one in events if not one.data.message_id and one.data.group_id
    )
    stored: list[StoredMessage] = []
    for first in range(0, len(single), CONFIRMED_AT_ONCE):
        stored += await _by_ids(calls, single[first : first + CONFIRMED_AT_ONCE])
    for group_id in groups:
        stored += await _of_group(calls, group_id)
    return [report for one in stored if (report := report_of(one, seen_at=now)) is not None]


async def _by_ids(calls: SolapiCalls, ids: Sequence[str]) -> Sequence[StoredMessage]:
    query = [*(("messageIds", one) for one in ids), ("limit", str(PAGE))]
    page = await _page_or_raise(calls, LIST, query)
    wanted = set(ids)
    return [one for one in page.messages if one.message_id in wanted]


async def _of_group(calls: SolapiCalls, group_id: str) -> list[StoredMessage]:
    if not group_id.isalnum():
        return []
    found: list[StoredMessage] = []
    key: str | None = None
    for _ in range(GROUP_PAGES):
        query = [("limit", str(PAGE)), *([("startKey", key)] if key else [])]
        page = await _page_or_raise(calls, f"/messages/v4/groups/{group_id}/messages", query)
        found += page.messages
        key = page.next_key
        if not key:
            break
    return found


async def _page_or_raise(calls: SolapiCalls, path: str, query: Sequence[tuple[str, str]]) -> Page:
    page = await list_page(calls, path, query)
    if isinstance(page, Refusal):
        raise Unavailable(f"Solapi refused: {page.reason}", retry_after=page.retry_after or 60.0)
    if isinstance(page, Deferred):
        raise Unavailable(f"Solapi cannot be asked: {page.reason}", retry_after=30.0)
    return page
