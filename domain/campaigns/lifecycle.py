"""THE transition table of a campaign, and its readers: the aggregate and the SQL guard.

 draft ── schedule ──► scheduled ── launch ──► sending ── finish ──► sent
   ▲ └──── launch ──────────┼──────────────►   │   ▲
   └────── unschedule ──────┤                pause resume
                            └── pause ──► paused ──┘
 cancel: from every state that is not final · fail: from scheduled, what cannot be launched at its time

A campaign that repeats, or that others trigger, stays scheduled: each of its runs is a campaign of its own that is
launched (docs/decisions/0017).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum

from domain.shared.errors import IllegalTransition


class CampaignStatus(IntEnum):
    """States of a campaign. The value is what the database stores (append-only)."""

    DRAFT = 0
    SCHEDULED = 1
    SENDING = 2
    PAUSED = 3
    SENT = 4
    CANCELED = 5
    FAILED = 6

    @property
    def wire(self) -> str:
        return self.name.lower()

    @classmethod
    def from_wire(cls, name: str) -> CampaignStatus:
        """Raise ValueError for a name that is no status."""
        for status in cls:
            if status.wire == name:
                return status
        raise ValueError(f"{name!r} is not a campaign status; use one of {', '.join(s.wire for s in cls)}")


class CampaignEvent(IntEnum):
    """What can happen to a campaign. The value is what the database stores (append-only)."""

    SCHEDULE = 1
    UNSCHEDULE = 2
    LAUNCH = 3
    PAUSE = 4
    RESUME = 5
    FINISH = 6
    CANCEL = 7
    FAIL = 8

    @property
    def wire(self) -> str:
        return self.name.lower()


_S, _E = CampaignStatus, CampaignEvent

TRANSITIONS: Mapping[tuple[CampaignStatus, CampaignEvent], CampaignStatus] = {
    (_S.DRAFT, _E.SCHEDULE): _S.SCHEDULED,
    (_S.PAUSED, _E.SCHEDULE): _S.SCHEDULED,
    (_S.SCHEDULED, _E.UNSCHEDULE): _S.DRAFT,
    (_S.DRAFT, _E.LAUNCH): _S.SENDING,
    (_S.SCHEDULED, _E.LAUNCH): _S.SENDING,
    (_S.PAUSED, _E.LAUNCH): _S.SENDING,
    (_S.SCHEDULED, _E.PAUSE): _S.PAUSED,
    (_S.SENDING, _E.PAUSE): _S.PAUSED,
    (_S.PAUSED, _E.RESUME): _S.SENDING,
    (_S.SCHEDULED, _E.FINISH): _S.SENT,
    (_S.SENDING, _E.FINISH): _S.SENT,
    (_S.DRAFT, _E.CANCEL): _S.CANCELED,
    (_S.SCHEDULED, _E.CANCEL): _S.CANCELED,
    (_S.SENDING, _E.CANCEL): _S.CANCELED,
    (_S.PAUSED, _E.CANCEL): _S.CANCELED,
    (_S.SCHEDULED, _E.FAIL): _S.FAILED,
}
"""PAUSED has two ways on, because a campaign can be paused before its launch (schedule or launch) and after it (resume);
the aggregate knows which."""

FINAL = frozenset(CampaignStatus) - {source for source, _ in TRANSITIONS}
"""States without a way out: sent, canceled, failed."""


def next_status(status: CampaignStatus, event: CampaignEvent) -> CampaignStatus:
    """Raise IllegalTransition when the table has no such pair."""
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise IllegalTransition(
            f"a campaign that is {status.wire} cannot {event.wire}",
            field="status",
            fix=f"{event.wire} is possible from: {', '.join(s.wire for s in sources(event))}",
        ) from None


def sources(event: CampaignEvent) -> Sequence[CampaignStatus]:
    """The states that a statement's guard `status = ANY(...)` for this event lists."""
    return tuple(sorted(source for source, e in TRANSITIONS if e is event))
