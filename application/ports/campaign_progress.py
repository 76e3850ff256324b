"""How far a campaign is, read at one moment; and what is known of one recipient of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.shared.channels import SubscriptionType


@attrs.frozen(slots=True, kw_only=True)
class MessageCounts:
    """Messages of a campaign by state, as they were last counted; each stands under one state only."""

    made: int = 0
    pending: int = 0
    errored: int = 0
    successful: int = 0
    received: int = 0
    converted: int = 0
    failed: int = 0
    canceled: int = 0
    counted_at: datetime | None = None
    """When the batch was counted that was counted longest ago, among those that are not final."""


@attrs.frozen(slots=True, kw_only=True)
class QueueCounts:
    """Messages in the queue right now, by what they wait for."""

    held: int = 0
    released: int = 0
    in_delivery: int = 0
    retrying: int = 0


@attrs.frozen(slots=True, kw_only=True)
class ChunkHealth:
    """One chunk of the campaign in the queue."""

    id: UUID
    type: SubscriptionType
    state: str
    """held, released or leased."""
    messages: int
    recoveries: int
    """Times that it was taken over from a worker that died with it."""
    created_at: datetime
    not_before: datetime | None


@attrs.frozen(slots=True, kw_only=True)
class WaveProgress:
    """One wave: how many of its recipients became messages."""

    number: int
    type: SubscriptionType
    zone: str | None
    due_at: datetime
    open_from: datetime | None
    open_until: datetime | None
    recipients: int
    fanned_out: int
    closed_reason: str | None


@attrs.frozen(slots=True, kw_only=True)
class ProgressReading:
    """Everything about it at one moment. `waves` and `chunks` are the first hundred; the sums are of all."""

    waiting: int
    """Recipients that are not messages yet."""
    messages: MessageCounts
    queue: QueueCounts
    rate: float
    """Messages that became final a second, lately."""
    next_due_at: datetime | None
    """Of the waves that are still to come."""
    last_due_at: datetime | None
    waves: Sequence[WaveProgress]
    chunks: Sequence[ChunkHealth]


@attrs.frozen(slots=True, kw_only=True)
class RecipientRecord:
    """What the launch wrote down about somebody who matched, and the message that came of it."""

    subscription_id: UUID
    type: SubscriptionType
    seq: int | None
    status_at_launch: int
    excluded: str | None
    zone_note: str | None
    wave: WaveProgress | None
    holds: Sequence[str]
    """What moved the wave to the instant at which it is due."""
    next_seq: int | None
    """Of the wave: who stands at or behind it is not a message yet."""
    message_id: UUID | None


class CampaignProgress(Protocol):
    async def read(self, application_id: UUID, campaign_id: UUID) -> ProgressReading:
        """Raise NotFound."""
        ...

    async def subscriptions_named(self, application_id: UUID, recipient: str) -> Sequence[UUID]:
        """The subscription with this id, else those of the user with this external id; archived ones too."""
        ...

    async def record(self, campaign_id: UUID, subscription_id: UUID) -> RecipientRecord | None:
        """None: it did not match when the campaign was launched, or the audience is past its keeping."""
        ...
