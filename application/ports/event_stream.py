"""Events for the customer's own systems: an outbox in PostgreSQL, and the stream it is emptied into."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.messaging.event import MessageEventType
from domain.shared.channels import SubscriptionType

EVENTS_PER_ROW = 200
"""At most this many events travel in one outbox row and one NATS message."""


@attrs.define(slots=True)
class OutgoingEvent:
    """One message event for the application's own systems. Mutable only to be cheap: nobody changes one."""

    application_id: UUID
    kind: MessageEventType
    id: UUID
    message_id: UUID
    subscription_id: UUID
    type: SubscriptionType
    occurred_at: datetime
    reason: str | None = None
    metadata: str | None = None
    """A JSON object as text."""


@attrs.frozen(slots=True)
class OutboxRow:
    """Events of one application and one kind; `payload` is a JSON array. A kind without a dot is a message's."""

    id: int
    application_id: UUID
    kind: str
    payload: str
    created_at: datetime


class Outbox(Protocol):
    async def oldest(self, limit: int) -> Sequence[OutboxRow]:
        """Rows in the order in which they were written."""
        ...

    async def hand_on(self, rows: Sequence[OutboxRow]) -> None:
        """Remove them, and in the same transaction owe them to the webhooks that listen."""
        ...


class EventStream(Protocol):
    async def publish(self, rows: Sequence[OutboxRow]) -> Sequence[int]:
        """Publish in order and answer the ids of the rows that the stream has stored; never raises for an outage."""
        ...
