"""What workers do in PostgreSQL: lease under a fence, load, give back. Settling is in settle.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import committing, reading
from adapters.postgres.engine import raw_connection
from adapters.postgres.families import overtaken
from adapters.postgres.partitions import leaves
from adapters.postgres.settle import settle
from adapters.postgres.suppressions import suppressed_of
from application.ports.chunk_settlement import ChunkSettlement, SettleReport
from application.ports.identifiers import Identifiers
from application.ports.leased_chunk import Chunk, LoadedMessage, StoredContent
from application.ports.provider_directory import ProviderDirectory
from application.ports.vault import Sealed
from domain.audience.suppression import WITHOUT_ADDRESSES
from domain.shared.channels import Channel, Lane, SubscriptionType
from domain.shared.errors import InvalidInput, Unavailable

LEASE_MINUTES = 10
"""After this a lease may be taken over even from a worker that is alive; no send of it starts later."""

# Chunks are locked in id order, so that two workers that heard the same doorbells cannot deadlock.
_LEASE = """
WITH mine AS MATERIALIZED (
    SELECT c.id, g.pace, w.open_until FROM dispatch_chunk c
    LEFT JOIN campaign g ON g.id = c.campaign_id
    LEFT JOIN campaign_wave w ON w.campaign_id = c.campaign_id AND w.number = c.wave
    WHERE c.id = ANY($2::uuid[]) AND c.state = 1
      AND (c.campaign_id IS NULL OR (g.status = 2 AND (w.open_from IS NULL OR w.open_from <= now())
                                     AND (w.open_until IS NULL OR w.open_until > now())))
      AND EXISTS (SELECT 1 FROM application a WHERE a.id = c.application_id AND a.is_active)
      AND NOT EXISTS (SELECT 1 FROM channel_pause p WHERE p.application_id = c.application_id AND p.type = c.type)
      AND NOT EXISTS (SELECT 1 FROM system_state WHERE name = 'hold')
    ORDER BY c.id FOR UPDATE OF c SKIP LOCKED
)
UPDATE dispatch_chunk c
SET state = 2, worker = $1, fence = fence + 1, deadline = now() + make_interval(mins => $3)
FROM mine WHERE c.id = mine.id
RETURNING c.id, c.application_id, c.reservation_id, c.channel, c.type, c.lane, c.fence, c.recoveries, c.message_ids,
          least(c.deadline, mine.open_until) AS deadline, c.expires_at, c.campaign_id, c.wave, mine.pace
"""
_LOAD = """
SELECT m.id, m.status, m.attempts, m.content_id, m.expires_at, m.user_targeted, m.user_id, m.subscription_id,
       s.user_id AS owner_id, s.subscription_status, s.is_archived, s.token_ciphertext, s.token_key_id,
       coalesce(s.token_version, 0) AS token_version, s.token_environment, coalesce(s.test_type, 0) AS test_type,
       s.app_version, m.variables, s.country_code, m.campaign_id
FROM {leaf} m LEFT JOIN subscription s ON s.id = m.subscription_id AND s.application_id = m.application_id
WHERE m.id = ANY($1::uuid[])
"""
_CONTENTS = "SELECT id, body, template FROM {leaf} WHERE id = ANY($1::uuid[])"


class PostgresWorkerStore:
    """Implements `application.ports.dispatch_store.WorkerStore`; its engine may keep plans (`open_engine`)."""

    def __init__(self, engine: AsyncEngine, identifiers: Identifiers, providers: ProviderDirectory) -> None:
        """`providers`: whose credentials each subscription type could be sent with."""
        self._engine = engine
        self._identifiers = identifiers
        self._providers = providers

    async def lease(self, worker: UUID, chunk_ids: Sequence[UUID]) -> Sequence[Chunk]:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            rows = await connection.fetch(_LEASE, worker, chunk_ids, LEASE_MINUTES)
        return [chunk_from(row) for row in rows]

    async def load(self, chunks: Sequence[Chunk]) -> Mapping[UUID, LoadedMessage]:
        async with reading(self._engine) as connection:
            loaded = await load(connection, chunks)
            if any(chunk.channel not in WITHOUT_ADDRESSES for chunk in chunks):
                await _mark_suppressed(connection, loaded.values())
                for id_ in await overtaken(connection, sorted(loaded)):
                    loaded[id_].overtaken = True
            return loaded

    async def contents(self, ids: Sequence[UUID]) -> Mapping[UUID, StoredContent]:
        async with reading(self._engine) as connection:
            return {
                row["id"]: StoredContent(row["body"], row["template"])
                for leaf, some in leaves("content", sorted(ids))
                for row in await connection.fetch(_CONTENTS.format(leaf=leaf), some)
            }

    async def settle(
        self, worker: UUID, settlements: Sequence[ChunkSettlement], now: datetime
    ) -> SettleReport:
        try:
            async with raw_connection(self._engine) as connection, committing(self._engine, connection):
                return await settle(connection, worker, settlements, now, self._identifiers, self._providers)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise InvalidInput(f"the database refused a value: {error}") from error
        except asyncpg.PostgresError as error:
            # A table or a right that is missing while a deployment is under way says nothing about the outcomes.
            raise Unavailable(f"the database cannot settle: {error}") from error

    async def return_chunks(self, worker: UUID, chunk_ids: Sequence[UUID]) -> None:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            await connection.execute(
                "UPDATE dispatch_chunk SET state = 0, worker = NULL, fence = fence + 1"
                " WHERE id = ANY($1::uuid[]) AND worker = $2 AND state = 2",
                sorted(chunk_ids),
                worker,
            )


async def load(connection: asyncpg.Connection, chunks: Sequence[Chunk]) -> dict[UUID, LoadedMessage]:
    """Every message of the chunks by id, with its subscription as it is now."""
    loaded: dict[UUID, LoadedMessage] = {}
    for leaf, some in leaves("message", sorted([id_ for chunk in chunks for id_ in chunk.message_ids])):
        for row in await connection.fetch(_LOAD.format(leaf=leaf), some):
            (
                id_, status, attempts, content_id, expires_at, user_targeted, user_id, subscription_id, owner_id,
                subscription_status, is_archived, ciphertext, key_id, token_version, environment, test_type,
                app_version, variables, country_code, campaign_id,
            ) = row  # fmt: skip
            loaded[id_] = LoadedMessage(
                id_, status, attempts, content_id, expires_at, user_targeted, user_id, subscription_id, owner_id,
                subscription_status, is_archived, Sealed(ciphertext, key_id) if ciphertext is not None else None,
                token_version, environment, test_type, app_version, variables, country_code,
                campaign_id,
            )  # fmt: skip
    return loaded


async def _mark_suppressed(connection: asyncpg.Connection, messages: Iterable[LoadedMessage]) -> None:
    by_subscription: dict[UUID, list[LoadedMessage]] = {}
    for message in messages:
        by_subscription.setdefault(message.subscription_id, []).append(message)
    for id_ in await suppressed_of(connection, sorted(by_subscription)):
        for message in by_subscription[id_]:
            message.suppressed = True


def chunk_from(row: asyncpg.Record) -> Chunk:
    return Chunk(
        id=row["id"],
        application_id=row["application_id"],
        reservation_id=row["reservation_id"],
        channel=Channel(row["channel"]),
        type=SubscriptionType(row["type"]),
        lane=Lane(row["lane"]),
        fence=row["fence"],
        recoveries=row["recoveries"],
        message_ids=row["message_ids"],
        deadline=row["deadline"],
        expires_at=row["expires_at"],
        campaign_id=row["campaign_id"],
        wave=row["wave"],
        pace=row.get("pace"),
    )
