"""What a worker found out about one chunk, as it is written: changes, history, retries, faults, successors."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import attrs

from application.ports.leased_chunk import Chunk, Traits
from domain.messaging.event import MessageEventType, Source
from domain.messaging.lifecycle import Event
from domain.messaging.outcome import Details, SoftFault
from domain.shared.channels import SubscriptionType


@attrs.frozen(slots=True)
class Change:
    """One guarded update of messages that share event, reason and details."""

    event: Event
    attempted: bool
    """Whether an attempt was spent."""
    reason: str | None
    details: Details | None
    message_ids: Sequence[UUID]


@attrs.define(slots=True)
class EventLine:
    """One line of history, written only if the guarded update returned its message."""

    message_id: UUID
    subscription_id: UUID
    type: SubscriptionType
    event_type: MessageEventType
    source: Source
    reason: str | None
    metadata: str | None
    """JSON text."""
    traits: Traits | None = None
    """None: not known here, to be looked up."""
    provider: str = ""
    """Who was asked to send; empty: nobody."""


@attrs.define(slots=True)
class SentLines:
    """What a provider took in one flush of one chunk, as parallel columns: the history of most messages."""

    message_ids: list[UUID] = attrs.field(factory=list)
    subscription_ids: list[UUID] = attrs.field(factory=list)
    attempts: list[int] = attrs.field(factory=list)
    latencies: list[int] = attrs.field(factory=list)
    """Milliseconds from the start of the chunk's sending to the answer."""
    provider_ids: list[str | None] = attrs.field(factory=list)
    traits: list[Traits] = attrs.field(factory=list)
    provider: str = ""
    """Who sent all of them."""

    def only(self, ids: Collection[UUID]) -> SentLines:
        """Without the messages that are not among `ids`; itself when none is left out."""
        if all(id_ in ids for id_ in self.message_ids):
            return self
        kept = [at for at, id_ in enumerate(self.message_ids) if id_ in ids]
        return SentLines(
            [self.message_ids[at] for at in kept],
            [self.subscription_ids[at] for at in kept],
            [self.attempts[at] for at in kept],
            [self.latencies[at] for at in kept],
            [self.provider_ids[at] for at in kept],
            [self.traits[at] for at in kept],
            self.provider,
        )


@attrs.frozen(slots=True)
class RetryLine:
    message_id: UUID
    due_at: datetime
    expires_at: datetime | None


@attrs.frozen(slots=True)
class TokenFault:
    """A subscription code that a provider's answer asks for, under the token version that was loaded."""

    subscription_id: UUID
    code: int
    token_version: int
    reason: str
    invalid_since: datetime | None
    damage: bool
    """Held back until the route is known to be healthy (mass-token-damage guard)."""


@attrs.frozen(slots=True)
class LearntEnvironment:
    subscription_id: UUID
    token_version: int
    environment: int


@attrs.frozen(slots=True)
class Successor:
    """Messages that were not attempted and go back into the queue as a new chunk."""

    message_ids: Sequence[UUID]
    not_before: datetime | None


@attrs.frozen(slots=True)
class RoutePause:
    """A credential or project fault: the route stops until an operator resumes it."""

    reason: str
    credential_version: int | None
    details: Details
    provider: str | None = None
    """Whose credential is at fault; None: there is none of any provider that serves the type."""


@attrs.define(slots=True)
class ChunkSettlement:
    """What one flush writes for one chunk."""

    chunk: Chunk
    flush: int
    """Counts the flushes of this lease: ledger lines are unique per (chunk, fence, flush, kind)."""
    changes: list[Change] = attrs.field(factory=list)
    events: list[EventLine] = attrs.field(factory=list)
    """Every change but the sends."""
    sent: SentLines = attrs.field(factory=SentLines)
    retries: list[RetryLine] = attrs.field(factory=list)
    token_faults: list[TokenFault] = attrs.field(factory=list)
    environments: list[LearntEnvironment] = attrs.field(factory=list)
    successors: list[Successor] = attrs.field(factory=list)
    pause: RoutePause | None = None
    complete: bool = False
    """Every id of the chunk has an outcome or a successor: the chunk is deleted."""
    receipt_due: datetime | None = None
    """What is sent now must be received by then (the application's receipt timeout); None: whenever."""
    publish: bool = False
    """Whether the application wants its events on NATS."""
    unclaimed: list[UUID] = attrs.field(factory=list)
    """Messages whose claim ends with this settlement."""
    unknown: list[UUID] = attrs.field(factory=list)
    """Messages whose claim stays: nobody knows whether they were sent."""
    soft_faults: list[tuple[UUID, SoftFault, str]] = attrs.field(factory=list)
    """(subscription, fault, reason): faults that count only when they repeat."""
    healed: list[UUID] = attrs.field(factory=list)
    """Subscriptions that were reached: their soft faults are forgotten."""
    unseen: list[tuple[UUID, datetime]] = attrs.field(factory=list)
    """In-app messages that were taken, and until when each can be seen."""
    charges_failures: bool = False
    """What fails here is settled, not released: it may have been sent."""


@attrs.frozen(slots=True)
class SettleReport:
    lost: Sequence[UUID]
    """Chunks whose fence was lost: nothing was written for them."""
    written: int
    """Messages that changed state."""
