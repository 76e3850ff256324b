"""Sent messages that somebody must have seen by a time: watched from when they are sent, failed when it has passed.

Two kinds, told apart by the type of the message. An application's receipt timeout says how long a receipt may take. An in-app
message can be seen until its content ends or its time to live is over; whoever saw it later is not believed any more, but
devices get `LATE_IMPRESSIONS` to tell what they showed in time. A row says when to look; the message itself says whether it
was seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from adapters.postgres.engine import to_json
from adapters.postgres.id_spans import spans
from adapters.postgres.outbox import applications_wanting_events
from adapters.postgres.settled_events import write_events, write_statistics
from application.ports.chunk_settlement import ChunkSettlement, EventLine
from application.ports.identifiers import Identifiers
from application.ports.leased_chunk import Chunk
from domain.messaging.event import MessageEventType, Reason, Source
from domain.messaging.lifecycle import Event
from domain.shared.channels import Channel, Lane, SubscriptionType

AT_ONCE: Final = 2_000
LATE_IMPRESSIONS: Final = timedelta(minutes=5)
"""How long after its end a device may still tell that an in-app message was on the screen before."""
NOT_SHOWN: Final = {"code": -72}
"""What an in-app message that nobody saw failed with (specification 3.3): its rules were not met in time."""

_IN_APP: Final = SubscriptionType.IN_APP_MESSAGE
_TAKE: Final = """
DELETE FROM receipt_watch WHERE message_id IN (SELECT message_id FROM receipt_watch WHERE due_at <= $1
    ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING message_id
"""
_WATCH: Final = """
INSERT INTO receipt_watch (message_id, application_id, due_at, type)
SELECT *, $4 FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) ON CONFLICT (message_id) DO NOTHING
"""
_FAIL: Final = f"""
UPDATE message SET status = 2, failed_at = $4,
    error_reason = CASE WHEN type = {int(_IN_APP)} THEN $5 ELSE $6 END,
    error_details = CASE WHEN type = {int(_IN_APP)} THEN $7::jsonb END
WHERE id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3 AND status = 1
RETURNING id, application_id, subscription_id, reservation_id, type, campaign_id
"""  # noqa: S608 - constants
# Its counts were settled, and would be looked at again only by and by, or after two weeks not at all.
_RECOUNT: Final = """
UPDATE campaign_batch b SET recount_at = $4 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS c (id, first, last)
WHERE b.campaign_id = c.id AND b.min_id <= c.last AND b.max_id >= c.first
  AND (b.recount_at IS NULL OR b.recount_at > $4)
"""


async def watch_sent(
    connection: asyncpg.Connection, settlements: Iterable[ChunkSettlement], changed: Collection[UUID]
) -> None:
    """Watch what these settlements sent, where it must be seen by a time."""
    watched = [
        (id_, one.chunk.application_id, int(one.chunk.type), due)
        for one in settlements
        for id_, due in _due(one)
        if id_ in changed
    ]
    if watched:
        await connection.copy_records_to_table(
            "receipt_watch", columns=("message_id", "application_id", "type", "due_at"), records=watched
        )


def _due(settlement: ChunkSettlement) -> Iterable[tuple[UUID, datetime]]:
    for id_, until in settlement.unseen:
        yield id_, until + LATE_IMPRESSIONS
    if settlement.receipt_due is not None:
        for change in settlement.changes:
            if change.event is Event.SEND:
                for id_ in change.message_ids:
                    yield id_, settlement.receipt_due


async def watch_proven(connection: asyncpg.Connection, sent: Sequence[asyncpg.Record]) -> None:
    """The same of in-app messages whose sending a receipt proved: what is known of them here is their time to live."""
    rows = [row for row in sent if row["type"] == _IN_APP and row["expires_at"] is not None]
    if rows:
        await connection.execute(
            _WATCH,
            [row["id"] for row in rows],
            [row["application_id"] for row in rows],
            [row["expires_at"] + LATE_IMPRESSIONS for row in rows],
            int(_IN_APP),
        )


async def expire_receipts(connection: asyncpg.Connection, now: datetime, identifiers: Identifiers) -> int:
    """Fail watched messages that nobody saw by their time; answer how many.

    The quota stays settled: push and in-app bill on acceptance, not on being seen.
    """
    due = await connection.fetch(_TAKE, now, AT_ONCE)
    ids = sorted(row["message_id"] for row in due)
    rows = [
        row
        for some in spans(ids)
        for row in await connection.fetch(
            _FAIL, some, some[0], some[-1], now, Reason.EXPIRED, Reason.RECEIPT_TIMEOUT, to_json(NOT_SHOWN)
        )
    ]
    if not rows:
        return 0
    wanting = await applications_wanting_events(connection, sorted({row["application_id"] for row in rows}))
    settlements = [_unseen(row, publish=row["application_id"] in wanting) for row in rows]
    changed = {row["id"]: Event.FAIL for row in rows}
    await write_events(connection, settlements, changed, now, identifiers)
    await write_statistics(connection, settlements, changed, now)
    await _recount_campaigns(connection, rows, now)
    return len(rows)


async def _recount_campaigns(
    connection: asyncpg.Connection, rows: Sequence[asyncpg.Record], now: datetime
) -> None:
    ids: dict[UUID, list[UUID]] = {}
    for row in rows:
        if row["campaign_id"] is not None:
            ids.setdefault(row["campaign_id"], []).append(row["id"])
    if ids:
        campaigns = sorted(ids)
        first, last = [min(ids[one]) for one in campaigns], [max(ids[one]) for one in campaigns]
        await connection.execute(_RECOUNT, campaigns, first, last, now)


def _unseen(row: asyncpg.Record, *, publish: bool) -> ChunkSettlement:
    """One failed message as a settlement of its own, of a chunk that is long gone."""
    type_ = SubscriptionType(row["type"])
    in_app = type_ is _IN_APP
    chunk = Chunk(
        UUID(int=0), row["application_id"], row["reservation_id"], Channel(type_.channel), type_, Lane.BULK, 0, 0,
        [row["id"]],
    )  # fmt: skip
    line = EventLine(
        row["id"], row["subscription_id"], type_, MessageEventType.FAILED, Source.RECONCILER,
        Reason.EXPIRED if in_app else Reason.RECEIPT_TIMEOUT, to_json(NOT_SHOWN) if in_app else "{}",
    )  # fmt: skip
    return ChunkSettlement(chunk, flush=0, events=[line], publish=publish)
