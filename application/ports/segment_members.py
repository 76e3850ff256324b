"""Who is in a segment: live counts, samples, and what is known of one subscription."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.audience.segment.facts import SubscriptionFacts
from domain.audience.segment.predicate import Predicate
from domain.shared.channels import Channel, SubscriptionType


@attrs.frozen(slots=True)
class ChannelCount:
    """Subscriptions that match, and how many of those can be reached: their status is 1 or above."""

    matching: int = 0
    subscribed: int = 0

    def __add__(self, other: ChannelCount) -> ChannelCount:
        return ChannelCount(self.matching + other.matching, self.subscribed + other.subscribed)


@attrs.frozen(slots=True)
class Member:
    """Somebody in a segment; never with a token."""

    subscription_id: UUID
    type: SubscriptionType
    subscription_status: int
    external_id: str | None


@attrs.frozen(slots=True)
class AudienceCount:
    """At one moment; `channels` has every channel, `sample` some members in no order."""

    channels: Mapping[Channel, ChannelCount]
    sample: tuple[Member, ...] = ()

    @property
    def total(self) -> ChannelCount:
        return sum(self.channels.values(), start=ChannelCount())


class SegmentMembers(Protocol):
    async def count(
        self, application_id: UUID, predicate: Predicate, *, now: datetime, sample: int
    ) -> AudienceCount:
        """Of the application's subscriptions that are not archived. Raise CountTimedOut after a few seconds."""
        ...

    async def facts(
        self, application_id: UUID, subscription_id: UUID, campaigns: Collection[UUID]
    ) -> SubscriptionFacts:
        """With its part in these campaigns; raise NotFound, for an archived subscription too."""
        ...
