"""What became of sends whose outcome is not known. Twilio's messages do not carry our reference, so one is looked for
among those to the same recipient at that time: exactly one is it, none means that nothing was sent, of several nobody
can say which.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Final
from urllib.parse import urlencode

import attrs
import msgspec

from adapters.channels.frame.breaker import Breaker
from adapters.channels.frame.exchange import exchange
from adapters.channels.frame.few_at_once import few_at_once
from adapters.channels.frame.transport import Host
from adapters.channels.sms.twilio.account import TwilioAccount
from application.ports.channels import Inquiry
from domain.messaging.outcome import Absent, Accepted, Deferred, Finding, Unknown

BEFORE: Final = timedelta(seconds=5)
AFTER: Final = timedelta(seconds=60)
"""Besides the request's own time limit. Clocks differ a little, and Twilio's times are whole seconds."""
PAGE: Final = 100
PAGES: Final = 20


class _Message(msgspec.Struct):
    sid: str = ""
    direction: str | None = None
    date_created: str | None = None


class _Page(msgspec.Struct):
    messages: list[_Message]
    next_page_uri: str | None = None


@attrs.frozen(slots=True)
class _Search:
    host: Host
    breaker: Breaker
    account: TwilioAccount
    margin: timedelta


async def look_up(
    host: Host, breaker: Breaker, account: TwilioAccount, inquiries: Sequence[Inquiry], *, timeout: float
) -> list[Finding]:
    """One finding per inquiry, in their order; `timeout` is how long a send may have taken, in seconds."""
    search = _Search(host, breaker, account, AFTER + timedelta(seconds=timeout))
    return await few_at_once(partial(_find, search), inquiries)


async def _find(search: _Search, inquiry: Inquiry) -> Finding:
    if not inquiry.recipient:
        return Unknown("recipient_gone")
    first = inquiry.claimed_at - BEFORE
    last = inquiry.claimed_at + search.margin
    path: str | None = f"{search.account.messages}?{urlencode({'To': inquiry.recipient, 'PageSize': PAGE})}"
    candidates: list[str] = []
    for _ in range(PAGES):
        assert path is not None
        page = await _page(search, path)
        if isinstance(page, Unknown):
            return page
        times = [_created(message) for message in page.messages]
        candidates += [
            message.sid
            for message, at in zip(page.messages, times, strict=True)
            if at is not None and first <= at <= last and message.direction != "inbound"
        ]
        path = page.next_page_uri
        # The newest come first.
        if not path or any(at is not None and at < first for at in times):
            break
    else:
        return Unknown("too_many_messages")
    if not candidates:
        return Absent()
    return Accepted(candidates[0]) if len(candidates) == 1 else Unknown("several_messages")


async def _page(search: _Search, path: str) -> _Page | Unknown:
    if not path.startswith("/"):
        return Unknown("unreadable_answer")
    headers = {"authorization": search.account.authorization}
    answer = await exchange(search.host, search.breaker, "GET", path, headers)
    if isinstance(answer, Deferred):
        return Unknown(answer.reason)
    if not answer.ok:
        return Unknown(f"http_{answer.status}")
    try:
        return msgspec.json.decode(answer.body, type=_Page)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Unknown("unreadable_answer")


def _created(message: _Message) -> datetime | None:
    try:
        at = parsedate_to_datetime(message.date_created or "")
    except (ValueError, TypeError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
