"""THE transition table of a message, and its three readers: scalar, batch and SQL guard.

            ┌────────── cancel ──────────► canceled
            │
 pending ───┼── send ──► successful ── receive ──► received ── convert ──► converted
   ▲  │     │               ▲  │ └────────────── convert ────────────────────▲ ▲
   │  │     └── fail ──► failed◄┘ (a provider's late report)                  │ │
   │  └── error ──► errored ── send / fail / receive / convert / cancel ──────┴─┘
   └── retry (an operator's requeue) ──┘

Sources: the specification's Elixir listing and its diagram, merged as decided in docs/decisions/0001.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum

from domain.shared.errors import IllegalTransition


class Status(IntEnum):
    """States of a message. The value is what the database stores (append-only)."""

    PENDING = 0
    SUCCESSFUL = 1
    FAILED = 2
    ERRORED = 3
    RECEIVED = 4
    CONVERTED = 5
    CANCELED = 6

    @property
    def wire(self) -> str:
        return self.name.lower()

    @classmethod
    def from_wire(cls, name: str) -> Status:
        for status in cls:
            if status.wire == name:
                return status
        raise ValueError(f"{name!r} is not a status; use one of {', '.join(s.wire for s in cls)}")


class Event(IntEnum):
    """What can happen to a message."""

    SEND = 1
    FAIL = 2
    ERROR = 3
    RETRY = 4
    RECEIVE = 5
    CONVERT = 6
    CANCEL = 7

    @property
    def wire(self) -> str:
        return self.name.lower()


TRANSITIONS: Mapping[tuple[Status, Event], Status] = {
    (Status.PENDING, Event.SEND): Status.SUCCESSFUL,
    (Status.ERRORED, Event.SEND): Status.SUCCESSFUL,
    (Status.PENDING, Event.FAIL): Status.FAILED,
    (Status.ERRORED, Event.FAIL): Status.FAILED,
    (Status.SUCCESSFUL, Event.FAIL): Status.FAILED,
    (Status.PENDING, Event.ERROR): Status.ERRORED,
    (Status.ERRORED, Event.ERROR): Status.ERRORED,
    (Status.ERRORED, Event.RETRY): Status.PENDING,
    (Status.SUCCESSFUL, Event.RECEIVE): Status.RECEIVED,
    (Status.ERRORED, Event.RECEIVE): Status.RECEIVED,
    (Status.SUCCESSFUL, Event.CONVERT): Status.CONVERTED,
    (Status.ERRORED, Event.CONVERT): Status.CONVERTED,
    (Status.RECEIVED, Event.CONVERT): Status.CONVERTED,
    (Status.PENDING, Event.CANCEL): Status.CANCELED,
    (Status.ERRORED, Event.CANCEL): Status.CANCELED,
}

FINAL = frozenset(Status) - {source for source, _ in TRANSITIONS}
"""States without a way out: failed, converted, canceled."""

WAITING = frozenset({source for source, event in TRANSITIONS if event is Event.SEND})
"""States in which a message may still be sent: pending, errored."""

REFUSED = 255
"""What the batch reader answers for a pair that is not in the table."""

_TABLES: Mapping[Event, bytes] = {
    event: bytes(
        TRANSITIONS.get((Status(code), event), REFUSED) if code < len(Status) else REFUSED
        for code in range(256)
    )
    for event in Event
}
_SOURCES: Mapping[Event, tuple[Status, ...]] = {
    event: tuple(sorted(source for source, e in TRANSITIONS if e is event)) for event in Event
}


def next_status(status: Status, event: Event) -> Status:
    """Scalar reader. Raise IllegalTransition when the table has no such pair."""
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise IllegalTransition(
            f"a message that is {status.wire} cannot {event.wire}",
            fix=f"{event.wire} is possible from: {', '.join(s.wire for s in sources(event))}",
        ) from None


def next_statuses(statuses: bytes, event: Event) -> bytes:
    """Batch reader: one status code a byte in, one out; REFUSED where the table has no such pair."""
    return statuses.translate(_TABLES[event])


def sources(event: Event) -> Sequence[Status]:
    """SQL reader: the states that the guard `status = ANY(...)` of an update for this event lists."""
    return _SOURCES[event]


def target(event: Event) -> Status:
    """The one state that an event leads to."""
    return next(iter({to for (_, e), to in TRANSITIONS.items() if e is event}))
