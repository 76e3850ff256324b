"""Receipts in PostgreSQL: lock the messages in id order, write what was decided with set-based, guarded statements."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import CONNECTION_ERRORS, committing
from adapters.postgres.engine import raw_connection
from adapters.postgres.id_spans import spans
from adapters.postgres.partitions import lower_bound, partition_days
from adapters.postgres.receipt_tally import Origin, ReceiptTally, Senders
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
       CASE WHEN attempts = 0 AND status = ANY($4::smallint[]) THEN chunk_id END AS chunk_id,
       sent_at, campaign_id, content_id, CASE WHEN type = ANY($5::smallint[]) THEN chunk_id END AS sent_in
FROM message WHERE id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3
ORDER BY id FOR NO KEY UPDATE
"""
_WAITING = sorted(int(status) for status in WAITING)
_STATUSES = tuple(Status)


class PostgresReceipts:
    """Implements `application.ports.receipts.Receipts` on the hot engine."""

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
        self._bounds: tuple[UUID, UUID] | None = None
        self._bounds_until: datetime | None = None

    async def bounds(self) -> tuple[UUID, UUID]:
        now = self._clock.now()
        if self._bounds is not None and self._bounds_until is not None and now < self._bounds_until:
            return self._bounds
        try:
            async with raw_connection(self._engine) as connection:
                days = await partition_days(connection, "message")
        except CONNECTION_ERRORS as error:
            raise Unavailable("the database is away") from error
        if not days:
            return UUID(int=0), UUID(int=0)
        self._bounds = lower_bound(days[0]), lower_bound(days[-1] + timedelta(days=1))
        self._bounds_until = now + BOUNDS_FOR
        return self._bounds

    async def apply(
        self, message_ids: Sequence[UUID], subscription_ids: Sequence[UUID], decide: Decide, now: datetime
    ) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with raw_connection(self._engine) as connection, committing(self._engine, connection):
                    messages, origins = await _lock(connection, message_ids, self._senders)
                    installs = await _installs(connection, subscription_ids)
                    plan = decide(messages, installs)
                    heard = await write_plan(connection, plan, now, self._identifiers)
                    tally = ReceiptTally(messages, origins, self._senders, self._templates)
                    await tally.write(connection, plan, heard)
                return
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError) as error:
                if attempt == ATTEMPTS:
                    raise Unavailable("others keep changing these messages", retry_after=1.0) from error
                await asyncio.sleep(0.01 * attempt)
            except CONNECTION_ERRORS as error:
                raise Unavailable("the database is away") from error


async def _lock(
    connection: asyncpg.Connection, message_ids: Sequence[UUID], senders: Senders
) -> tuple[dict[UUID, LockedMessage], dict[UUID, Origin]]:
    """Lock the rows in ascending order, a run of days at a time; ids must be ascending."""
    rows: list[asyncpg.Record] = []
    for some in spans(message_ids):
        rows.extend(await connection.fetch(_LOCK, some, some[0], some[-1], _WAITING, senders.ambiguous_types))
    waiting = {row["chunk_id"] for row in rows if row["chunk_id"] is not None}
    leased = await _leased_once(connection, waiting) if waiting else set()
    messages, origins = {}, {}
    for row in rows:
        (
            id_, application_id, subscription_id, type_, status, attempts, received, converted, chunk_id, sent_at,
            campaign_id, content_id, sent_in,
        ) = row  # fmt: skip
        messages[id_] = LockedMessage(
            id_, application_id, subscription_id, TYPES_BY_CODE[type_], _STATUSES[status],
            attempts > 0 or chunk_id in leased, received, converted, sent_at,
        )  # fmt: skip
        origins[id_] = (campaign_id, content_id, sent_in)
    return messages, origins


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
