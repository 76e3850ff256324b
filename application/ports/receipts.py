"""Receipts, as storage sees them: lock the messages, let a pure function decide, write what it decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.messaging.event import MessageEventType, Source
from domain.messaging.lifecycle import Event, Status
from domain.messaging.outcome import SoftFault
from domain.shared.channels import SubscriptionType
from domain.shared.json_values import Json


@attrs.frozen(slots=True)
class Effects:
    """What a provider's report means beyond the message; applied once, with the event that the report is."""

    code: int | None = None
    """Set on the subscription."""
    soft: SoftFault | None = None
    clears: frozenset[int] = frozenset()
    gives_back: bool = False
    """A message that was sent and then failed is not charged."""
    indexes: Sequence[bytes] = ()
    """Blind indexes of the address that the report is about, when it names one: the subscription must still have it."""
    types: frozenset[SubscriptionType] = frozenset()
    """What the reporting provider serves: it says nothing about messages of other types."""

    @property
    def concerns_subscription(self) -> bool:
        return self.code is not None or self.soft is not None or bool(self.clears)


@attrs.define(slots=True)
class ReceiptItem:
    """One receipt on its way into the store. Mutable only to be cheap: nobody changes one."""

    event_id: UUID
    """Derived from what the receipt says, so that the same receipt twice is one event."""
    message_id: UUID
    event_type: MessageEventType
    occurred_at: datetime
    """Clamped already; `metadata` keeps what was reported."""
    source: Source
    application_id: UUID | None = None
    """None: ours already (a kept receipt, a worker's proof), nothing to check."""
    subscription_id: UUID | None = None
    """None: not checked against the message's."""
    install_id: UUID | None = None
    """Not None: the subscription must belong to this install (the row's id)."""
    reason: str | None = None
    metadata: Mapping[str, Json] = attrs.field(factory=dict)
    kept: bool = False
    """It lies in early_receipt under `event_id` and leaves it when applied."""
    effects: Effects | None = None
    """Only a provider's report has some."""


@attrs.define(slots=True)
class LockedMessage:
    """What the decision needs to know of a message whose row is locked."""

    id: UUID
    application_id: UUID
    subscription_id: UUID
    type: SubscriptionType
    status: Status
    attempted: bool
    """A worker may have sent it: attempts were counted, or its chunk was leased at least once."""
    was_received: bool
    was_converted: bool
    sent_at: datetime | None = None
    campaign_id: UUID | None = None
    content_id: UUID | None = None
    sent_in: UUID | None = None
    """The chunk it was sent in, where its type does not say by whom. These three are for storage's own figures."""


@attrs.define(slots=True)
class EventLine:
    """One event to write, for its table, the statistics and the stream of events."""

    item: ReceiptItem
    message: LockedMessage
    event_id: UUID
    event_type: MessageEventType
    occurred_at: datetime
    first: bool = False
    """Nobody can have told it before: this transaction makes the transition that it tells of."""


Moved = tuple[LockedMessage, datetime]
"""A message, and when what moved it happened."""


@attrs.define(slots=True)
class ReceiptPlan:
    """What one transaction writes; every id in it was locked by that transaction."""

    moves: dict[Event, list[Moved]] = attrs.field(factory=dict)
    """Transitions in the order in which they are applied; a message makes each at most once."""
    fail_reasons: dict[UUID, str] = attrs.field(factory=dict)
    fail_details: dict[UUID, Mapping[str, Json]] = attrs.field(factory=dict)
    """What the report said besides: kept with the message, as for failures that a send ends with."""
    events: list[EventLine] = attrs.field(factory=list)
    implied: list[Moved] = attrs.field(factory=list)
    """Messages whose conversion says that they were received, too."""
    received: dict[UUID, int] = attrs.field(factory=dict)
    """Subscription → messages received for the first time."""
    converted: dict[UUID, int] = attrs.field(factory=dict)
    last_received: dict[UUID, datetime] = attrs.field(factory=dict)
    """Subscription → when the last of them was received; of every subscription in `received`."""
    last_converted: dict[UUID, datetime] = attrs.field(factory=dict)
    given_back: set[UUID] = attrs.field(factory=set)
    """Messages that failed after they were sent, on a channel that bills on delivery."""
    healed: set[UUID] = attrs.field(factory=set)
    """Subscriptions whose address was reached: their soft faults are forgotten."""
    active: set[UUID] = attrs.field(factory=set)
    """Subscriptions that were heard from."""
    early: list[ReceiptItem] = attrs.field(factory=list)
    """Kept until their message is settled."""
    done: list[UUID] = attrs.field(factory=list)
    """Kept receipts that need not be kept any longer."""


Decide = Callable[[Mapping[UUID, LockedMessage], Mapping[UUID, UUID | None]], ReceiptPlan]
"""(locked messages, {subscription: install}) → plan. Pure; called again when the transaction had to be repeated."""


class Receipts(Protocol):
    async def bounds(self) -> tuple[UUID, UUID]:
        """(retention floor, end): ids below the floor are dropped or about to be, ids from the end on cannot exist."""
        ...

    async def apply(
        self, message_ids: Sequence[UUID], subscription_ids: Sequence[UUID], decide: Decide, now: datetime
    ) -> None:
        """Lock, decide and write in one transaction; repeated a few times after a deadlock.

        Only the installs of `subscription_ids` are looked up. Raise Unavailable when PostgreSQL cannot be reached.
        """
        ...


class EarlyReceipts(Protocol):
    async def page(self, after: UUID | None, limit: int) -> Sequence[ReceiptItem]:
        """Kept receipts by event id, from after `after` on."""
        ...
