"""What settling tells the world: history lines by COPY, events for NATS, statistic deltas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from adapters.postgres.outbox import write_outbox
from application.ports.dispatch_store import ChunkSettlement
from application.ports.event_stream import OutgoingEvent
from application.ports.identifiers import Identifiers
from domain.messaging.event import MessageEventType
from domain.messaging.lifecycle import Event


async def write_events(
    connection: asyncpg.Connection,
    settlements: Sequence[ChunkSettlement],
    changed: Mapping[UUID, Event],
    now: datetime,
    identifiers: Identifiers,
) -> None:
    """One history line per changed message that was not simply sent; outbox rows for applications that listen."""
    lines = [
        (line, settlement)
        for settlement in settlements
        for line in settlement.events
        if line.message_id in changed
    ]
    if not lines:
        return
    ids = identifiers.many(len(lines))
    await connection.copy_records_to_table(
        "message_event",
        columns=("id", "message_id", "occurred_at", "event_type", "source", "reason", "metadata"),
        records=[
            (id_, line.message_id, now, int(line.event_type), int(line.source), line.reason, line.metadata)
            for id_, (line, _) in zip(ids, lines, strict=True)
        ],
    )
    await write_outbox(
        connection,
        [
            OutgoingEvent(
                settlement.chunk.application_id, line.event_type, id_, line.message_id, line.subscription_id,
                line.type, now, line.reason, line.metadata,
            )
            for id_, (line, settlement) in zip(ids, lines, strict=True)
            if settlement.publish
        ],
        now,
    )  # fmt: skip


async def write_statistics(
    connection: asyncpg.Connection,
    settlements: Sequence[ChunkSettlement],
    changed: Mapping[UUID, Event],
    now: datetime,
) -> None:
    """Deltas only: hot counters are folded elsewhere, once a second (pipeline rule A5)."""
    counts: Counter[tuple[UUID, int, int, str]] = Counter()
    damaged: Counter[tuple[UUID, int]] = Counter()
    for one in settlements:
        application_id, type_ = one.chunk.application_id, int(one.chunk.type)
        sent = len(one.sent.only(changed).message_ids)
        if sent:
            counts[application_id, type_, int(MessageEventType.SENT), ""] += sent
        for line in one.events:
            if line.message_id in changed:
                counts[application_id, type_, int(line.event_type), line.reason or ""] += 1
        damaged[application_id, type_] += sum(1 for fault in one.token_faults if fault.damage)
    hour = now.replace(minute=0, second=0, microsecond=0)
    records = [
        (application_id, hour, type_, event_type, reason, n, damaged.pop((application_id, type_), 0))
        for (application_id, type_, event_type, reason), n in counts.items()
    ]
    if records:
        await connection.copy_records_to_table(
            "stat_delta",
            columns=("application_id", "hour", "type", "event_type", "reason", "n", "damaged"),
            records=records,
        )
