"""What an endpoint can listen to: event types by family; a filter is a type, a family's `*`, or everything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from domain.shared.errors import InvalidInput

FAMILIES: Final = {
    "message": (
        "sent", "failed", "errored", "retried", "received", "converted", "canceled", "displayed", "clicked",
        "dismissed", "reported",
    ),
    "subscription": (
        "created", "subscribed", "unsubscribed", "status_changed", "token_changed", "linked", "unlinked",
        "tags_changed", "updated", "archived", "restored",
    ),
    "campaign": ("schedule", "unschedule", "launch", "pause", "resume", "finish", "cancel", "fail"),
    "quota": ("threshold",),
    "alert": ("raised", "acknowledged", "escalated", "resolved"),
}  # fmt: skip
"""Pinned to the contexts' own enumerations by a test."""
EVENT_TYPES: Final = tuple(f"{family}.{name}" for family, names in FAMILIES.items() for name in names)
TEST: Final = "webhook.test"
"""Sent on request, whatever the filter says."""
ALL: Final = "*"
FILTERS: Final = (ALL, *(f"{family}.*" for family in FAMILIES), *EVENT_TYPES)


def check_filters(given: Sequence[str]) -> tuple[str, ...]:
    """Raise InvalidInput for what is no filter; nothing at all is everything."""
    for index, one in enumerate(given):
        if one not in FILTERS:
            raise InvalidInput(
                f"{one[:100]!r} is not an event type",
                field=f"event_types[{index}]",
                fix=f"use one of {', '.join(FILTERS)}",
            )
    return tuple(dict.fromkeys(given)) or (ALL,)


def type_of(kind: str) -> str:
    """The event type of an outbox row's kind: message events are written without their family."""
    return kind if "." in kind else f"message.{kind}"


def filters_that_match(event_type: str) -> tuple[str, ...]:
    """Every filter that lets this type through."""
    return (event_type, f"{event_type.partition('.')[0]}.*", ALL)
