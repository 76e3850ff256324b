"""What settling tells the world: history lines by COPY, events for NATS as text, statistic deltas."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from application.ports.dispatch_store import ChunkSettlement
from application.ports.identifiers import Identifiers
from domain.messaging.lifecycle import Event

EVENTS_PER_ROW = 200


async def write_events(
    connection: asyncpg.Connection,
    settlements: Sequence[ChunkSettlement],
    changed: Mapping[UUID, Event],
    now: datetime,
    identifiers: Identifiers,
) -> None:
    """One history line per changed message; outbox rows for applications that listen."""
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
    outgoing: dict[tuple[UUID, str], list[str]] = {}
    at = now.isoformat().replace("+00:00", "Z")
    for id_, (line, settlement) in zip(ids, lines, strict=True):
        if settlement.publish:
            kind = line.event_type.wire
            reason = "null" if line.reason is None else json.dumps(line.reason)
            outgoing.setdefault((settlement.chunk.application_id, kind), []).append(
                f'{{"id":"{id_}","message_id":"{line.message_id}","subscription_id":"{line.subscription_id}",'
                f'"subscription_type":"{line.type.wire}","type":"{kind}","occurred_at":"{at}","reason":{reason},'
                f'"metadata":{line.metadata or "{}"}}}'
            )
    rows = [
        (application_id, kind, "[" + ",".join(texts[start : start + EVENTS_PER_ROW]) + "]", now)
        for (application_id, kind), texts in outgoing.items()
        for start in range(0, len(texts), EVENTS_PER_ROW)
    ]
    if rows:
        await connection.copy_records_to_table(
            "outbox", columns=("application_id", "kind", "payload", "created_at"), records=rows
        )


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
