"""Messages, as a reader and an operator see them: one message with its history, lists, cancel and requeue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypedDict
from uuid import UUID

import attrs

from domain.messaging.event import MessageEventType, Source
from domain.messaging.lifecycle import Status
from domain.shared.channels import Channel, Lane, SubscriptionType
from domain.shared.json_values import Json


@attrs.frozen(slots=True)
class Version:
    """One step of a message's life: the event that led to a status."""

    version: int
    """1 for the creation."""
    event: MessageEventType
    status: Status
    occurred_at: datetime
    source: Source
    reason: str | None = None


@attrs.frozen(slots=True)
class MessageEventView:
    """One line of a message's history; `version_history` holds the step it caused, if it caused one."""

    id: UUID
    message_id: UUID
    event_type: MessageEventType
    occurred_at: datetime
    source: Source
    reason: str | None = None
    metadata: Mapping[str, Json] = attrs.field(factory=dict)
    version_history: Sequence[Version] = ()


@attrs.frozen(slots=True, kw_only=True)
class MessageView:
    """Every field of the specification's MESSAGE, and what the pipeline adds.

    `title`, `body` and `data` are those of `content`. A list leaves `events` and `version_history` empty. Storage
    answers a template's source; use cases render it (`application.messaging.rendered`).
    """

    id: UUID
    application_id: UUID
    subscription_id: UUID
    user_id: UUID | None
    campaign_id: UUID | None
    parent_message_id: UUID | None
    status: Status
    channel_type: Channel
    type: SubscriptionType
    lane: Lane
    source: Source
    attempts: int
    title: str | None
    body: str | None
    data: Json
    content_id: UUID
    """Of the stored content, which many messages may share."""
    content: Mapping[str, Json]
    template: Mapping[str, Json] | None = None
    """The template version that content is of: id, version, language; None: it was given as it is."""
    topic: str | None = None
    """What it is about, a key of the application's topics; None also where its content is gone."""
    variables: bytes | None = attrs.field(default=None, repr=False)
    """Sealed; what the content was rendered with."""
    created_at: datetime
    send_at: datetime | None
    expires_at: datetime | None
    sent_at: datetime | None
    received_at: datetime | None
    converted_at: datetime | None
    failed_at: datetime | None
    canceled_at: datetime | None
    error_reason: str | None
    error_details: Json
    events: Sequence[MessageEventView] = ()
    version_history: Sequence[Version] = ()


class ContentFields(TypedDict):
    """The fields of a view that repeat its content."""

    title: str | None
    body: str | None
    data: Json
    content: Mapping[str, Json]


def fields_of(content: Mapping[str, Json]) -> ContentFields:
    """A view's fields for this content."""
    shown = content.get("content")
    said = shown if isinstance(shown, Mapping) else content  # an in-app message says it one level below
    title, body = said.get("title") or said.get("subject"), said.get("body") or said.get("text")
    return {
        "title": title if isinstance(title, str) else None,
        "body": body if isinstance(body, str) else None,
        "data": content.get("data"),
        "content": content,
    }


@attrs.frozen(slots=True, kw_only=True)
class MessageFilter:
    """Which messages a list holds; None means any."""

    status: Status | None = None
    channel_type: Channel | None = None
    type: SubscriptionType | None = None
    subscription_id: UUID | None = None
    user_id: UUID | None = None
    campaign_id: UUID | None = None
    created_after: datetime | None = None
    """Created at this time or later."""
    created_before: datetime | None = None
    """Created before this time."""


@attrs.frozen(slots=True)
class MessagePage:
    """Newest first. `next_cursor` is None at the end; a page may be short, even empty, and still have one."""

    items: Sequence[MessageView]
    next_cursor: str | None
    scanned: int
    """Rows looked at, at most the scan budget."""


@attrs.frozen(slots=True)
class ScanResult:
    """`resume_below` is the id to go on from, None when every row was looked at."""

    items: Sequence[MessageView]
    resume_below: UUID | None
    scanned: int


class Messages(Protocol):
    async def read(self, application_id: UUID, message_id: UUID) -> MessageView | None:
        """The message without its events; None when this application has none of that id."""
        ...

    async def events(self, message_id: UUID) -> Sequence[MessageEventView]:
        """What is stored of a message's history, oldest first; the creation is not stored."""
        ...

    async def scan(
        self, application_id: UUID, wanted: MessageFilter, *, below: UUID | None, limit: int, budget: int
    ) -> ScanResult:
        """Up to `limit` messages with ids below `below`, newest first, looking at `budget` rows at most."""
        ...


class Cancellation(Protocol):
    """Both raise NotFound, IllegalTransition, InDelivery, or Unavailable when the message's place kept changing."""

    async def cancel(self, application_id: UUID, message_id: UUID, *, source: Source, now: datetime) -> None:
        """Take the message out of its chunk or its retry and release its reservation, in one transaction."""
        ...

    async def requeue(self, application_id: UUID, message_id: UUID, *, source: Source, now: datetime) -> None:
        """Put an errored message into a held chunk of its own, in one transaction."""
        ...
