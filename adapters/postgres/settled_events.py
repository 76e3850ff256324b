"""What settling tells the world: history lines by COPY, events for NATS, statistic deltas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from adapters.postgres.outbox import write_outbox
from adapters.postgres.statistics import UNKNOWN, Counted, hour_of, insert_deltas, traits_of
from application.ports.chunk_settlement import ChunkSettlement
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
    counts: Counter[Counted] = Counter()
    damaged: Counter[tuple[UUID, int]] = Counter()
    hour = hour_of(now)
    unknown = [
        line.message_id
        for one in settlements
        for line in one.events
        if line.traits is None and line.message_id in changed
    ]
    found = await traits_of(connection, unknown) if unknown else {}
    for one in settlements:
        application_id, type_ = one.chunk.application_id, int(one.chunk.type)
        sent = one.sent.only(changed)
        kind = int(MessageEventType.SENT)
        for traits, n in Counter(sent.traits).items():
            key = Counted(application_id, hour, type_, kind, "", sent.provider, traits)
            counts[key] += n
        for line in one.events:
            if line.message_id in changed:
                traits = line.traits or found.get(line.message_id, UNKNOWN)
                key = Counted(
                    application_id, hour, type_, int(line.event_type), line.reason or "", line.provider,
                    traits,
                )  # fmt: skip
                counts[key] += 1
        damaged[application_id, type_] += sum(1 for fault in one.token_faults if fault.damage)
    await insert_deltas(connection, counts, damaged=damaged)
