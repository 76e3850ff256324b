"""Figures, as they are kept: hourly roll-ups read in slices, recounted from what they were made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

import attrs

from domain.analytics.dimension import Dimension, Value
from domain.analytics.period import Period
from domain.messaging.event import MessageEventType


@attrs.frozen(slots=True, kw_only=True)
class Slice:
    """What to add up: an application's events in a period, of those that the filters let through."""

    application_id: UUID
    period: Period
    by_bucket: bool = False
    """One row per bucket of the period, else one for all of it."""
    group_by: tuple[Dimension, ...] = ()
    filters: Mapping[Dimension, Value] = attrs.field(factory=dict)
    events: tuple[MessageEventType, ...] = ()
    """Of these alone; empty: of all."""


@attrs.frozen(slots=True)
class CountRow:
    """Events of one bucket and group, by type."""

    bucket: datetime | None
    group: tuple[Value, ...]
    """In the order of `group_by`."""
    counts: Mapping[MessageEventType, int]


@attrs.frozen(slots=True)
class OpenTimes:
    """When what was opened was opened."""

    classes: Mapping[int, int]
    """By `domain.analytics.time_to_open`."""
    timed: int
    seconds: float
    """Of all that were timed together."""


@attrs.frozen(slots=True)
class SubscriptionRow:
    """What happened to subscriptions of one bucket and channel."""

    bucket: datetime
    channel: str
    event_type: str
    reason: str
    n: int


@attrs.frozen(slots=True)
class UsageRow:
    """Messages and money that moved in one bucket on one channel."""

    bucket: datetime
    channel: int
    kind: str
    currency: str
    n: int
    amount: Decimal


@attrs.frozen(slots=True)
class InactiveRow:
    """Devices of one type that came in one month and were heard from last so long ago."""

    month: datetime
    type: int
    days: int | None
    """The lower bound of the class they are in; None: never heard from."""
    n: int
    reachable: int


@attrs.frozen(slots=True)
class Mismatch:
    """A figure that is not what a recount finds."""

    application_id: UUID
    hour: datetime | None
    """None: of all hours together."""
    type: int
    campaign_id: UUID
    event_type: MessageEventType
    reason: str
    counted: int
    found: int


@attrs.frozen(slots=True)
class Recount:
    """What a recount compared."""

    applications: int
    events: int
    """As recounted."""
    unfolded: int
    """Deltas that were still to be added when it began; they are counted in."""
    complete: bool
    """False: retention has dropped messages, so figures may be higher than a recount, never lower."""
    mismatches: Sequence[Mismatch]


class Analytics(Protocol):
    async def counts(self, wanted: Slice, *, limit: int) -> Sequence[CountRow]:
        """At most `limit` rows and one more, in the order of bucket and group. Raise CountTimedOut."""
        ...

    async def open_times(self, wanted: Slice) -> Mapping[tuple[Value, ...], OpenTimes]:
        """By group, in the order of `group_by`; groups in which nothing was timed are left out."""
        ...

    async def names(
        self, application_id: UUID, dimension: Dimension, ids: Collection[UUID]
    ) -> Mapping[UUID, str]:
        """What campaigns or templates are called; those that are gone are left out."""
        ...

    async def subscriptions(self, application_id: UUID, period: Period) -> Sequence[SubscriptionRow]: ...

    async def subscribed(self, application_id: UUID) -> Mapping[str, tuple[int, int]]:
        """Channel → (subscriptions that are not archived, those that can be reached), now."""
        ...

    async def usage(self, application_id: UUID, period: Period) -> Sequence[UsageRow]: ...

    async def inactive(
        self, application_id: UUID, now: datetime, bounds: Sequence[int], zone: str
    ) -> Sequence[InactiveRow]:
        """`bounds`: days, ascending."""
        ...

    async def recount(self, application_id: UUID | None) -> Recount:
        """Compare every figure with messages and events, in one snapshot."""
        ...
