"""Receipts in PostgreSQL: lock the messages in id order, write what was decided with set-based, guarded statements."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import CONNECTION_ERRORS, committing
from adapters.postgres.engine import raw_connection
from adapters.postgres.partitions import day_of, leaves, lower_bound, partition_days
from adapters.postgres.receipt_tally import Senders, write_tally
from adapters.postgres.receipt_writes import write_plan
from adapters.postgres.statistics import TemplateMemory
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.provider_directory import ProviderDirectory
from application.ports.receipts import Decide, LockedMessage
from domain.messaging.lifecycle import WAITING, Status
from domain.shared.channels import TYPES_BY_CODE
from domain.shared.errors import Unavailable

ATTEMPTS = 4
"""Times a transaction is begun when others keep deadlocking with it."""
BOUNDS_FOR = timedelta(seconds=30)
"""How long the partitions' bounds are trusted; a dropped partition only makes a receipt unknown."""

# The chunk matters only for messages that wait without a counted attempt: decoding one costs a microsecond.
_LOCK = """
SELECT id, application_id, subscription_id, type, status, attempts, received_at IS NOT NULL, converted_at IS NOT NULL,
       CASE WHEN attempts = 0 AND status = ANY($2::smallint[]) THEN chunk_id END AS chunk_id,
       sent_at, campaign_id, content_id, CASE WHEN type = ANY($3::smallint[]) THEN chunk_id END AS sent_in
FROM {leaf} WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""
_WAITING = sorted(int(status) for status in WAITING)
_STATUSES = tuple(Status)
_NOBODY = UUID(int=0)


class PostgresReceipts:
    """Implements `application.ports.receipts.Receipts` on the engine that keeps its plans: every statement names its leaf."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        identifiers: Identifiers,
        providers: ProviderDirectory | None = None,
    ) -> None:
        """`providers`: who may have sent what is received; None: nobody is counted."""
        self._engine = engine
        self._senders = Senders(providers)
        self._templates = TemplateMemory()
        self._clock = clock
        self._identifiers = identifiers
        self._days: Sequence[date] = ()
        self._days_until: datetime | None = None

    async def bounds(self) -> tuple[UUID, UUID]:
        now = self._clock.now()
        if not self._days or self._days_until is None or now >= self._days_until:
            try:
                async with raw_connection(self._engine) as connection:
                    self._days = await partition_days(connection, "message")
            except CONNECTION_ERRORS as error:
                raise Unavailable("the database is away") from error
            self._days_until = now + BOUNDS_FOR
        if not self._days:
            return UUID(int=0), UUID(int=0)
        return lower_bound(self._days[0]), lower_bound(self._days[-1] + timedelta(days=1))

    async def apply(
        self, message_ids: Sequence[UUID], subscription_ids: Sequence[UUID], decide: Decide, now: datetime
    ) -> None:
        trusting = True
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with raw_connection(self._engine) as connection, committing(self._engine, connection):
                    messages = await self._lock(connection, message_ids)
                    installs = await _installs(connection, subscription_ids)
                    plan = decide(messages, installs)
                    heard = await write_plan(connection, plan, now, self._identifiers, trusting=trusting)
                    await write_tally(connection, plan, heard, self._senders, self._templates)
                return
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError) as error:
                if attempt == ATTEMPTS:
                    raise Unavailable("others keep changing these messages", retry_after=1.0) from error
                await asyncio.sleep(0.01 * attempt)
            except asyncpg.UndefinedTableError as error:
                # Retention dropped a day since we looked.
                self._days = ()
                await self.bounds()
                if attempt == ATTEMPTS:
                    raise Unavailable("a day is being dropped", retry_after=1.0) from error
            except asyncpg.UniqueViolationError:
                if not trusting or attempt == ATTEMPTS:
                    raise
                trusting = False
            except CONNECTION_ERRORS as error:
                raise Unavailable("the database is away") from error

    async def _lock(
        self, connection: asyncpg.Connection, message_ids: Sequence[UUID]
    ) -> dict[UUID, LockedMessage]:
        """Lock the rows in ascending order, a day at a time; ids must be ascending. A day that we do not have has none."""
        rows: list[asyncpg.Record] = []
        for leaf, some in leaves("message", message_ids):
            if day_of(some[0]) in self._days:
                lock = _LOCK.format(leaf=leaf)
                rows.extend(await connection.fetch(lock, some, _WAITING, self._senders.ambiguous_types))
        waiting = {row["chunk_id"] for row in rows if row["chunk_id"] is not None}
        leased = await _leased_once(connection, waiting) if waiting else set()
        return locked_rows(rows, leased)


def locked_rows(rows: Sequence[asyncpg.Record], leased: Container[UUID]) -> dict[UUID, LockedMessage]:
    """Neighbours have most of what they are of in common: it is made one object, so that comparing it later is cheap."""
    messages: dict[UUID, LockedMessage] = {}
    application_id, campaign_id, content_id, sent_in = _NOBODY, None, None, None
    for row in rows:
        (
            id_, whose, subscription_id, type_, status, attempts, received, converted, chunk_id, sent_at, campaign, content,
            chunk,
        ) = row  # fmt: skip
        if whose != application_id:
            application_id = whose
        if campaign != campaign_id:
            campaign_id = campaign
        if content != content_id:
            content_id = content
        if chunk != sent_in:
            sent_in = chunk
        messages[id_] = LockedMessage(
            id_, application_id, subscription_id, TYPES_BY_CODE[type_], _STATUSES[status],
            attempts > 0 or chunk_id in leased, received, converted, sent_at, campaign_id, content_id, sent_in,
        )  # fmt: skip
    return messages


async def _leased_once(connection: asyncpg.Connection, chunk_ids: set[UUID]) -> set[UUID]:
    """Chunks that a worker held at least once, themselves or as part of a chunk that was split after recoveries.

    Not locked: a chunk that is leased after this look settles after this commit.
    """
    rows = await connection.fetch(
        "SELECT id FROM dispatch_chunk WHERE id = ANY($1::uuid[]) AND (fence > 0 OR recoveries > 0)",
        sorted(chunk_ids),
    )
    return {row["id"] for row in rows}


async def _installs(
    connection: asyncpg.Connection, subscription_ids: Sequence[UUID]
) -> Mapping[UUID, UUID | None]:
    if not subscription_ids:
        return {}
    rows = await connection.fetch(
        "SELECT id, install_id FROM subscription WHERE id = ANY($1::uuid[])", subscription_ids
    )
    return {row["id"]: row["install_id"] for row in rows}
