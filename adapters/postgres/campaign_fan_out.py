"""Fan-out in PostgreSQL: recipients become messages where they lie; cursor, chunks and reservation commit together.

Lock order: the wave (whoever else wants it passes by), the campaign (shared, so that a pause waits for the batch and
the next batch sees the pause), the quota last and only for the moment of the commit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import committing, reading
from adapters.postgres.engine import raw_connection, to_json
from adapters.postgres.reservations import ReservationRequest, reserve
from adapters.postgres.statistics import Counted, hour_of, insert_deltas, made_at, template_of
from application.ports.campaign_fan_out import (
    ChunkOrder,
    Inserted,
    PersonalMessage,
    PinnedContent,
    RecipientFacts,
    WaveKey,
    WaveStep,
)
from application.ports.identifiers import Identifiers
from domain.messaging.event import MessageEventType, Source
from domain.shared.channels import Lane, SubscriptionType

_READY: Final = """
SELECT DISTINCT ON (w.campaign_id, w.type) w.campaign_id, w.number FROM campaign g JOIN campaign_wave w ON w.campaign_id = g.id
JOIN application a ON a.id = g.application_id AND a.is_active
WHERE g.launched_at IS NOT NULL AND NOT g.settled AND g.status = 2
  AND w.next_seq <= w.last_seq AND w.closed_reason IS NULL AND w.due_at <= $2
  AND (w.open_from IS NULL OR w.open_from <= $2) AND (w.open_until IS NULL OR w.open_until > $1)
  AND (SELECT coalesce(sum(c.n), 0) FROM dispatch_chunk c WHERE c.campaign_id = g.id AND c.type = w.type)
      < least($4::bigint, g.pace * $5::integer)
  AND NOT EXISTS (SELECT 1 FROM system_state WHERE name = 'hold')
ORDER BY w.campaign_id, w.type, w.due_at, w.number LIMIT $3
"""
_LOCK: Final = """
SELECT w.number, w.type, w.due_at, w.next_seq, w.last_seq, g.application_id, w.expires_at, g.pace,
       g.settings -> 'variables' AS variables
FROM campaign_wave w JOIN campaign g ON g.id = w.campaign_id
WHERE w.campaign_id = $1 AND w.number = $2 AND w.next_seq <= w.last_seq AND w.closed_reason IS NULL
  AND g.status = 2 AND (w.open_until IS NULL OR w.open_until > $3)
FOR UPDATE OF w SKIP LOCKED
"""
_SHARE: Final = "SELECT status FROM campaign WHERE id = $1 FOR SHARE"
_OUTSTANDING: Final = (
    "SELECT coalesce(sum(n), 0)::int FROM dispatch_chunk WHERE campaign_id = $1 AND type = $2"
)
_IN_QUEUE: Final = "SELECT EXISTS (SELECT 1 FROM dispatch_chunk WHERE campaign_id = $1)"
_CONTENTS: Final = """
SELECT variant, body, template, names, content_id FROM campaign_content
WHERE campaign_id = $1 AND channel = $2 ORDER BY variant
"""
_WRITE_CONTENT: Final = """
INSERT INTO content (id, application_id, channel, body, template, topic)
SELECT $1, $2, $3, $4, $5, g.settings ->> 'topic' FROM campaign g WHERE g.id = $6
"""
_NAME_CONTENT: Final = "UPDATE campaign_content SET content_id = $3 WHERE campaign_id = $1 AND variant = $2"
_MESSAGE: Final = """
INSERT INTO message (id, application_id, subscription_id, user_id, campaign_id, content_id, chunk_id, reservation_id,
                     send_at, expires_at, channel, type, lane, source, user_targeted, variables)
"""
_CHUNK: Final = """
INSERT INTO dispatch_chunk (id, application_id, reservation_id, campaign_id, wave, min_id, max_id, not_before, expires_at,
                            created_at, channel, type, lane, state, message_ids)
