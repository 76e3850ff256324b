"""Accepting in PostgreSQL: a constant number of set-based statements for a group of calls, one commit."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.chunk_states import HELD, RELEASE_WINDOW, RELEASED
from adapters.postgres.commit import committing
from adapters.postgres.engine import raw_connection, to_json
from adapters.postgres.families import write_families
from adapters.postgres.reservations import Movement, ReservationRequest, record_movements, reserve
from adapters.postgres.statistics import Counted, hour_of, insert_deltas, made_at, template_of
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
from application.ports.tracing import trail_text
from domain.messaging.event import MessageEventType
from domain.shared.channels import TYPES_BY_CODE

_INSERT_UNIFORM = """
INSERT INTO message (id, application_id, subscription_id, user_id, content_id, chunk_id, reservation_id, send_at,
                     expires_at, channel, type, lane, source, user_targeted)
SELECT id, $4, subscription_id, user_id, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS row (id, subscription_id, user_id)
"""
_INSERT_MIXED = """
INSERT INTO message (id, application_id, subscription_id, user_id, content_id, chunk_id, reservation_id, send_at,
                     expires_at, channel, type, lane, source, user_targeted)
SELECT id, $6, subscription_id, user_id, content_id, $7, $8, $9, $10, $11, $12, $13, $14, user_targeted
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::boolean[])
     AS row (id, subscription_id, user_id, content_id, user_targeted)
"""
_INSERT_PERSONAL = """
INSERT INTO message (id, application_id, subscription_id, user_id, content_id, chunk_id, reservation_id, send_at,
                     expires_at, channel, type, lane, source, user_targeted, variables)
SELECT id, $7, subscription_id, user_id, content_id, $8, $9, $10, $11, $12, $13, $14, $15, user_targeted, variables
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::boolean[], $6::bytea[])
     AS row (id, subscription_id, user_id, content_id, user_targeted, variables)
"""
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
_INSERT_CHUNK = """
INSERT INTO dispatch_chunk (id, application_id, reservation_id, min_id, max_id, not_before, expires_at, rung_at,
                            created_at, channel, type, lane, state, message_ids, trace)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""
