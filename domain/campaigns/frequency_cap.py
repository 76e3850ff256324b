"""Frequency caps: how many messages one person, or one device, gets from campaigns within a sliding span of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import attrs

from domain.campaigns.decision import Excluded, Exclusion
from domain.campaigns.json_fields import Fields
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json

MAX_MESSAGES: Final = 1_000
MIN_WINDOW: Final = timedelta(minutes=1)
MAX_WINDOW: Final = timedelta(days=90)
"""As long as messages are kept."""
MAX_CAPS: Final = 5


class CapScope(StrEnum):
    USER = "user"
    """All devices and addresses of a person together; who is not known by a user counts alone."""
    SUBSCRIPTION = "subscription"


class Priority(StrEnum):
    """How much a campaign matters to those who get it."""

    NORMAL = "normal"
    ESSENTIAL = "essential"
    """Not stopped by caps, but counted: a recall, a change of terms."""


@attrs.frozen
class FrequencyCap:
    """At most `messages` within any span of `window`."""

    messages: int
    window: timedelta
    scope: CapScope = CapScope.USER

    def free_at(self, sent: Iterable[datetime], at: datetime) -> datetime:
        """From when on another message fits: `at` itself, or the instant at which enough of those sent are old enough.

        A message counts from its own instant until just before it is `window` old. Those sent after `at` do not count.
        """
        counted = sorted(one for one in sent if at - self.window < one <= at)
        if len(counted) < self.messages:
            return at
        return counted[-self.messages] + self.window

    def allows(self, sent: Iterable[datetime], at: datetime) -> bool:
        return self.free_at(sent, at) == at

    def to_json(self) -> dict[str, Json]:
        return {
            "messages": self.messages,
            "window_seconds": self.window // timedelta(seconds=1),
            "per": self.scope.value,
        }


def capped(
    caps: Sequence[FrequencyCap],
    *,
    at: datetime,
    sent_to_user: Sequence[datetime],
    sent_to_subscription: Sequence[datetime],
    priority: Priority = Priority.NORMAL,
) -> Excluded | None:
    """The exclusion of a recipient who has had enough, or None. `at` is when the message would be sent."""
    if priority is Priority.ESSENTIAL:
        return None
    for cap in caps:
        sent = sent_to_user if cap.scope is CapScope.USER else sent_to_subscription
        if not cap.allows(sent, at):
            return Excluded(Exclusion.FREQUENCY_CAPPED)
    return None


def frequency_caps_from_json(value: Json, *, field: str = "frequency_caps") -> tuple[FrequencyCap, ...]:
    """Read a list of caps, all of which hold; raise InvalidInput naming the field.

    [{"messages": 1, "window_seconds": 86400, "per": "user"}, {"messages": 3, "window_seconds": 604800}]
    """
    if not isinstance(value, list) or len(value) > MAX_CAPS:
        raise InvalidInput(
            f"{field} is not a list of at most {MAX_CAPS} caps",
            field=field,
            fix='send a list such as [{"messages": 3, "window_seconds": 86400, "per": "user"}]',
        )
    caps = tuple(_cap(one, f"{field}[{index}]") for index, one in enumerate(value))
    _check_each_adds_something(caps, field)
    return caps


def _cap(value: Json, path: str) -> FrequencyCap:
    fields = Fields.of(value, path, ("messages", "window_seconds", "per"))
    shortest, longest = (span // timedelta(seconds=1) for span in (MIN_WINDOW, MAX_WINDOW))
    messages = fields.whole("messages", 1, MAX_MESSAGES)
    window = fields.whole("window_seconds", shortest, longest)
    return FrequencyCap(
        messages=fields.required("messages", messages, "3"),
        window=timedelta(seconds=fields.required("window_seconds", window, "86400")),
        scope=fields.choice("per", CapScope) or CapScope.USER,
    )


def _check_each_adds_something(caps: Sequence[FrequencyCap], field: str) -> None:
    for index, cap in enumerate(caps):
        for other in caps:
            if (
                other is not cap
                and other.scope is cap.scope
                and other.messages <= cap.messages
                and other.window >= cap.window
            ):
                path = f"{field}[{index}]"
                raise InvalidInput(
                    f"{path} can never matter beside {other.messages} in {other.window // timedelta(seconds=1)} s",
                    field=path,
                    fix="leave it out, or allow fewer messages in it",
                )