SELECT $2, $3, $4, $1, $5, ids[1], ids[cardinality(ids)], $6, $7, $12, $8, $9, $10, 0, ids
FROM (SELECT array_agg(id ORDER BY id) AS ids FROM picked) made WHERE ids IS NOT NULL
RETURNING n, min_id, max_id
"""
_INSERT: Final = f"""
WITH picked AS MATERIALIZED (
    SELECT uuidv7() AS id, r.subscription_id, r.user_id, ($15::uuid[])[array_position($16::smallint[], r.variant)] AS content_id
    FROM campaign_recipient r
    WHERE r.campaign_id = $1 AND r.seq >= $13 AND r.seq < $14 AND r.excluded IS NULL ORDER BY r.seq
), inserted AS (
    {_MESSAGE} SELECT id, $3, subscription_id, user_id, $1, content_id, $2, $4, $6, $7, $8, $9, $10, $11, $17, NULL
    FROM picked
)
{_CHUNK}
"""  # noqa: S608 - constants of this module
_INSERT_PERSONAL: Final = f"""
WITH picked AS MATERIALIZED (
    SELECT * FROM unnest($13::uuid[], $14::uuid[], $15::uuid[], $16::uuid[], $18::bytea[])
        AS row (id, subscription_id, user_id, content_id, variables)
), inserted AS (
    {_MESSAGE} SELECT id, $3, subscription_id, user_id, $1, content_id, $2, $4, $6, $7, $8, $9, $10, $11, $17, variables
    FROM picked
)
{_CHUNK}
"""  # noqa: S608 - constants of this module
_FACTS: Final = """
SELECT r.seq, r.subscription_id, r.user_id, r.variant, s.tags, u.properties,
       s.device_model, s.device_os, s.device_language, s.app_version, s.sdk_version, s.country_code, u.external_id
