"""What became of sends whose outcome is not known: each is looked for by recipient and time, and told by our reference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from adapters.channels.frame.few_at_once import few_at_once
from adapters.channels.frame.phone_numbers import national_digits
from adapters.channels.frame.solapi.codes import DELIVERED, TAKEN, status_rule
from adapters.channels.frame.solapi.group_send import GroupSend, GroupState
from adapters.channels.frame.solapi.http_calls import SolapiCalls
from adapters.channels.frame.solapi.stored_messages import LIST, PAGE, Page, StoredMessage, list_page
from adapters.channels.frame.verdict import outcome
from application.ports.channels import Inquiry
from domain.messaging.outcome import Absent, Accepted, Finding, Rejected, Unknown

BEFORE: Final = timedelta(minutes=2)
AFTER: Final = timedelta(hours=1)
"""Around the claim: clocks differ, and a request may have waited."""
PAGES: Final = 20
_ON_THE_WAY: Final = frozenset({"SENDING", "COMPLETE"})


async def look_up(calls: SolapiCalls, version: int, inquiries: Sequence[Inquiry]) -> list[Finding]:
    """One finding per inquiry, in their order."""
    return await few_at_once(partial(_find, calls, version), inquiries)


async def _find(calls: SolapiCalls, version: int, inquiry: Inquiry) -> Finding:
    query = [
        ("startDate", (inquiry.claimed_at - BEFORE).isoformat()),
        ("endDate", (inquiry.claimed_at + AFTER).isoformat()),
        ("dateType", "CREATED"),
        ("limit", str(PAGE)),
    ]
    if inquiry.recipient:
        query.append(("to", national_digits(inquiry.recipient)))
    key: str | None = None
    for _ in range(PAGES):
        page = await list_page(calls, LIST, [*query, *([("startKey", key)] if key else [])])
        if not isinstance(page, Page):
            return Unknown(page.reason)
        for message in page.messages:
            if message.reference == inquiry.client_ref:
                return await _judge(calls, version, message)
        key = page.next_key
        if not key:
            return Absent()
    return Unknown("too_many_messages")


async def _judge(calls: SolapiCalls, version: int, message: StoredMessage) -> Finding:
    code = message.status_code or ""
    if code in TAKEN and message.status not in _ON_THE_WAY:
        # It was put into a group, which may wait or be deleted: sent or not is the group's to say.
        state = await GroupSend(calls, version).settle(message.group_id)
        if state is GroupState.SENT:
            return Accepted(message.message_id)
        return Absent() if state is GroupState.NOT_SENT else Unknown("group_undecided")
    if code in TAKEN or code == DELIVERED:
        return Accepted(message.message_id)
    judged = outcome(status_rule(code, kakao=message.is_kakao), code, credential_version=version)
    if isinstance(judged, Rejected):
        return judged
    # Taken and failed for another's fault: it is not under way any more.
    return Rejected(code, details={"mark": "sender"})
