"""How the installation does: what each of its processes says of itself, and what the database, the queue and NATS say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from application.ports.measures import Figure
from domain.shared.channels import Channel, Lane, SubscriptionType


@attrs.frozen(slots=True, kw_only=True)
class ProviderReading:
    """What came of one process's sends through one provider in the last five minutes."""

    channel: str
    provider: str
    accepted: int
    errored: int
    """It could not take them now; they are tried again."""
    refused: int
    """It took them for wrong, or nobody can tell."""
    mean_seconds: float | None
    """From the start of the chunk's send to the outcome; None where nothing was sent."""


@attrs.frozen(slots=True, kw_only=True)
class JobReading:
    """One recurring job of one scheduler, in the last five minutes."""

    job: str
    runs: int
    failures: int
    mean_seconds: float | None


@attrs.frozen(slots=True, kw_only=True)
class PoolReading:
    """Connections to PostgreSQL that one process holds."""

    name: str
    used: int
    idle: int
    size: int


@attrs.frozen(slots=True, kw_only=True)
class NodeReading:
    """What a process knows about itself and its machine. Shares are of one processor; rates are bytes a second."""

    cpu_share: float | None = None
    """Of all processors of the machine, 0 to 1; None in the first seconds."""
    cpus: int = 1
    memory_used: int = 0
    memory_total: int = 0
    disk_free: int = 0
    disk_rate: float | None = None
    """Read and written together."""
    network_rate: float | None = None
    """Sent and received together."""
    process_cpu: float | None = None
    process_memory: int = 0
    nats_connected: bool = False
    nats_reconnects: int = 0
    pools: tuple[PoolReading, ...] = ()
    providers: tuple[ProviderReading, ...] = ()
    jobs: tuple[JobReading, ...] = ()


@attrs.frozen(slots=True, kw_only=True)
class NodeReport:
    """One process, as it last told of itself."""

    incarnation: UUID
    role: str
    host: str
    pid: int
    started_at: datetime
    reported_at: datetime
    reading: NodeReading


class NodeReports(Protocol):
    async def write(self, report: NodeReport) -> None:
        """In the place of what this process said before. Raise Unavailable."""
        ...

    async def forget(self, incarnation: UUID) -> None:
        """A process that ends in order says good-bye."""
        ...

    async def since(self, moment: datetime) -> Sequence[NodeReport]:
        """Of every process that told of itself since then; by host and role."""
        ...


@attrs.frozen(slots=True, kw_only=True)
class LaneReading:
    """One lane and channel of the queue, in messages."""

    lane: Lane
    channel: Channel
    held: int
    released: int
    in_delivery: int
    retrying: int
    oldest_at: datetime | None
    """When the oldest chunk was made that is not held back on purpose."""


@attrs.frozen(slots=True, kw_only=True)
class WorkerReading:
    host: str
    pid: int
    started_at: datetime
    beat_at: datetime
    leased_chunks: int


@attrs.frozen(slots=True, kw_only=True)
class PauseReading:
    """A channel of an application that is held."""

    application_id: UUID
    application_name: str
    type: SubscriptionType
    reason: str
    paused_at: datetime


@attrs.frozen(slots=True, kw_only=True)
class StatementReading:
    """A statement that has been running for a second or more. `text` has placeholders, never values."""

    seconds: float
    waits_for: str | None
    process: str
    text: str


@attrs.frozen(slots=True, kw_only=True)
class DatabaseReading:
    version: str
    size_bytes: int
    connections: int
    active: int
    max_connections: int
    cache_share: float | None
    """Of the blocks that were read since the statistics began, those that were in memory."""
    longest_seconds: float
    """Age of the oldest open transaction."""
    outbox: int
    """Events that have not left yet."""
    unfolded: int
    """Statistic deltas that are not in the counters yet."""
    hold_reason: str | None
    """Why nothing is released; None: there is no hold."""
    statements: tuple[StatementReading, ...]


@attrs.frozen(slots=True, kw_only=True)
class StoreReading:
    """What PostgreSQL says of itself and of the queue."""

    database: DatabaseReading
    lanes: Sequence[LaneReading]
    workers: Sequence[WorkerReading]
    pauses: Sequence[PauseReading]


class Health(Protocol):
    async def read(self) -> StoreReading:
        """Bounded in time and in rows. Raise Unavailable."""
        ...


@attrs.frozen(slots=True, kw_only=True)
class StreamReading:
    """One stream of NATS: what lies in it, and the servers that keep it."""

    name: str
    messages: int
    bytes: int
    leader: bool
    current: int
    lagging: int
    offline: int


def streams_of(figures: Sequence[Figure]) -> list[StreamReading]:
    """The streams among NATS' figures, by name."""
    found = {
        (one.name.removeprefix("signal_nats_stream_"), *one.labels): one.value
        for one in figures
        if one.name.startswith("signal_nats_stream_")
    }
    names = sorted({key[1] for key in found})
    return [
        StreamReading(
            name=name,
            messages=int(found.get(("messages", name), 0)),
            bytes=int(found.get(("bytes", name), 0)),
            leader=bool(found.get(("replicas", name, "leader"), 0)),
            current=int(found.get(("replicas", name, "current"), 0)),
            lagging=int(found.get(("replicas", name, "lagging"), 0)),
            offline=int(found.get(("replicas", name, "offline"), 0)),
        )
        for name in names
    ]
