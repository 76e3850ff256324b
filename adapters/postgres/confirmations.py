"""Double opt-in in PostgreSQL: the rows of addresses that wait, and the queue of messages to send to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.commit import committing
from adapters.postgres.engine import raw_connection
from adapters.postgres.token_faults import write_subscription_events
from application.ports.confirmations import Asked, DueConfirmation, Pending
from application.ports.identifiers import Identifiers
from domain.audience.confirmation import DAY
from domain.audience.subscription_event import ChangeReason, ChangeSource, SubscriptionEventType
from domain.shared.channels import SubscriptionType

_ASK = text("""
INSERT INTO confirmation (subscription_id, application_id, address_index, due_at, pending_until)
SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:applications AS uuid[]), CAST(:indexes AS bytea[]),
                     CAST(:due AS timestamptz[]), CAST(:pending AS timestamptz[]))
ON CONFLICT (subscription_id) DO UPDATE SET address_index = excluded.address_index, due_at = excluded.due_at,
    pending_until = excluded.pending_until, confirmation_id = NULL, code_hash = NULL, code_key_id = NULL,
    code_until = NULL, tries = 0
""")
_PENDING = text("""
SELECT confirmation_id, code_hash, code_key_id, code_until, tries, due_at IS NOT NULL AS is_due FROM confirmation
WHERE subscription_id = :id FOR UPDATE
""")
_TRY = text("UPDATE confirmation SET tries = tries + 1 WHERE subscription_id = :id")
_SENT_TO = text("""
SELECT sent_at FROM confirmation_sent WHERE application_id = :application AND address_index = :index
""")
_SETTLE = text("""
UPDATE confirmation SET due_at = NULL, confirmation_id = NULL, code_hash = NULL, code_until = NULL
WHERE subscription_id = :id
""")
_DUE = """
WITH mine AS (
    SELECT subscription_id FROM confirmation WHERE due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE confirmation c SET due_at = $2 FROM mine WHERE c.subscription_id = mine.subscription_id
    RETURNING c.subscription_id, c.application_id, c.address_index, c.pending_until
)
SELECT t.subscription_id, t.application_id, t.pending_until, a.name, s.type, s.device_language,
       coalesce(a.settings ->> 'default_language', 'ko') AS default_language,
       ARRAY(SELECT o.sent_at FROM confirmation_sent o
             WHERE o.application_id = t.application_id AND o.address_index = t.address_index) AS sent
FROM taken t JOIN application a ON a.id = t.application_id
JOIN subscription s ON s.id = t.subscription_id AND NOT s.is_archived AND s.subscription_status = -98
"""
_ISSUE = """
UPDATE confirmation SET confirmation_id = $2, code_hash = $3, code_key_id = $4, code_until = $5, tries = 0
WHERE subscription_id = $1 AND due_at IS NOT NULL RETURNING 1
"""
_SENT = """
WITH done AS (
    UPDATE confirmation SET due_at = NULL WHERE subscription_id = $1 AND confirmation_id = $2
    RETURNING application_id, address_index
)
INSERT INTO confirmation_sent (application_id, address_index, sent_at)
SELECT application_id, address_index, $3::timestamptz FROM done ON CONFLICT DO NOTHING
"""
_FORGET = "DELETE FROM confirmation_sent WHERE sent_at <= $1"
_PUT_OFF = "UPDATE confirmation SET due_at = $2 WHERE subscription_id = $1 AND due_at IS NOT NULL"
_OVER = """
SELECT subscription_id FROM confirmation WHERE pending_until <= $1 ORDER BY pending_until LIMIT $2
"""
_LOCK = "SELECT 1 FROM subscription WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"
# Asked for again meanwhile: it stays.
_DELETE = """
DELETE FROM confirmation WHERE subscription_id = ANY($1::uuid[]) AND pending_until <= $2 RETURNING subscription_id
"""
# What stands in the way stays written beside the status: a later report of the device cannot subscribe the address.
_NEVER = """
UPDATE subscription SET subscription_status = 0, push_error = -98, updated_at = $2
WHERE id = ANY($1::uuid[]) AND subscription_status = -98 AND NOT is_archived
RETURNING id, user_id, application_id, type
"""


class PostgresConfirmations:
    """Implements `application.ports.confirmations.Confirmations` in a unit's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def ask(self, asked: Sequence[Asked], now: datetime) -> None:
        if not asked:
            return
        ordered = sorted(asked, key=lambda one: one.subscription_id)
        await self._connection.execute(
            _ASK,
            {
                "ids": [one.subscription_id for one in ordered],
                "applications": [one.application_id for one in ordered],
                "indexes": [one.address_index for one in ordered],
                "due": [now] * len(ordered),
                "pending": [one.pending_until for one in ordered],
            },
        )

    async def pending(self, subscription_id: UUID) -> Pending | None:
        row = (await self._connection.execute(_PENDING, {"id": subscription_id})).mappings().first()
        return None if row is None else Pending(**row)

    async def count_try(self, subscription_id: UUID) -> None:
        await self._connection.execute(_TRY, {"id": subscription_id})

    async def sent_to(self, application_id: UUID, address_index: bytes) -> Sequence[datetime]:
        found = await self._connection.execute(
            _SENT_TO, {"application": application_id, "index": address_index}
        )
        return list(found.scalars())

    async def settle(self, subscription_id: UUID) -> None:
        await self._connection.execute(_SETTLE, {"id": subscription_id})


class PostgresConfirmationQueue:
    """Implements `application.ports.confirmations.ConfirmationQueue` on the control engine."""

    def __init__(self, engine: AsyncEngine, identifiers: Identifiers) -> None:
        self._engine = engine
        self._identifiers = identifiers

    async def due(self, now: datetime, again_at: datetime, limit: int) -> Sequence[DueConfirmation]:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            rows = await connection.fetch(_DUE, now, again_at, limit)
        return [
            DueConfirmation(
                subscription_id=row["subscription_id"],
                application_id=row["application_id"],
                application_name=row["name"],
                type=SubscriptionType(row["type"]),
                language=row["device_language"] or row["default_language"],
                pending_until=row["pending_until"],
                sent=row["sent"],
            )
            for row in rows
        ]

    async def issue(
        self,
        subscription_id: UUID,
        confirmation_id: UUID,
        code_hash: bytes,
        code_key_id: str,
        code_until: datetime,
    ) -> bool:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            done = await connection.fetchval(
                _ISSUE, subscription_id, confirmation_id, code_hash, code_key_id, code_until
            )
        return done is not None

    async def sent(self, subscription_id: UUID, confirmation_id: UUID, now: datetime) -> None:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            await connection.execute(_SENT, subscription_id, confirmation_id, now)

    async def put_off(self, subscription_id: UUID, until: datetime) -> None:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            await connection.execute(_PUT_OFF, subscription_id, until)

    async def expire(self, now: datetime, limit: int) -> int:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            await connection.execute(_FORGET, now - DAY)
            over = [row["subscription_id"] for row in await connection.fetch(_OVER, now, limit)]
            if over:
                await connection.execute(_LOCK, over)
            gone = [row["subscription_id"] for row in await connection.fetch(_DELETE, over, now)]
            rows = await connection.fetch(_NEVER, gone, now) if gone else []
            await write_subscription_events(
                connection,
                rows,
                SubscriptionEventType.STATUS_CHANGED,
                ChangeSource.SYSTEM,
                ChangeReason.CONFIRMATION_EXPIRED,
                now,
                self._identifiers,
            )
        return len(gone)
