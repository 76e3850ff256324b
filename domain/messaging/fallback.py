"""Fallback: one message, several channels in order; the next one starts when the one before did not do.

A root message goes over the first channel that the person has, a child over each further one. What is received, on whichever
channel, ends it: the next does not start, and one that waits is taken back.

    under way ── failed, for a reason of the person's ───► next channel
        │   └── not received in time (by that rule) ─────► next channel
        ├── received or converted, an earlier one, too ──► over
        ├── failed by a fault of the sender's ───────────► over
        └── canceled, expired, unknown for good ─────────► over
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from enum import Enum, IntEnum
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from domain.messaging.event import Reason
from domain.messaging.lifecycle import WAITING, Status
from domain.messaging.outcome import Details
from domain.shared.channels import Channel
from domain.shared.errors import ContentTooLarge, InvalidInput

MOST_CHANNELS: Final = 5
SHORTEST: Final = 10
LONGEST: Final = 7 * 86_400
"""Seconds to wait for a receipt."""

_FIRST_LOOK = timedelta(seconds=1)
_LONGEST_LOOK = timedelta(seconds=60)
_OVER: Final = frozenset(
    {Reason.EXPIRED, Reason.UNKNOWN_OUTCOME, Reason.ALREADY_RECEIVED, Reason.DEAD_LETTERED}
)
"""Failures after which nothing is sent instead: too late, or it may have arrived."""
_OUR_FAULTS: Final = frozenset(
    {
        Reason.RENDER_REFUSED,
        Reason.VARIABLES_LOST,
        Reason.TOO_LARGE,
        Reason.CAMPAIGN_CANCELED,
        ContentTooLarge.code,
    }
)
_SEOUL: Final = ZoneInfo("Asia/Seoul")
_NIGHT_FROM, _NIGHT_TO = time(21), time(8)
"""Advertising needs a consent of its own then (Network Act, article 50)."""
_SENDER_MARKS: Final = frozenset({"bug", "credential", "renew", "sender"})
_SENDER_CODES: Final = frozenset({-55, -63, -65})
"""Sender number, template and KakaoTalk channel."""


class FallbackRule(IntEnum):
    """When the next channel starts. The value is what the database stores."""

    ON_FAILURE = 0
    IF_NOT_RECEIVED_WITHIN = 1
    """Also when it fails before."""

    @property
    def wire(self) -> str:
        return self.name.lower()


@attrs.frozen(slots=True)
class Fallback:
    """The channels in order, the first one included, and the rule."""

    channels: Sequence[Channel]
    rule: FallbackRule = FallbackRule.ON_FAILURE
    within_seconds: int | None = None
    """With IF_NOT_RECEIVED_WITHIN, from when a message of it may be sent."""

    def check(self, *, field: str) -> None:
        """Raise InvalidInput naming the member."""
        if not 2 <= len(self.channels) <= MOST_CHANNELS or len(set(self.channels)) < len(self.channels):
            raise InvalidInput(
                f"{field}.channels names two to {MOST_CHANNELS} different channels",
                field=f"{field}.channels",
                fix='for example ["kakao_talk", "sms"]',
            )
        waits = self.rule is FallbackRule.IF_NOT_RECEIVED_WITHIN
        within = self.within_seconds
        if waits and (within is None or not SHORTEST <= within <= LONGEST):
            raise InvalidInput(
                f"{field}.within_seconds is from {SHORTEST} to {LONGEST}",
                field=f"{field}.within_seconds",
                fix="say how long to wait for a receipt",
            )
        if not waits and within is not None:
            raise InvalidInput(
                f"{field}.within_seconds goes with if_not_received_within",
                field=f"{field}.within_seconds",
                fix="leave it out, or name that rule",
            )


class Step(Enum):
    """What a look at a fallback decides."""

    WAIT = "nothing yet"
    NEXT = "start the next channel"
    REPLACE = "take the waiting message back, then start the next channel"
    RECALL = "take the waiting message back: an earlier one arrived"
    OVER = "nothing more will happen"


@attrs.frozen(slots=True)
class UnderWay:
    """A fallback as it is now."""

    rule: FallbackRule
    within_seconds: int | None
    started_at: datetime
    """When the current message could be sent at the earliest."""
    expires_at: datetime
    steps_left: int
    status: Status | None
    """Of the current message; None: its row is gone."""
    reason: str | None
    received: bool
    """Any message of the family was, by its status or by an event after its end."""
    details: Details | None = None
    """What is known of the current message's failure."""
    credential_at_fault: bool = False
    """The current channel is paused because its provider refuses the credential."""

    @property
    def is_held(self) -> bool:
        """It cannot be sent, for a reason that is the account's: this time is not counted against its channel."""
        return self.status in WAITING and self.credential_at_fault and not self.received


def leads_on(reason: str | None, details: Details | None) -> bool:
    """Whether a failure is one that another channel may make up for.

    A fault of the sender's (a malformed request, a template, a credential) never is: the next channel would hide it, for
    each recipient and at a price (fact sheet 5.4). Where a channel's table says which codes lead on, it is believed.
    """
    if reason in _OVER or reason in _OUR_FAULTS:
        return False
    known = details or {}
    if known.get("bug") is True or known.get("mark") in _SENDER_MARKS or known.get("code") in _SENDER_CODES:
        return False
    if known.get("attempts_exhausted") is True:
        return True
    return known.get("fallback") is not False


def next_step(one: UnderWay, now: datetime) -> Step:
    """Pure: what is to be done now."""
    waiting = one.status in WAITING
    if one.received:
        return Step.RECALL if waiting else Step.OVER
    if one.status is None or one.status in (Status.RECEIVED, Status.CONVERTED, Status.CANCELED):
        return Step.OVER
    if one.status is Status.FAILED:
        goes_on = one.steps_left and now < one.expires_at and leads_on(one.reason, one.details)
        return Step.NEXT if goes_on else Step.OVER
    if now >= one.expires_at:
        return Step.WAIT if waiting else Step.OVER
    if one.rule is FallbackRule.ON_FAILURE or not one.steps_left:
        return Step.WAIT
    if now < one.started_at + timedelta(seconds=one.within_seconds or 0):
        return Step.WAIT
    if one.is_held:
        return Step.WAIT
    return Step.REPLACE if waiting else Step.NEXT


def morning_after(now: datetime) -> datetime | None:
    """When advertising may start again: 08:00 in Seoul; None by day. Nobody is sent an advertisement at night because
    another channel failed."""
    local = now.astimezone(_SEOUL)
    if _NIGHT_TO <= local.time() < _NIGHT_FROM:
        return None
    day = local.date() + timedelta(days=local.time() >= _NIGHT_FROM)
    return datetime.combine(day, _NIGHT_TO, _SEOUL)


def next_look(one: UnderWay, now: datetime) -> datetime:
    """When to look again: soon after the start, later less often, and right when a receipt is overdue."""
    age = max(now - one.started_at, timedelta())
    due = max(one.started_at, now) + min(max(age / 4, _FIRST_LOOK), _LONGEST_LOOK)
    if one.rule is FallbackRule.IF_NOT_RECEIVED_WITHIN:
        overdue = one.started_at + timedelta(seconds=one.within_seconds or 0)
        if now < overdue:
            due = min(due, overdue)
    return due
