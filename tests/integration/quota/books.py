"""Applications with quotas on a real database, and callers that reserve and settle as the hot path does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
import uuid_utils
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.engine import HOT_PATH_SETTINGS
from adapters.postgres.ledger_evidence import PostgresLedgerEvidence
from adapters.postgres.reservations import (
    Grant,
    Movement,
    ReservationRequest,
    fold_quota_deltas,
    record_movements,
    reserve,
)
from application.quota.check_ledger import CheckLedger, LedgerReport
from application.quota.commands import CheckLedgerCommand
from domain.shared.channels import Channel

NOW = datetime(2025, 1, 31, 3, tzinfo=UTC)
DAY, MONTH = date(2025, 1, 31), date(2025, 1, 1)


class SetClock:
    """A clock that a test moves by hand."""

    def __init__(self, now: datetime = NOW) -> None:
        self.instant = now

    def now(self) -> datetime:
        return self.instant


class NewIds:
    """UUIDv7 from the real clock."""

    def one(self) -> UUID:
        return UUID(int=uuid_utils.uuid7().int)

    def many(self, n: int) -> list[UUID]:
        return sorted(self.one() for _ in range(n))


ids = NewIds()


class Books:
    """One database: its connections are the hot path's, pinned plans and all."""

    def __init__(self, url: str, engine: AsyncEngine) -> None:
        self.url = url
        self.engine = engine
        self._idle: list[asyncpg.Connection] = []
        """Connections that nobody uses now: opening one costs PostgreSQL more than what is asked of it here."""

    async def close(self) -> None:
        for connection in self._idle:
            await connection.close()

    async def connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(self.url, server_settings=HOT_PATH_SETTINGS)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        connection = self._idle.pop() if self._idle else await self.connect()
        try:
            async with connection.transaction():
                yield connection
        except BaseException:
            await connection.close()
            raise
        self._idle.append(connection)

    async def application(
        self,
        *,
        daily: int | None = None,
        monthly: int | None = None,
        prepaid: str | None = None,
        price: str | None = None,
        with_quota: bool = True,
        settings: str = "{}",
    ) -> UUID:
        """A new application; `prepaid` is its credit, topped up in the ledger; `price` is a push's."""
        application_id = ids.one()
        async with self.transaction() as connection:
            await connection.execute(
                "INSERT INTO application (id, name, settings, created_at, updated_at) VALUES ($1, 'a', $2, $3, $3)",
                application_id, settings, NOW,
            )  # fmt: skip
            if not with_quota:
                return application_id
            await connection.execute(
                "INSERT INTO quota (application_id, daily_quota, monthly_quota, billing_mode, credit_balance, updated_at)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                application_id, daily, monthly, "postpaid" if prepaid is None else "prepaid", Decimal(prepaid or 0), NOW,
            )  # fmt: skip
            if prepaid is not None:
                await connection.execute(
                    "INSERT INTO ledger_entry (id, application_id, kind, n, money_debit_account,"
                    " money_credit_account, amount, currency, created_at)"
                    " VALUES ($1, $2, 'top_up', 0, 'cash', 'credit', $3, 'KRW', $4)",
                    ids.one(), application_id, Decimal(prepaid), NOW,
                )  # fmt: skip
            if price is not None:
                await connection.execute(
                    "INSERT INTO unit_price VALUES ($1, 1, $2)", application_id, Decimal(price)
                )
        return application_id

    async def reserve(self, *requests: ReservationRequest) -> list[Grant]:
        async with self.transaction() as connection:
            return await reserve(connection, requests, now=NOW, entry_ids=ids.many)

    async def record(self, *movements: Movement) -> int:
        async with self.transaction() as connection:
            return await record_movements(connection, movements, now=NOW, entry_ids=ids.many)

    async def fold(self, limit: int = 5000) -> int:
        async with self.transaction() as connection:
            return await fold_quota_deltas(connection, limit)

    async def window(
        self, application_id: UUID, kind: str = "daily", day: date = DAY
    ) -> tuple[int, int, int]:
        """(granted, settled, released) as counted, without what is not folded yet."""
        rows = await self.fetch(
            "SELECT granted, settled, released FROM quota_window"
            " WHERE application_id = $1 AND kind = $2 AND starts_on = $3",
            application_id, kind, day,
        )  # fmt: skip
        return tuple(rows[0]) if rows else (0, 0, 0)

    async def credit(self, application_id: UUID) -> Decimal:
        (row,) = await self.fetch(
            "SELECT credit_balance FROM quota WHERE application_id = $1", application_id
        )
        return row[0]

    async def check(self, application_id: UUID | None = None, *, with_messages: bool = False) -> LedgerReport:
        check = CheckLedger(evidence=PostgresLedgerEvidence(self.engine))
        return await check(CheckLedgerCommand(application_id=application_id, with_messages=with_messages))

    async def waits_for_a_lock(self, task: asyncio.Task[object]) -> bool:
        """Whether some session comes to wait for a lock before the task is done."""
        while not task.done():
            (row,) = await self.fetch(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if row[0]:
                return True
        return False

    async def fetch(self, query: str, *values: object) -> Sequence[asyncpg.Record]:
        async with self.transaction() as connection:
            return await connection.fetch(query, *values)


def ask(
    application_id: UUID,
    n: int,
    *,
    partial: bool = False,
    day: date = DAY,
    channel: Channel = Channel.PUSH,
) -> ReservationRequest:
    return ReservationRequest(application_id, ids.one(), channel, n, day, day.replace(day=1), partial)


def move(
    request: ReservationRequest,
    kind: str,
    n: int,
    *,
    chunk_id: UUID | None = None,
    fence: int = 1,
    flush: int = 0,
) -> Movement:
    return Movement(
        request.application_id, request.reservation_id, chunk_id or ids.one(), fence, flush, kind, n
    )
