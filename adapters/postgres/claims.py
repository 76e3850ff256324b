"""Claims in PostgreSQL: written under the lease before a send, ended by its settlement, kept while its outcome is unknown.

Lock order as everywhere: chunk, messages by id, claims.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import committing
from adapters.postgres.engine import raw_connection
from adapters.postgres.settle import record_changes
from application.ports.chunk_settlement import Change, ChunkSettlement, EventLine
from application.ports.claims import Build, NewClaim, UnknownSend
from application.ports.identifiers import Identifiers
from application.ports.leased_chunk import Chunk
from domain.messaging.event import MessageEventType, Reason, Source
from domain.messaging.lifecycle import Event
from domain.shared.channels import Lane, SubscriptionType

FIRST_ASKED_AFTER = timedelta(seconds=10)
ASKED_EVERY = timedelta(minutes=1)
YOUNG = timedelta(minutes=20)
"""While a claim is so young it is asked about every minute, later every ten."""
ASKED_LATER_EVERY = timedelta(minutes=10)

_FENCE = """
SELECT 1 FROM dispatch_chunk WHERE id = $1 AND worker = $2 AND fence = $3 AND state = 2 FOR SHARE
"""
_CLAIM = """
INSERT INTO send_claim (message_id, subscription_id, client_ref, chunk_id, fence, application_id, reservation_id, type,
                        lane, provider, claimed_at)
SELECT message_id, subscription_id, client_ref, $4, $5, $6, $7, $8, $9, $10, $11
FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS row (message_id, subscription_id, client_ref)
ON CONFLICT (message_id) DO NOTHING RETURNING message_id
"""
_DUE = """
UPDATE send_claim SET asked_at = $1::timestamptz WHERE message_id IN (
    SELECT message_id FROM send_claim
    WHERE unknown_at IS NOT NULL
      AND CASE WHEN asked_at IS NULL THEN unknown_at <= $1::timestamptz - $2::interval
               WHEN claimed_at > $1::timestamptz - $3::interval THEN asked_at <= $1::timestamptz - $4::interval
               ELSE asked_at <= $1::timestamptz - $5::interval END
    ORDER BY asked_at NULLS FIRST LIMIT $6 FOR UPDATE SKIP LOCKED)
RETURNING message_id, application_id, subscription_id, reservation_id, type, lane, provider, client_ref, claimed_at
"""
_LOCK_MESSAGES = """
SELECT 1 FROM message WHERE id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3 ORDER BY id FOR UPDATE
"""
_END = """
DELETE FROM send_claim c USING unnest($1::uuid[], $2::text[]) AS asked (message_id, client_ref)
WHERE c.message_id = asked.message_id AND c.client_ref = asked.client_ref AND c.unknown_at IS NOT NULL
RETURNING c.message_id
"""
_CLAIMED = (
    "SELECT message_id, unknown_at FROM send_claim WHERE message_id = ANY($1::uuid[]) ORDER BY message_id"
)
_LEFT_BEHIND = """
SELECT id, subscription_id, attempts FROM message WHERE id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3 ORDER BY id
"""
_FORGOTTEN = "UPDATE send_claim SET unknown_at = $2 WHERE message_id = ANY($1::uuid[]) AND unknown_at IS NULL"


class PostgresClaims:
    """Implements `application.ports.claims.ClaimStore` on the hot engine."""

    def __init__(self, engine: AsyncEngine, identifiers: Identifiers) -> None:
        self._engine = engine
        self._identifiers = identifiers

    async def claim(
        self, worker: UUID, chunk: Chunk, provider: str, claims: Sequence[NewClaim], now: datetime
    ) -> Collection[UUID] | None:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            if await connection.fetchval(_FENCE, chunk.id, worker, chunk.fence) is None:
                return None
            rows = await connection.fetch(
                _CLAIM, [one.message_id for one in claims], [one.subscription_id for one in claims],
                [one.client_ref for one in claims], chunk.id, chunk.fence, chunk.application_id,
                chunk.reservation_id, int(chunk.type), int(chunk.lane), provider, now,
            )  # fmt: skip
        return {row["message_id"] for row in rows}

    async def due(self, now: datetime, limit: int) -> Sequence[UnknownSend]:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            rows = await connection.fetch(
                _DUE, now, FIRST_ASKED_AFTER, YOUNG, ASKED_EVERY, ASKED_LATER_EVERY, limit
            )
        return [
            UnknownSend(
                row["message_id"], row["application_id"], row["subscription_id"], row["reservation_id"],
                SubscriptionType(row["type"]), Lane(row["lane"]), row["provider"], row["client_ref"],
                row["claimed_at"],
            )
            for row in rows
        ]  # fmt: skip

    async def resolve(self, sends: Sequence[UnknownSend], build: Build, now: datetime) -> int:
        ids = sorted(one.message_id for one in sends)
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            await connection.execute(_LOCK_MESSAGES, ids, ids[0], ids[-1])
            rows = await connection.fetch(
                _END, [one.message_id for one in sends], [one.client_ref for one in sends]
            )
            settlements = build({row["message_id"] for row in rows})
            changed = await record_changes(connection, settlements, now, self._identifiers)
            await _flag(connection, settlements, now, self._identifiers)
        return len(changed)


async def mark_left_behind(
    connection: asyncpg.Connection,
    chunk: Chunk,
    ids: Sequence[UUID],
    now: datetime,
    identifiers: Identifiers,
) -> set[UUID]:
    """Of the messages of an abandoned chunk those that its worker had claimed: their outcome is unknown, from now on
    unless it was settled as unknown before."""
    claims = await connection.fetch(_CLAIMED, ids)
    claimed = [row["message_id"] for row in claims if row["unknown_at"] is None]
    if not claimed:
        return {row["message_id"] for row in claims}
    rows = await connection.fetch(_LEFT_BEHIND, claimed, claimed[0], claimed[-1])
    settlement = ChunkSettlement(chunk, flush=-1, publish=True)
    details = {"unknown": "worker_lost"}
    settlement.changes = [
        Change(Event.ERROR, True, Reason.UNKNOWN_OUTCOME, details, [row["id"] for row in rows])
    ]
    settlement.events = [
        EventLine(
            row["id"], row["subscription_id"], chunk.type, MessageEventType.ERRORED, Source.RECONCILER,
            Reason.UNKNOWN_OUTCOME, f'{{"unknown":"worker_lost","attempt":{row["attempts"] + 1}}}',
        )
        for row in rows
    ]  # fmt: skip
    await record_changes(connection, [settlement], now, identifiers)
    await connection.execute(_FORGOTTEN, claimed, now)
    return {row["message_id"] for row in claims}


async def _flag(
    connection: asyncpg.Connection,
    settlements: Sequence[ChunkSettlement],
    now: datetime,
    identifiers: Identifiers,
) -> None:
    """An alert for every application that is charged for what may not have been sent."""
    for one in settlements:
        if one.charges_failures:
            ids = [id_ for change in one.changes for id_ in change.message_ids]
            await connection.execute(
                "INSERT INTO alert (id, application_id, kind, detail, raised_at) VALUES ($1, $2,"
                " 'unknown_outcome_charged', jsonb_build_object('type', $3::int, 'messages', $4::int), $5)",
                identifiers.one(),
                one.chunk.application_id,
                int(one.chunk.type),
                len(ids),
                now,
            )
