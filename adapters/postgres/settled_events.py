"""What settling tells the world: history lines by COPY, events for NATS as text, statistic deltas."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import asyncpg

from adapters.postgres.packed_events import PackedRecord, pack
from application.ports.dispatch_store import ChunkSettlement, EventLine
from application.ports.event_stream import EVENTS_PER_ROW
from application.ports.identifiers import Identifiers
from domain.messaging.event import MessageEventType
from domain.messaging.lifecycle import Event
from domain.shared.channels import SubscriptionType

Event_ = TypeVar("Event_")


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
    await _write_outbox(connection, zip(ids, lines, strict=True), now)


async def _write_outbox(
    connection: asyncpg.Connection,
    lines: Iterable[tuple[UUID, tuple[EventLine, ChunkSettlement]]],
    now: datetime,
) -> None:
    """What was sent goes out packed, the rest as JSON; at most 200 events a row."""
    sent: dict[tuple[UUID, SubscriptionType], list[PackedRecord]] = {}
    others: dict[tuple[UUID, str], list[str]] = {}
    at = now.isoformat().replace("+00:00", "Z")
    for id_, (line, settlement) in lines:
        if not settlement.publish:
            continue
        application_id = settlement.chunk.application_id
        if line.event_type is MessageEventType.SENT:
            sent.setdefault((application_id, line.type), []).append(
                (id_, line.message_id, line.subscription_id, line.attempt, line.latency_ms)
            )
            continue
        kind = line.event_type.wire
        reason = "null" if line.reason is None else json.dumps(line.reason)
        others.setdefault((application_id, kind), []).append(
            f'{{"id":"{id_}","message_id":"{line.message_id}","subscription_id":"{line.subscription_id}",'
            f'"subscription_type":"{line.type.wire}","type":"{kind}","occurred_at":"{at}","reason":{reason},'
            f'"metadata":{line.metadata or "{}"}}}'
        )
    rows: list[tuple[UUID, str, str | None, bytes | None, datetime]] = [
        (application_id, MessageEventType.SENT.wire, None, pack(type_, now, some), now)
        for (application_id, type_), records in sent.items()
        for some in _slices(records)
    ]
    rows += [
        (application_id, kind, "[" + ",".join(some) + "]", None, now)
        for (application_id, kind), texts in others.items()
        for some in _slices(texts)
    ]
    if rows:
        await connection.copy_records_to_table(
            "outbox", columns=("application_id", "kind", "payload", "packed", "created_at"), records=rows
        )


def _slices(events: list[Event_]) -> Iterator[list[Event_]]:
    for start in range(0, len(events), EVENTS_PER_ROW):
        yield events[start : start + EVENTS_PER_ROW]


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
