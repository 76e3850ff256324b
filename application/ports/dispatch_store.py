"""The dispatch queue, as workers and the reconciler see it. PostgreSQL owns it; every write is fenced."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from application.ports.doorbells import Ring
from application.ports.vault import Sealed
from domain.messaging.content import Body, Json
from domain.messaging.event import MessageEventType, Source
from domain.messaging.lifecycle import Event
from domain.messaging.outcome import Details, SoftFault
from domain.shared.channels import Channel, Lane, SubscriptionType

Traits = tuple[UUID | None, UUID | None, str | None, str | None]
"""What a message is counted by besides its type: campaign, template, country and app version."""

RELEASED_AT_ONCE = 64
"""Chunks of one queue that a release looks at: a window of full chunks is eight, and every look costs."""


@attrs.frozen(slots=True)
class Chunk:
    """A leased chunk: work of one application, subscription type, lane and reservation."""

    id: UUID
    application_id: UUID
    reservation_id: UUID
    channel: Channel
    type: SubscriptionType
    lane: Lane
    fence: int
    recoveries: int
    message_ids: Sequence[UUID]
    deadline: datetime | None = None
    """No send may start after this: the lease may be taken over."""
    expires_at: datetime | None = None
    campaign_id: UUID | None = None
    wave: int | None = None
    """Which part of the campaign it is of."""
    pace: float | None = None
    """Sends a second of the whole campaign, across all workers; None: as fast as the channel takes them."""


@attrs.define(slots=True)
class LoadedMessage:
    """A message with what its subscription looks like now (None where the subscription vanished)."""

    id: UUID
    status: int
    attempts: int
    content_id: UUID
    expires_at: datetime | None
    user_targeted: bool
    user_id: UUID | None
    subscription_id: UUID
    owner_id: UUID | None
    """The user the subscription belongs to now."""
    subscription_status: int | None
    is_archived: bool | None
    token: Sealed | None
    token_version: int
    environment: int | None
    test_type: int
    app_version: str | None
    variables: bytes | None = None
    """Sealed; see `application.ports.sealed_variables`."""
    country_code: str | None = None
    campaign_id: UUID | None = None
    template_id: UUID | None = None
    """Known once its content is."""
    suppressed: bool = False
    """Nobody writes to this address again."""
    overtaken: bool = False
    """Another message of its fallback arrived."""

    @property
    def traits(self) -> Traits:
        return self.campaign_id, self.template_id, self.country_code, self.app_version


@attrs.frozen(slots=True)
class StoredContent:
    """A content row; `template` names the template version that the body is of, None: it is said as it is."""

    body: Body
    template: Mapping[str, Json] | None = None


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


class WorkerStore(Protocol):
    async def lease(self, worker: UUID, chunk_ids: Sequence[UUID]) -> Sequence[Chunk]:
        """Lease those of the chunks that are released; paused routes and inactive applications stay where they are."""
        ...

    async def load(self, chunks: Sequence[Chunk]) -> Mapping[UUID, LoadedMessage]:
        """Every message of the chunks by id, with its subscription as it is now."""
        ...

    async def contents(self, ids: Sequence[UUID]) -> Mapping[UUID, StoredContent]: ...

    async def settle(
        self, worker: UUID, settlements: Sequence[ChunkSettlement], now: datetime
    ) -> SettleReport:
        """Write everything in one transaction, under the fence of each chunk."""
        ...

    async def return_chunks(self, worker: UUID, chunk_ids: Sequence[UUID]) -> None:
        """Give back those of the chunks that this worker has leased; it must not have started them."""
        ...


class QueueStore(Protocol):
    """The reconciler's steps; each is a bounded transaction of its own and answers what it did."""

    async def release(self, now: datetime) -> Sequence[Ring]:
        """Release held chunks that are due, fairly: at most a window per application and lane.

        Of one queue at most `RELEASED_AT_ONCE`; whoever is told of so many asks again at once.
        """
        ...

    async def hold_back(self) -> int:
        """Put released chunks of paused routes and inactive applications back to held."""
        ...

    async def unheard(self, older_than: datetime, now: datetime) -> Sequence[Ring]:
        """Released chunks that nobody leased since `older_than`; they are marked as rung at `now`."""
        ...

    async def take_over(self, now: datetime) -> Sequence[Ring]:
        """Free the chunks of dead workers and of leases past their deadline."""
        ...

    async def start_retries(self, now: datetime) -> int:
        """Turn due retries into held chunks; answer how many messages."""
        ...

    async def expire(self, now: datetime) -> int:
        """Fail what expired while it was held; answer how many messages."""
        ...

    async def fold(self) -> int:
        """Apply statistic and quota deltas in key order; answer how many were folded."""
        ...

    async def judge_tokens(self, now: datetime) -> int:
        """Apply or discard token faults that were held back; pause routes with mass damage. Answer how many were judged."""
        ...

    async def expire_receipts(self, now: datetime) -> int:
        """Fail sent messages whose application's receipt timeout passed, and in-app messages that nobody saw while they
        could be seen; answer how many."""
        ...

    async def tidy(self, now: datetime) -> int:
        """Delete idempotency rows after 30 days, dead workers' rows and the like; answer how many."""
        ...
