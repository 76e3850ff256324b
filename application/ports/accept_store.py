"""Accepting, as storage sees it: one transaction for a group of calls, a constant number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

import attrs

from application.ports.fallbacks import KeptScript
from application.ports.tracing import Trail
from domain.messaging.content import Body, Json
from domain.messaging.event import Source
from domain.messaging.fallback import Fallback
from domain.shared.channels import Channel, Lane, SubscriptionType


@attrs.frozen(slots=True)
class KeyRow:
    """An idempotency key that was used before."""

    request_hash: bytes
    response: dict[str, Json]


@attrs.define(slots=True)
class Recipient:
    """A live subscription that a target names."""

    subscription_id: UUID
    application_id: UUID
    user_id: UUID | None
    type: SubscriptionType
    status: int


Choice = tuple[UUID, UUID, str]
"""(application, user, topic): this user does not want to hear of this."""


@attrs.frozen(slots=True)
class Facts:
    """What a template may read of a recipient."""

    language: str | None
    tags: Mapping[str, Json]
    properties: Mapping[str, Json]
    """Of the user; empty for an anonymous subscription."""
    device: Mapping[str, Json]


@attrs.frozen(slots=True)
class ReservationAsk:
    """Ask for n messages of one channel in the windows of `day` and `month`."""

    id: UUID
    application_id: UUID
    channel: Channel
    n: int
    day: date
    month: date
    partial: bool


@attrs.frozen(slots=True)
class ReservationAnswer:
    granted: int
    refused_by: str | None
    """daily, monthly or credit; None when all was granted."""


@attrs.frozen(slots=True)
class ContentRow:
    id: UUID
    application_id: UUID
    channel: Channel
    body: Body
    template: Mapping[str, Json] | None = None
    """Which template version the body is of, still to be rendered; None: said as it is."""
    topic: str | None = None
    """What it is about, as its sender said."""


@attrs.define(slots=True)
class ChunkRow:
    """Up to 500 messages of one application, type, lane, reservation and due time, as parallel columns."""

    id: UUID
    application_id: UUID
    reservation_id: UUID
    channel: Channel
    type: SubscriptionType
    lane: Lane
    send_at: datetime | None
    expires_at: datetime | None
    source: Source = Source.API
    message_ids: list[UUID] = attrs.field(factory=list)
    subscription_ids: list[UUID] = attrs.field(factory=list)
    user_ids: list[UUID | None] = attrs.field(factory=list)
    content_ids: list[UUID] = attrs.field(factory=list)
    user_targeted: list[bool] = attrs.field(factory=list)
    variables: dict[UUID, bytes] = attrs.field(factory=dict)
    """Sealed, by message; only messages that have some."""
    trail: Trail = ()
    """The spans of the calls whose messages are in it."""


@attrs.frozen(slots=True)
class FallbackRow:
    """What is left to try when a message does not do."""

    root_id: UUID
    application_id: UUID
    user_id: UUID
    fallback: Fallback
    later: Sequence[tuple[Channel, UUID | None]]
    """(channel, content), in order; no content where a template is said."""
    lane: Lane
    started_at: datetime
    expires_at: datetime
    script: KeptScript | None = None


@attrs.frozen(slots=True)
class StoredKey:
    application_id: UUID
    key: str
    request_hash: bytes
    response: dict[str, Json]


class AcceptTransaction(Protocol):
    """The order of calls is the lock order: keys, recipients, reservations, chunks; messages at any time before these."""

    async def lock_keys(self, keys: Sequence[tuple[UUID, str]]) -> Sequence[bool]:
        """Lock (application, key) pairs until the end of the transaction; False: another call holds it now."""
        ...

    async def used_keys(self, keys: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], KeyRow]: ...

    async def subscriptions(self, ids: Sequence[UUID]) -> dict[UUID, Recipient]:
        """Live subscriptions by id, of whatever application: the caller checks whose they are."""
        ...

    async def subscriptions_of(
        self, external_ids: Sequence[tuple[UUID, str]]
    ) -> dict[tuple[UUID, str], list[Recipient]]:
        """Subscribed subscriptions (status above 0) of users named by (application, external id)."""
        ...

    async def facts(self, subscription_ids: Sequence[UUID]) -> dict[UUID, Facts]:
        """What templates may read of these subscriptions; those that are gone are left out."""
        ...

    async def suppressed(self, subscription_ids: Sequence[UUID]) -> set[UUID]:
        """Those of the subscriptions whose address is suppressed in their application."""
        ...

    async def switched_off(self, user_ids: Sequence[UUID], topics: Sequence[str]) -> set[Choice]:
        """Which of these users switched off which of these topics."""
        ...

    async def reserve(self, asks: Sequence[ReservationAsk], now: datetime) -> Sequence[ReservationAnswer]: ...

    async def give_back(self, ask: ReservationAsk, n: int, now: datetime) -> None:
        """Release n of a grant that no whole request could use."""
        ...

    async def insert_messages(self, contents: Sequence[ContentRow], chunks: Sequence[ChunkRow]) -> None:
        """Write contents and the messages of the chunks: new rows, which nobody else can wait for."""
        ...

    async def insert_chunks(
        self, chunks: Sequence[ChunkRow], keys: Sequence[StoredKey], now: datetime
    ) -> Sequence[ChunkRow]:
        """Queue the chunks and store the keys; answer the chunks that were released at once and want a doorbell."""
        ...

    async def insert_families(
        self, fallbacks: Sequence[FallbackRow], children: Sequence[tuple[UUID, UUID]]
    ) -> None:
        """Fallbacks of messages that were inserted, and (child, parent) of those that are children."""
        ...


class AcceptStore(Protocol):
    def begin(self) -> AbstractAsyncContextManager[AcceptTransaction]:
        """Commit on leaving without an exception; roll back otherwise.

        Raise `CommitUnknown` when the answer to COMMIT was lost and could not be found out, `InvalidInput` when
        PostgreSQL refused a value, `Unavailable` when it cannot be reached.
        """
        ...
