"""Claims: what is written before a send that must not happen twice, and what is left of it when its outcome is unknown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from application.ports.chunk_settlement import ChunkSettlement
from application.ports.leased_chunk import Chunk
from domain.shared.channels import Lane, SubscriptionType


@attrs.frozen(slots=True)
class NewClaim:
    """One send that is about to start."""

    message_id: UUID
    subscription_id: UUID
    client_ref: str


@attrs.frozen(slots=True)
class UnknownSend:
    """A claim whose outcome nobody knows."""

    message_id: UUID
    application_id: UUID
    subscription_id: UUID
    reservation_id: UUID
    type: SubscriptionType
    lane: Lane
    provider: str
    client_ref: str
    claimed_at: datetime


Build = Callable[[Collection[UUID]], Sequence[ChunkSettlement]]
"""From the messages whose claims were still open to what is to be written for them."""


class ClaimStore(Protocol):
    async def claim(
        self, worker: UUID, chunk: Chunk, provider: str, claims: Sequence[NewClaim], now: datetime
    ) -> Collection[UUID] | None:
        """Write the claims and commit; answer the messages that had none before. None: the lease is lost."""
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[UnknownSend]:
        """Unknown sends that are to be asked about now; they count as asked from this moment."""
        ...

    async def resolve(self, sends: Sequence[UnknownSend], build: Build, now: datetime) -> int:
        """End those of the claims that are still open and write what `build` makes of their messages, in one
        transaction; answer how many messages changed. A claim of a later attempt is not touched."""
        ...
