"""Sent events, kept in batches: one row per chunk and flush, because every message that leaves has one.

A message is sent once, and keeps its chunk from then on: `message.chunk_id` leads to the row. The outbox refers to the
same row; what travels on NATS is the same JSON as for every other kind. See docs/decisions/0013.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import repeat
from typing import Final
from uuid import UUID

import asyncpg

from adapters.postgres.engine import to_json
from application.ports.chunk_settlement import ChunkSettlement
from application.ports.event_stream import EVENTS_PER_ROW
from application.ports.messages import MessageEventView
from domain.messaging.event import MessageEventType, Source, event_id, event_id_text
from domain.shared.channels import SubscriptionType

_COLUMNS: Final = (
    "chunk_id", "fence", "flush", "part", "type", "occurred_at", "message_ids", "subscription_ids", "attempts",
    "latencies", "provider_ids", "provider",
)  # fmt: skip

_PLACE: Final = "SELECT chunk_id, subscription_id FROM message WHERE id = $1"
_SENT: Final = """
SELECT occurred_at, attempts[at] AS attempt, latencies[at] AS latency, provider_ids[at] AS provider_id
FROM sent_batch, LATERAL array_position(message_ids, $2) AS at WHERE chunk_id = $1 AND at IS NOT NULL
"""


async def write_sent(
    connection: asyncpg.Connection,
    settlements: Sequence[ChunkSettlement],
    changed: Collection[UUID],
    now: datetime,
) -> None:
    """Write what was sent, and one outbox row for each row of an application that listens.

    `changed`: the messages that the guarded update returned; others are left out.
    """
    rows: list[tuple[object, ...]] = []
    outbox: list[tuple[object, ...]] = []
    for one in settlements:
        chunk, lines = one.chunk, one.sent.only(changed)
        for part, start in enumerate(range(0, len(lines.message_ids), EVENTS_PER_ROW)):
            cut = slice(start, start + EVENTS_PER_ROW)
            providers = lines.provider_ids[cut]
            rows.append(
                (
                    chunk.id, chunk.fence, one.flush, part, int(chunk.type), now, lines.message_ids[cut],
                    lines.subscription_ids[cut], lines.attempts[cut], lines.latencies[cut],
                    providers if any(providers) else None, lines.provider or None,
                )
            )  # fmt: skip
            if one.publish:
                sent = MessageEventType.SENT.wire
                outbox.append((chunk.application_id, sent, chunk.id, chunk.fence, one.flush, part, now))
    if rows:
        await connection.copy_records_to_table("sent_batch", columns=_COLUMNS, records=rows)
    if outbox:
        await connection.copy_records_to_table(
            "outbox",
            columns=("application_id", "kind", "chunk_id", "fence", "flush", "part", "created_at"),
            records=outbox,
        )


async def read_sent(connection: asyncpg.Connection, message_id: UUID) -> MessageEventView | None:
    """How a message was sent, if a worker settled it. Two look-ups, so that each touches one partition."""
    place = await connection.fetchrow(_PLACE, message_id)
    row = None if place is None else await connection.fetchrow(_SENT, place["chunk_id"], message_id)
    if place is None or row is None:
        return None
    metadata = {"attempt": row["attempt"], "latency_ms": row["latency"]}
    if row["provider_id"] is not None:
        metadata["provider_id"] = row["provider_id"]
    kind = MessageEventType.SENT
    id_ = event_id(message_id, place["subscription_id"], kind)
    return MessageEventView(id_, message_id, kind, row["occurred_at"], Source.PROVIDER, None, metadata)


def sent_payload(row: asyncpg.Record) -> str:
    """A row of sent_batch as the JSON array that is published: at most EVENTS_PER_ROW events."""
    at = row["occurred_at"].isoformat().replace("+00:00", "Z")
    middle = (
        f'","subscription_type":"{SubscriptionType(row["type"]).wire}","type":"sent","occurred_at":"{at}",'
        '"reason":null,"metadata":{"attempt":'
    )
    named = map(event_id_text, row["message_ids"], row["subscription_ids"], repeat(MessageEventType.SENT))
    events = [
        f'{{"id":"{id_}","message_id":"{message_id}","subscription_id":"{subscription_id}{middle}{attempt},'
        f'"latency_ms":{latency}'
        + ("}}" if provider_id is None else f',"provider_id":{to_json(provider_id)}}}}}')
        for id_, message_id, subscription_id, attempt, latency, provider_id in zip(
            named,
            row["message_ids"],
            row["subscription_ids"],
            row["attempts"],
            row["latencies"],
            row["provider_ids"] or repeat(None),
            strict=False,
        )
    ]
    return "[" + ",".join(events) + "]"
