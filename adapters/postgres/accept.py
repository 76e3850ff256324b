"""Accepting in PostgreSQL: a constant number of set-based statements for a group of calls, one commit."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.accepted_chunks import write_chunks
from adapters.postgres.accepted_messages import write_messages
from adapters.postgres.commit import committing
from adapters.postgres.engine import raw_connection, to_json
from adapters.postgres.families import write_families
from adapters.postgres.reservations import Movement, ReservationRequest, record_movements, reserve
from adapters.postgres.suppressions import suppressed_of
from application.ports.accept_store import (
    Choice,
    ChunkRow,
    ContentRow,
    Facts,
    FallbackRow,
    KeyRow,
    Recipient,
    ReservationAnswer,
    ReservationAsk,
    StoredKey,
)
from application.ports.identifiers import Identifiers
from domain.shared.channels import TYPES_BY_CODE

_DEVICE = (
    "device_model", "device_os", "device_language", "app_version", "sdk_version", "country_code", "external_id",
)  # fmt: skip
_FACTS = """
SELECT s.id, s.tags, u.properties, s.device_model, s.device_os, s.device_language, s.app_version, s.sdk_version,
       s.country_code, u.external_id
FROM subscription s LEFT JOIN app_user u ON u.id = s.user_id AND NOT u.is_archived WHERE s.id = ANY($1::uuid[])
"""
_SWITCHED_OFF = """
SELECT application_id, user_id, topic FROM topic_opt_out WHERE user_id = ANY($1::uuid[]) AND topic = ANY($2::text[])
"""


class PostgresAcceptStore:
    """Implements `application.ports.accept_store.AcceptStore` on the hot engine."""

    def __init__(self, engine: AsyncEngine, identifiers: Identifiers) -> None:
        self._engine = engine
        self._identifiers = identifiers

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresAcceptTransaction]:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            yield PostgresAcceptTransaction(connection, self._identifiers)


class PostgresAcceptTransaction:
    """Implements `application.ports.accept_store.AcceptTransaction`."""

    def __init__(self, connection: asyncpg.Connection, identifiers: Identifiers) -> None:
        self._connection = connection
        self._identifiers = identifiers

    async def lock_keys(self, keys: Sequence[tuple[UUID, str]]) -> Sequence[bool]:
        rows = await self._connection.fetch(
            "SELECT pg_try_advisory_xact_lock(h) AS ours FROM unnest($1::bigint[]) WITH ORDINALITY AS k (h, n) ORDER BY n",
            [_lock_of(application_id, key) for application_id, key in keys],
        )
        return [row["ours"] for row in rows]

    async def used_keys(self, keys: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], KeyRow]:
        if not keys:
            return {}
        rows = await self._connection.fetch(
            "SELECT i.application_id, i.key, i.request_hash, i.response"
            " FROM unnest($1::uuid[], $2::text[]) AS k (application_id, key)"
            " JOIN idempotency i USING (application_id, key)",
            [application_id for application_id, _ in keys],
            [key for _, key in keys],
        )
        return {
            (row["application_id"], row["key"]): KeyRow(row["request_hash"], row["response"]) for row in rows
        }

    async def subscriptions(self, ids: Sequence[UUID]) -> dict[UUID, Recipient]:
        rows = await self._connection.fetch(
            "SELECT id, application_id, user_id, type, subscription_status FROM subscription"
            " WHERE id = ANY($1::uuid[]) AND NOT is_archived",
            ids,
        )
        return {
            id_: Recipient(id_, application_id, user_id, TYPES_BY_CODE[type_], status)
            for id_, application_id, user_id, type_, status in rows
        }

    async def subscriptions_of(
        self, external_ids: Sequence[tuple[UUID, str]]
    ) -> dict[tuple[UUID, str], list[Recipient]]:
        rows = await self._connection.fetch(
            "SELECT u.application_id, u.external_id, s.id, s.user_id, s.type, s.subscription_status"
            " FROM unnest($1::uuid[], $2::text[]) AS named (application_id, external_id)"
            " JOIN app_user u ON u.application_id = named.application_id AND u.external_id = named.external_id"
            " JOIN subscription s ON s.user_id = u.id"
            " WHERE NOT u.is_archived AND NOT s.is_archived AND s.subscription_status > 0 ORDER BY s.id",
            [application_id for application_id, _ in external_ids],
            [external_id for _, external_id in external_ids],
        )
        found: dict[tuple[UUID, str], list[Recipient]] = {}
        for application_id, external_id, id_, user_id, type_, status in rows:
            found.setdefault((application_id, external_id), []).append(
                Recipient(id_, application_id, user_id, TYPES_BY_CODE[type_], status)
            )
        return found

    async def facts(self, subscription_ids: Sequence[UUID]) -> dict[UUID, Facts]:
        rows = await self._connection.fetch(_FACTS, subscription_ids)
        return {
            row["id"]: Facts(
                row["device_language"],
                row["tags"],
                row["properties"] or {},
                {name: row[name] for name in _DEVICE if row[name] is not None},
            )
            for row in rows
        }

    async def suppressed(self, subscription_ids: Sequence[UUID]) -> set[UUID]:
        return await suppressed_of(self._connection, subscription_ids)

    async def switched_off(self, user_ids: Sequence[UUID], topics: Sequence[str]) -> set[Choice]:
        rows = await self._connection.fetch(_SWITCHED_OFF, user_ids, topics)
        return {(application_id, user_id, topic) for application_id, user_id, topic in rows}

    async def reserve(self, asks: Sequence[ReservationAsk], now: datetime) -> Sequence[ReservationAnswer]:
        grants = await reserve(
            self._connection,
            [
                ReservationRequest(
                    application_id=ask.application_id,
                    reservation_id=ask.id,
                    channel=ask.channel,
                    n=ask.n,
                    day=ask.day,
                    month=ask.month,
                    allow_partial=ask.partial,
                )
                for ask in asks
            ],
            now=now,
            entry_ids=self._identifiers.many,
        )
        return [ReservationAnswer(grant.granted, grant.refused_by) for grant in grants]

    async def give_back(self, ask: ReservationAsk, n: int, now: datetime) -> None:
        movement = Movement(
            application_id=ask.application_id,
            reservation_id=ask.id,
            chunk_id=self._identifiers.one(),
            fence=0,
            flush=0,
            kind="release",
            n=n,
        )
        await record_movements(self._connection, [movement], now=now, entry_ids=self._identifiers.many)

    async def insert_messages(self, contents: Sequence[ContentRow], chunks: Sequence[ChunkRow]) -> None:
        await write_messages(self._connection, contents, chunks)

    async def insert_chunks(
        self, chunks: Sequence[ChunkRow], keys: Sequence[StoredKey], now: datetime
    ) -> Sequence[ChunkRow]:
        released = await write_chunks(self._connection, chunks, now) if chunks else []
        if keys:
            await self._connection.execute(
                "INSERT INTO idempotency (application_id, key, request_hash, status, response, created_at)"
                " SELECT a, k, h, 202, r, $5 FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::jsonb[]) AS x (a, k, h, r)",
                [key.application_id for key in keys],
                [key.key for key in keys],
                [key.request_hash for key in keys],
                [to_json(key.response) for key in keys],
                now,
            )
        return released

    async def insert_families(
        self, fallbacks: Sequence[FallbackRow], children: Sequence[tuple[UUID, UUID]]
    ) -> None:
        await write_families(self._connection, fallbacks, children)


def _lock_of(application_id: UUID, key: str) -> int:
    digest = hashlib.blake2b(application_id.bytes + key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
