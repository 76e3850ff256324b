"""What is told about messages: how many met which fate, and the rates that follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import attrs

from application.ports.analytics import CountRow
from domain.analytics.dimension import Dimension, told
from domain.analytics.time_to_open import share
from domain.messaging.event import MessageEventType


@attrs.frozen(slots=True, kw_only=True)
class Figures:
    """Messages by what happened to them in the time that was asked for. What is sent and received counts once a message."""

    accepted: int = 0
    sent: int = 0
    failed: int = 0
    errored: int = 0
    retried: int = 0
    received: int = 0
    converted: int = 0
    canceled: int = 0
    displayed: int = 0
    clicked: int = 0
    dismissed: int = 0
    reported: int = 0

    @property
    def success_rate(self) -> float | None:
        """Sent, of those that were sent or failed."""
        return share(self.sent, self.sent + self.failed)

    @property
    def received_rate(self) -> float | None:
        """Received, of those that were sent."""
        return share(self.received, self.sent)

    @property
    def conversion_rate(self) -> float | None:
        """Converted, of those that were received."""
        return share(self.converted, self.received)

    @property
    def open_rate(self) -> float | None:
        """Converted, of those that were sent."""
        return share(self.converted, self.sent)


@attrs.frozen(slots=True)
class Group:
    """Figures of one bucket (None: of the whole time) and one group."""

    bucket: datetime | None
    keys: Mapping[Dimension, str | None]
    """Dimension → its value's wire name; None: there is none."""
    figures: Figures


_NAMES = {kind: ("accepted" if kind is MessageEventType.CREATED else kind.wire) for kind in MessageEventType}

_COUNTED = tuple(_NAMES.values())


def figures_of(counts: Mapping[MessageEventType, int]) -> Figures:
    return Figures(**{_NAMES[kind]: n for kind, n in counts.items()})


def added_up(several: Iterable[Figures]) -> Figures:
    """Of all together."""
    found = dict.fromkeys(_COUNTED, 0)
    for one in several:
        for name in _COUNTED:
            found[name] += getattr(one, name)
    return Figures(**found)


def groups_of(rows: Iterable[CountRow], group_by: tuple[Dimension, ...]) -> list[Group]:
    """Rows of the store as they are told."""
    return [
        Group(
            row.bucket,
            {dimension: told(dimension, value) for dimension, value in zip(group_by, row.group, strict=True)},
            figures_of(row.counts),
        )
        for row in rows
    ]
