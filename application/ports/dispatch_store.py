"""The dispatch queue, as workers and the reconciler see it. PostgreSQL owns it; every write is fenced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from application.ports.chunk_settlement import ChunkSettlement, SettleReport
from application.ports.doorbells import Ring
from application.ports.leased_chunk import Chunk, LoadedMessage, StoredContent

RELEASED_AT_ONCE = 64
"""Chunks of one queue that a release looks at: a window of full chunks is eight, and every look costs."""


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
