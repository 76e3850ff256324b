"""A rule of an answer table as a delivery report: what a gateway says hours after it took a message.

By then nothing can be tried again, so whatever the mark, the message failed; the mark goes into the details.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from adapters.channels.frame.verdict import Mark, Rule
from domain.messaging.event import MessageEventType
from domain.messaging.outcome import Details
from domain.messaging.report import MessageReport

MAY_FALL_BACK = frozenset({Mark.FAIL, Mark.RETRY})
"""Other marks are the sender's faults: another channel would hide them (fact sheet 5.4)."""


def failure_report(
    rule: Rule,
    code: str,
    *,
    message_id: UUID,
    occurred_at: datetime,
    provider_id: str | None,
    recipient: str | None = None,
    fallback: bool = True,
    details: Details | None = None,
) -> MessageReport:
    """FAILED with the gateway's own code as its reason; `fallback`: another channel may still reach this person."""
    return MessageReport(
        message_id,
        MessageEventType.FAILED,
        occurred_at,
        code,
        subscription_code=rule.subscription_code,
        soft=rule.soft,
        message_code=rule.message_code,
        provider_id=provider_id,
        recipient=recipient,
        details={
            "mark": rule.mark.name.lower(),
            "fallback": fallback and rule.mark in MAY_FALL_BACK,
            **(details or {}),
        },
    )