_QUEUE_HEADS = """
SELECT asked.application_id, asked.lane, asked.channel,
       pg_try_advisory_xact_lock(hashtextextended(asked.application_id::text, 2 * asked.channel + asked.lane)) AS ours,
       (SELECT coalesce(sum(c.n), 0) FROM dispatch_chunk c
         WHERE c.application_id = asked.application_id AND c.lane = asked.lane AND c.channel = asked.channel
           AND c.state IN (1, 2)) AS active,
       EXISTS (SELECT 1 FROM dispatch_chunk c
         WHERE c.application_id = asked.application_id AND c.lane = asked.lane AND c.channel = asked.channel
           AND c.state = 0
           AND (c.not_before IS NULL OR c.not_before <= $3)) AS queued,
       ARRAY(SELECT p.type FROM channel_pause p WHERE p.application_id = asked.application_id) AS paused,
       EXISTS (SELECT 1 FROM system_state WHERE name = 'hold') AS hold
FROM unnest($1::uuid[], $2::smallint[], $4::smallint[]) AS asked (application_id, lane, channel)
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
        if contents:
            await self._connection.execute(
                "INSERT INTO content (id, application_id, channel, body, template)"
                " SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::jsonb[], $5::jsonb[])",
                [content.id for content in contents],
                [content.application_id for content in contents],
                [int(content.channel) for content in contents],
                [to_json(content.body) for content in contents],
                [None if content.template is None else to_json(content.template) for content in contents],
            )
        for chunk in chunks:
            await self._insert_messages(chunk)
        await insert_deltas(self._connection, _accepted(contents, chunks))

    async def insert_chunks(
        self, chunks: Sequence[ChunkRow], keys: Sequence[StoredKey], now: datetime
    ) -> Sequence[ChunkRow]:
        released = await self._release(chunks, now) if chunks else []
        states = {chunk.id for chunk in released}
        if chunks:
            await self._connection.executemany(
                _INSERT_CHUNK, [_chunk_values(chunk, chunk.id in states, now) for chunk in chunks]
            )
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

    async def _insert_messages(self, chunk: ChunkRow) -> None:
        scalars = (
            chunk.id,
            chunk.reservation_id,
            chunk.send_at,
            chunk.expires_at,
            int(chunk.channel),
            int(chunk.type),
            int(chunk.lane),
            int(chunk.source),
        )
        ids, subscriptions, users = chunk.message_ids, chunk.subscription_ids, chunk.user_ids
        content_id, by_user = chunk.content_ids[0], chunk.user_targeted[0]
        uniform = chunk.content_ids.count(content_id) == len(ids) and chunk.user_targeted.count(
            by_user
        ) == len(ids)
        if chunk.variables:
            await self._connection.execute(
                _INSERT_PERSONAL, ids, subscriptions, users, chunk.content_ids, chunk.user_targeted,
                [chunk.variables.get(id_) for id_ in ids], chunk.application_id, *scalars,
            )  # fmt: skip
        elif uniform:
            await self._connection.execute(
                _INSERT_UNIFORM,
                ids,
                subscriptions,
                users,
                chunk.application_id,
                content_id,
                *scalars,
                by_user,
            )
        else:
            await self._connection.execute(
                _INSERT_MIXED, ids, subscriptions, users, chunk.content_ids, chunk.user_targeted,
                chunk.application_id, *scalars,
            )  # fmt: skip

    async def _release(self, chunks: Sequence[ChunkRow], now: datetime) -> list[ChunkRow]:
        """Which of these chunks may go at once: the window has room and nobody waits in front of them."""
        heads = sorted({(chunk.application_id, int(chunk.lane), int(chunk.channel)) for chunk in chunks})
        rows = await self._connection.fetch(
            _QUEUE_HEADS,
            [application_id for application_id, _, _ in heads],
            [lane for _, lane, _ in heads],
            now,
            [channel for _, _, channel in heads],
        )
        room: dict[tuple[UUID, int, int], int] = {}
        paused: dict[UUID, set[int]] = {}
        for row in rows:
            free = row["ours"] and not row["queued"] and not row["hold"]
            head = row["application_id"], row["lane"], row["channel"]
            room[head] = RELEASE_WINDOW - row["active"] if free else 0
            paused[row["application_id"]] = set(row["paused"])
        released: list[ChunkRow] = []
        for chunk in chunks:
            head = (chunk.application_id, int(chunk.lane), int(chunk.channel))
            due = chunk.send_at is None or chunk.send_at <= now
            if due and room[head] > 0 and int(chunk.type) not in paused[chunk.application_id]:
                room[head] -= len(chunk.message_ids)
                released.append(chunk)
        return released


def _accepted(contents: Sequence[ContentRow], chunks: Sequence[ChunkRow]) -> Mapping[Counted, int]:
    """What is counted of an accept. Devices are not known here: nobody was looked up for it."""
    templates = {
        content.id: template_of(content.template) for content in contents if content.template is not None
    }
    counts: Counter[Counted] = Counter()
    for chunk in chunks:
        hour = hour_of(made_at(chunk.message_ids[0]))
        told = (
            Counter([templates.get(id_) for id_ in chunk.content_ids])
            if templates
            else {None: len(chunk.message_ids)}
        )
        for template_id, n in told.items():
            key = Counted(
                chunk.application_id, hour, int(chunk.type), int(MessageEventType.CREATED), "", "",
                (None, template_id, None, None),
            )  # fmt: skip
            counts[key] += n
    return counts


def _chunk_values(chunk: ChunkRow, released: bool, now: datetime) -> tuple[object, ...]:
    return (
        chunk.id, chunk.application_id, chunk.reservation_id, chunk.message_ids[0], chunk.message_ids[-1],
        chunk.send_at, chunk.expires_at, now if released else None, now, int(chunk.channel), int(chunk.type),
        int(chunk.lane), RELEASED if released else HELD, chunk.message_ids, trail_text(chunk.trail),
    )  # fmt: skip


def _lock_of(application_id: UUID, key: str) -> int:
    digest = hashlib.blake2b(application_id.bytes + key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
