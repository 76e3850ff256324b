"""Fan-out, as storage sees it: one wave is locked, the next part of its recipients becomes messages, all in one commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.messaging.content import Body
from domain.shared.channels import SubscriptionType
from domain.shared.json_values import Json


@attrs.frozen(slots=True)
class WaveKey:
    """One wave of one campaign."""

    campaign_id: UUID
    number: int


@attrs.frozen(slots=True, kw_only=True)
class PinnedContent:
    """What recipients of one variant are told: fixed at launch."""

    variant: int
    body: Body
    template: Mapping[str, Json] | None
    """None: plain content, never rendered."""
    names: frozenset[str]
    """The variables that it reads; empty: every recipient gets the same."""
    content_id: UUID | None
    """The content row that messages of the last batch named."""


@attrs.frozen(slots=True, kw_only=True)
class WaveStep:
    """The locked wave and what fan-out must know of its campaign."""

    key: WaveKey
    application_id: UUID
    type: SubscriptionType
    due_at: datetime
    expires_at: datetime | None
    """None: as long after it is due as the application's default says."""
    next_seq: int
    last_seq: int
    outstanding: int
    """Messages of the campaign on this route that are in the queue or in delivery now."""
    pace: int | None
    """Messages a second of the whole campaign."""
    variables: Mapping[str, Json]
    """The same for every recipient of the campaign."""
    contents: Sequence[PinnedContent]


@attrs.frozen(slots=True)
class RecipientFacts:
    """A recipient with what placeholders may read."""

    seq: int
    subscription_id: UUID
    user_id: UUID | None
    variant: int
    tags: Mapping[str, Json]
    properties: Mapping[str, Json]
    device: Mapping[str, Json]


@attrs.frozen(slots=True, kw_only=True)
class ChunkOrder:
    """Recipients from first_seq up to before end_seq become one chunk."""

    chunk_id: UUID
    reservation_id: UUID
    first_seq: int
    end_seq: int
    content_ids: Mapping[int, UUID]
    """By variant."""
    send_at: datetime | None
    expires_at: datetime
    user_targeted: bool


@attrs.frozen(slots=True)
class PersonalMessage:
    """One message with variables of its own."""

    id: UUID
    subscription_id: UUID
    user_id: UUID | None
    content_id: UUID
    variables: bytes = attrs.field(repr=False)


@attrs.frozen(slots=True)
class Inserted:
    """A chunk that came into being."""

    n: int
    min_id: UUID
    max_id: UUID


class FanOutStep(Protocol):
    """One transaction on one wave."""

    @property
    def wave(self) -> WaveStep: ...

    async def write_content(self, content: PinnedContent, content_id: UUID, now: datetime) -> None:
        """A content row that this and later batches name."""
        ...

    async def insert(self, order: ChunkOrder, now: datetime) -> Inserted | None:
        """Messages and their chunk, made where the recipients are; None when all of them were excluded meanwhile."""
        ...

    async def facts(self, first_seq: int, end_seq: int) -> Sequence[RecipientFacts]:
        """What is known of these recipients now, in the order of seq."""
        ...

    async def insert_personal(
        self, order: ChunkOrder, messages: Sequence[PersonalMessage], now: datetime
    ) -> Inserted | None:
        """The same for messages whose ids, ascending, and variables were made outside."""
        ...

    async def advance(self, end_seq: int, inserted: Sequence[Inserted], now: datetime) -> None:
        """Move the cursor, and note the batch that its messages are counted by."""
        ...

    async def close(self, reason: str) -> None:
        """Whoever is left of the wave gets nothing, for this reason."""
        ...

    async def reserve(
        self, reservation_id: UUID, n: int, day: date, month: date, now: datetime
    ) -> tuple[int, str | None]:
        """How many were granted, and what cut it short (daily, monthly, credit). The last thing to do: the application's
        quota stays locked until the commit."""
        ...


class FanOutStore(Protocol):
    async def ready(
        self, now: datetime, until: datetime, *, look_ahead: int, paced_seconds: int, limit: int
    ) -> Sequence[WaveKey]:
        """Of each sending campaign and route the first wave that is due by `until`, open, and has recipients left.

        Left out are those with `look_ahead` messages in the queue, or as many as `paced_seconds` of their pace.
        """
        ...

    async def in_queue(self, campaign_id: UUID) -> bool:
        """Whether messages of the campaign are in the queue or in delivery."""
        ...

    def step(self, key: WaveKey, now: datetime) -> AbstractAsyncContextManager[FanOutStep | None]:
        """Lock the wave for one batch; None when another scheduler has it or there is nothing to do any more.

        Commits on leaving without an exception, rolls back otherwise. Raise Unavailable.
        """
        ...