FROM campaign_recipient r
LEFT JOIN subscription s ON s.id = r.subscription_id
LEFT JOIN app_user u ON u.id = r.user_id AND NOT u.is_archived
WHERE r.campaign_id = $1 AND r.seq >= $2 AND r.seq < $3 AND r.excluded IS NULL ORDER BY r.seq
"""
_DEVICE: Final = (
    "device_model",
    "device_os",
    "device_language",
    "app_version",
    "sdk_version",
    "country_code",
    "external_id",
)
_BATCH: Final = """
INSERT INTO campaign_batch (campaign_id, first_seq, last_seq, wave, min_id, max_id, n, pending, made_at, counted_at, recount_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $8, $8::timestamptz + interval '1 second')
"""
_CLOSE: Final = "UPDATE campaign_wave SET closed_reason = $3 WHERE campaign_id = $1 AND number = $2"
_ADVANCE: Final = "UPDATE campaign_wave SET next_seq = $3 WHERE campaign_id = $1 AND number = $2"


class PostgresFanOut:
    """Implements `application.ports.campaign_fan_out.FanOutStore` on the hot engine."""

    def __init__(self, engine: AsyncEngine, identifiers: Identifiers, *, kept_plans: AsyncEngine) -> None:
        """`kept_plans`: for the question that is asked several times a second, campaigns or none."""
        self._engine = engine
        self._identifiers = identifiers
        self._kept_plans = kept_plans

    async def ready(
        self, now: datetime, until: datetime, *, look_ahead: int, paced_seconds: int, limit: int
    ) -> Sequence[WaveKey]:
        async with reading(self._kept_plans) as connection:
            rows = await connection.fetch(_READY, now, until, limit, look_ahead, paced_seconds)
        return [WaveKey(row["campaign_id"], row["number"]) for row in rows]

    async def in_queue(self, campaign_id: UUID) -> bool:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            return bool(await connection.fetchval(_IN_QUEUE, campaign_id))

    @asynccontextmanager
    async def step(self, key: WaveKey, now: datetime) -> AsyncIterator[PostgresFanOutStep | None]:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            row = await connection.fetchrow(_LOCK, key.campaign_id, key.number, now)
            # A statement of its own: it waits for a pause that is being written, and then sees it.
            if row is None or await connection.fetchval(_SHARE, key.campaign_id) != 2:
                yield None
                return
            type_ = SubscriptionType(row["type"])
            contents = await connection.fetch(_CONTENTS, key.campaign_id, int(type_.channel))
            wave = WaveStep(
                key=key,
                application_id=row["application_id"],
                type=type_,
                due_at=row["due_at"],
                expires_at=row["expires_at"],
                next_seq=row["next_seq"],
                last_seq=row["last_seq"],
                outstanding=await connection.fetchval(_OUTSTANDING, key.campaign_id, int(type_)),
                pace=None if row["pace"] is None else int(row["pace"]),
                variables=row["variables"] or {},
                contents=[_content(one) for one in contents],
            )
            yield PostgresFanOutStep(connection, self._identifiers, wave)


class PostgresFanOutStep:
    """Implements `application.ports.campaign_fan_out.FanOutStep`."""

    def __init__(self, connection: asyncpg.Connection, identifiers: Identifiers, wave: WaveStep) -> None:
        self._connection = connection
        self._identifiers = identifiers
        self.wave = wave

    async def write_content(self, content: PinnedContent, content_id: UUID, now: datetime) -> None:
        wave = self.wave
        await self._connection.execute(
            _WRITE_CONTENT,
            content_id,
            wave.application_id,
            int(wave.type.channel),
            to_json(dict(content.body)),
            None if content.template is None else to_json(dict(content.template)),
            wave.key.campaign_id,
        )
        await self._connection.execute(_NAME_CONTENT, wave.key.campaign_id, content.variant, content_id)

    async def insert(self, order: ChunkOrder, now: datetime) -> Inserted | None:
        row = await self._connection.fetchrow(
            _INSERT,
            *self._scalars(order, now),
            order.first_seq,
            order.end_seq,
            list(order.content_ids.values()),
            list(order.content_ids),
            order.user_targeted,
        )
        return _inserted(row)

    async def facts(self, first_seq: int, end_seq: int) -> Sequence[RecipientFacts]:
        rows = await self._connection.fetch(_FACTS, self.wave.key.campaign_id, first_seq, end_seq)
        return [
            RecipientFacts(
                row["seq"],
                row["subscription_id"],
                row["user_id"],
                row["variant"],
                row["tags"] or {},
                row["properties"] or {},
                {name: row[name] for name in _DEVICE if row[name] is not None},
            )
            for row in rows
        ]

    async def insert_personal(
        self, order: ChunkOrder, messages: Sequence[PersonalMessage], now: datetime
    ) -> Inserted | None:
        row = await self._connection.fetchrow(
            _INSERT_PERSONAL,
            *self._scalars(order, now),
            [one.id for one in messages],
            [one.subscription_id for one in messages],
            [one.user_id for one in messages],
            [one.content_id for one in messages],
            order.user_targeted,
            [one.variables for one in messages],
        )
        return _inserted(row)

    async def advance(self, end_seq: int, inserted: Sequence[Inserted], now: datetime) -> None:
        key = self.wave.key
        await self._connection.execute(_ADVANCE, key.campaign_id, key.number, end_seq)
        if inserted:
            await self._connection.execute(
                _BATCH, key.campaign_id, self.wave.next_seq, end_seq - 1, key.number, inserted[0].min_id,
                inserted[-1].max_id, sum(one.n for one in inserted), now,
            )  # fmt: skip
            await insert_deltas(self._connection, _accepted(self.wave, inserted))

    async def close(self, reason: str) -> None:
        key = self.wave.key
        await self._connection.execute(_CLOSE, key.campaign_id, key.number, reason)

    async def reserve(
        self, reservation_id: UUID, n: int, day: date, month: date, now: datetime
    ) -> tuple[int, str | None]:
        request = ReservationRequest(
            application_id=self.wave.application_id,
            reservation_id=reservation_id,
            channel=self.wave.type.channel,
            n=n,
            day=day,
            month=month,
            allow_partial=True,
        )
        (grant,) = await reserve(self._connection, [request], now=now, entry_ids=self._identifiers.many)
        return grant.granted, grant.refused_by

    def _scalars(self, order: ChunkOrder, now: datetime) -> tuple[object, ...]:
        """$1 … $12 of both statements."""
        wave = self.wave
        return (
            wave.key.campaign_id, order.chunk_id, wave.application_id, order.reservation_id, wave.key.number,
            order.send_at, order.expires_at, int(wave.type.channel), int(wave.type), int(Lane.BULK),
            int(Source.CAMPAIGN), now,
        )  # fmt: skip


def _accepted(wave: WaveStep, inserted: Sequence[Inserted]) -> Mapping[Counted, int]:
    """What is counted of a batch: every content of a campaign is of the same template."""
    traits = (
        wave.key.campaign_id, template_of(wave.contents[0].template) if wave.contents else None, None, None,
    )  # fmt: skip
    counts: Counter[Counted] = Counter()
    for one in inserted:
        hour, kind = hour_of(made_at(one.min_id)), int(MessageEventType.CREATED)
        counts[Counted(wave.application_id, hour, int(wave.type), kind, "", "", traits)] += one.n
    return counts


def _content(row: asyncpg.Record) -> PinnedContent:
    return PinnedContent(
        variant=row["variant"],
        body=row["body"],
        template=row["template"],
        names=frozenset(row["names"]),
        content_id=row["content_id"],
    )


def _inserted(row: asyncpg.Record | None) -> Inserted | None:
    return None if row is None else Inserted(row["n"], row["min_id"], row["max_id"])
