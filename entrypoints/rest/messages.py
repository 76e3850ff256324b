"""Reading, listing, cancelling and requeueing messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from application.ports.messages import MessageEventView, MessageFilter, MessageView, Version
from domain.applications.principal import Principal
from domain.applications.scopes import Scope
from domain.messaging.event import Source
from domain.messaging.lifecycle import Status
from domain.shared.channels import Channel, SubscriptionType
from entrypoints.http.decoding import Out, utc
from entrypoints.http.route import Call, Reply, Route
from entrypoints.http.wire import ChannelName, Json, LaneName, PageQuery, StatusName, Timestamp, TypeName
from entrypoints.rest.use_cases import RestUseCases


class VersionOut(Out):
    """One step of a message's life: the event that led to a status."""

    version: int
    event_type: str
    status: StatusName
    occurred_at: Timestamp
    source: str
    reason: str | None


class MessageEventOut(Out):
    """One line of a message's history."""

    id: UUID
    message_id: UUID
    event_type: str
    occurred_at: Timestamp
    source: str
    reason: str | None
    metadata: Json
    version_history: list[VersionOut]


class MessageOut(Out):
    """A message and what became of it. A list leaves `events` and `version_history` out."""

    id: UUID
    application_id: UUID
    subscription_id: UUID
    user_id: UUID | None
    campaign_id: UUID | None
    parent_message_id: UUID | None
    channel_type: ChannelName
    type: TypeName
    lane: LaneName
    topic: Annotated[
        str | None,
        Meta(
            description="What its sender or campaign said it is about; null also once its content was removed"
        ),
    ]
    status: StatusName
    attempts: int
    title: str | None
    body: str | None
    data: Any
    content: Json
    created_at: Timestamp
    send_at: Timestamp | None
    expires_at: Timestamp | None
    sent_at: Timestamp | None
    received_at: Timestamp | None
    converted_at: Timestamp | None
    failed_at: Timestamp | None
    canceled_at: Timestamp | None
    error_reason: str | None
    error_details: Any
    events: list[MessageEventOut] | UnsetType = UNSET
    version_history: list[VersionOut] | UnsetType = UNSET


class MessagePageOut(Out):
    """Newest first. A page may be short, even empty, and still have a `next_cursor`: looking is bounded."""

    items: list[MessageOut]
    next_cursor: str | None


class MessageQuery(PageQuery):
    """Which messages; what is left out is any."""

    status: StatusName | None = None
    channel_type: ChannelName | None = None
    type: TypeName | None = None
    subscription_id: UUID | None = None
    user_id: UUID | None = None
    campaign_id: UUID | None = None
    created_after: Timestamp | None = None
    created_before: Timestamp | None = None


def _version(one: Version) -> VersionOut:
    return VersionOut(
        version=one.version,
        event_type=one.event.wire,
        status=one.status.wire,  # type: ignore[arg-type]
        occurred_at=one.occurred_at,
        source=one.source.wire,
        reason=one.reason,
    )


def _event(one: MessageEventView) -> MessageEventOut:
    return MessageEventOut(
        id=one.id,
        message_id=one.message_id,
        event_type=one.event_type.wire,
        occurred_at=one.occurred_at,
        source=one.source.wire,
        reason=one.reason,
        metadata=dict(one.metadata),
        version_history=[_version(version) for version in one.version_history],
    )


def message_out(message: MessageView, *, with_history: bool) -> MessageOut:
    return MessageOut(
        id=message.id,
        application_id=message.application_id,
        subscription_id=message.subscription_id,
        user_id=message.user_id,
        campaign_id=message.campaign_id,
        parent_message_id=message.parent_message_id,
        channel_type=message.channel_type.wire,
        type=message.type.wire,
        lane=message.lane.wire,  # type: ignore[arg-type]
        topic=message.topic,
        status=message.status.wire,  # type: ignore[arg-type]
        attempts=message.attempts,
        title=message.title,
        body=message.body,
        data=message.data,
        content=dict(message.content),
        created_at=message.created_at,
        send_at=message.send_at,
        expires_at=message.expires_at,
        sent_at=message.sent_at,
        received_at=message.received_at,
        converted_at=message.converted_at,
        failed_at=message.failed_at,
        canceled_at=message.canceled_at,
        error_reason=message.error_reason,
        error_details=message.error_details,
        events=[_event(event) for event in message.events] if with_history else UNSET,
        version_history=[_version(version) for version in message.version_history] if with_history else UNSET,
    )


async def read_message(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/messages/{message_id}"""
    message = await use_cases.read_message(call.application_id, call.path["message_id"])
    return Reply(message_out(message, with_history=True))


async def list_messages(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/messages"""
    query: MessageQuery = call.query
    page = await use_cases.list_messages(
        call.application_id,
        MessageFilter(
            status=None if query.status is None else Status.from_wire(query.status),
            channel_type=None
            if query.channel_type is None
            else Channel.from_wire(query.channel_type, field="channel_type"),
            type=None if query.type is None else SubscriptionType.from_wire(query.type),
            subscription_id=query.subscription_id,
            user_id=query.user_id,
            campaign_id=query.campaign_id,
            created_after=_moment(query.created_after, "created_after"),
            created_before=_moment(query.created_before, "created_before"),
        ),
        cursor=query.cursor,
        limit=query.limit,
    )
    items = [message_out(message, with_history=False) for message in page.items]
    return Reply(MessagePageOut(items=items, next_cursor=page.next_cursor))


def _moment(value: datetime | None, field: str) -> datetime | None:
    return None if value is None else utc(value, field=field)


def _source(call: Call) -> Source:
    principal: Principal = call.caller.identity
    return Source.OPERATOR if principal.is_operator else Source.API


async def cancel_message(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/messages/{message_id}/cancel"""
    message = await use_cases.cancel_message(
        call.application_id, call.path["message_id"], source=_source(call)
    )
    return Reply(message_out(message, with_history=True))


async def requeue_message(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/messages/{message_id}/requeue"""
    message = await use_cases.requeue_message(
        call.application_id, call.path["message_id"], source=_source(call)
    )
    return Reply(message_out(message, with_history=True))


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="GET",
        path="/v1/messages",
        name="list_messages",
        tag="messages",
        summary="List messages, newest first",
        scope=Scope.MESSAGES_READ,
        query=MessageQuery,
        replies={200: MessagePageOut},
        handler=list_messages,
    ),
    Route(
        method="GET",
        path="/v1/messages/{message_id}",
        name="read_message",
        tag="messages",
        summary="Read a message with its events and version history",
        scope=Scope.MESSAGES_READ,
        replies={200: MessageOut},
        handler=read_message,
    ),
    Route(
        method="POST",
        path="/v1/messages/{message_id}/cancel",
        name="cancel_message",
        tag="messages",
        summary="Cancel a message that was not sent yet",
        scope=Scope.MESSAGES_WRITE,
        replies={200: MessageOut},
        errors=frozenset({409}),
        handler=cancel_message,
    ),
    Route(
        method="POST",
        path="/v1/messages/{message_id}/requeue",
        name="requeue_message",
        tag="messages",
        summary="Put an errored message back into the queue",
        scope=Scope.MESSAGES_WRITE,
        replies={200: MessageOut},
        errors=frozenset({402, 409}),
        handler=requeue_message,
    ),
)
