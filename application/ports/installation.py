"""What is under way at this moment: the queue of an application; database, queue and workers of the installation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.shared.channels import Channel, Lane


@attrs.frozen(slots=True, kw_only=True)
class QueueTally:
    """Messages in the queue of one application, by what they wait for."""

    held: int = 0
    released: int = 0
    in_delivery: int = 0
    retrying: int = 0

    @property
    def total(self) -> int:
        return self.held + self.released + self.in_delivery + self.retrying


@attrs.frozen(slots=True, kw_only=True)
class LaneTally:
    """One lane and channel of the whole installation's queue."""

    lane: Lane
    channel: Channel
    queue: QueueTally
    oldest_at: datetime | None
    """When the oldest chunk was made that is not held back on purpose."""


@attrs.frozen(slots=True, kw_only=True)
class WorkerNode:
    """A worker that has told of itself."""

    incarnation: UUID
    host: str
    pid: int
    started_at: datetime
    beat_at: datetime
    leased_chunks: int


@attrs.frozen(slots=True, kw_only=True)
class DatabaseReading:
    version: str
    size_bytes: int
    connections: int
    max_connections: int
    outbox: int
    """Events that have not left yet."""
    unfolded: int
    """Statistic deltas that are not in the counters yet."""
    hold_reason: str | None
    """Why nothing is released; None: there is no hold."""


@attrs.frozen(slots=True, kw_only=True)
class InstallationReading:
    database: DatabaseReading
    lanes: Sequence[LaneTally]
    workers: Sequence[WorkerNode]


class Installation(Protocol):
    async def queue(self, application_id: UUID) -> QueueTally: ...

    async def read(self) -> InstallationReading: ...
