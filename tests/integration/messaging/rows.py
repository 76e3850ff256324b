"""Rows for tests of messages, written directly: an application, subscriptions, messages, chunks, reservations."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import attrs
import uuid_utils
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.engine import open_engine, raw_connection
from adapters.postgres.partitions import ensure_partitions
from domain.messaging.lifecycle import Status

HELD, RELEASED, LEASED = 0, 1, 2
PUSH, IOS = 1, 1


class Now:
    """A clock that a test can turn."""

    def __init__(self) -> None:
        self.shift = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift


class Ids:
    """UUIDv7 from the real clock."""

    def one(self) -> UUID:
        return UUID(int=uuid_utils.uuid7().int)

    def many(self, n: int) -> list[UUID]:
        return sorted(self.one() for _ in range(n))


def id_at(moment: datetime) -> UUID:
    """A UUIDv7 made at this moment, as if by a clock that showed it."""
    tail = uuid_utils.uuid7().int & ((1 << 80) - 1)
    return UUID(int=(int(moment.timestamp() * 1000) << 80) | tail)


@attrs.define
class Message:
    id: UUID
    application_id: UUID
    subscription_id: UUID
    chunk_id: UUID
    reservation_id: UUID


@attrs.define
class Rows:
    """Builds rows over one connection and answers questions about them."""

    engine: AsyncEngine
    connection: asyncpg.Connection
    clock: Now = attrs.field(factory=Now)
    ids: Ids = attrs.field(factory=Ids)

    async def application(self, **settings: object) -> UUID:
        id_ = self.ids.one()
        await self.connection.execute(
            "INSERT INTO application (id, name, settings, created_at, updated_at) VALUES ($1, 'shop', $2, now(), now())",
            id_,
            json.dumps(settings),
        )
        return id_

    async def install(self, application_id: UUID) -> UUID:
        id_ = self.ids.one()
        await self.connection.execute(
            "INSERT INTO install (id, application_id, install_id, secret_hash, created_at, last_seen_at)"
            " VALUES ($1, $2, $3, '\\x00', now(), now())",
            id_,
            application_id,
            str(id_),
        )
        return id_

    async def subscription(self, application_id: UUID, install: UUID | None = None, type_: int = IOS) -> UUID:
        id_ = self.ids.one()
        await self.connection.execute(
            "INSERT INTO subscription (id, application_id, install_id, type, subscription_status, created_at, updated_at)"
            " VALUES ($1, $2, $3, $4, 1, now(), now())",
            id_,
            application_id,
            install,
            type_,
        )
        return id_

    async def messages(
        self,
        n: int,
        *,
        application: UUID | None = None,
        subscriptions: Sequence[UUID] | None = None,
        status: Status = Status.SUCCESSFUL,
        attempts: int | None = None,
        chunk: int | None = None,
        fence: int = 0,
        retry: bool = False,
        made: datetime | None = None,
        title: str = "Hello",
    ) -> list[Message]:
        """n messages of one chunk and one reservation; `chunk` is the chunk's state, None for no chunk."""
        application = application or await self.application()
        subscriptions = subscriptions or [await self.subscription(application) for _ in range(n)]
        ids = sorted(id_at(made) for _ in range(n)) if made else self.ids.many(n)
        content = id_at(made) if made else self.ids.one()
        chunk_id, reservation = self.ids.many(2)
        attempts = (0 if status is Status.PENDING else 1) if attempts is None else attempts
        today = datetime.now(UTC).date()
        run = self.connection.execute
        await run(
            "INSERT INTO reservation (id, application_id, channel, day, month, n, unit_price, currency, billing_mode,"
            " created_at) VALUES ($1, $2, 1, $3, $4, $5, 0, 'KRW', 'postpaid', now())",
            reservation,
            application,
            today,
            today.replace(day=1),
            n,
        )
        await run(
            "INSERT INTO content (id, application_id, channel, body) VALUES ($1, $2, 1, $3)",
            content,
            application,
            json.dumps({"title": title, "body": "World", "data": {"a": {"b": 1}}}),
        )
        sent = datetime.now(UTC) if status in (Status.SUCCESSFUL, Status.RECEIVED, Status.CONVERTED) else None
        await self.connection.copy_records_to_table(
            "message",
            columns=(
                "id", "application_id", "subscription_id", "content_id", "chunk_id", "reservation_id", "channel",
                "type", "lane", "status", "attempts", "sent_at",
            ),
            records=[
                (id_, application, subscription, content, chunk_id, reservation, 1, 1, 0, int(status), attempts, sent)
                for id_, subscription in zip(ids, subscriptions, strict=True)
            ],
        )  # fmt: skip
        if chunk is not None:
            await run(
                "INSERT INTO dispatch_chunk (id, application_id, reservation_id, min_id, max_id, created_at, fence,"
                " channel, type, lane, state, message_ids) VALUES ($1, $2, $3, $4, $5, now(), $6, 1, 1, 0, $7, $8)",
                chunk_id,
                application,
                reservation,
                ids[0],
                ids[-1],
                fence,
                chunk,
                ids,
            )
        if retry:
            await self.connection.executemany(
                "INSERT INTO message_retry (message_id, application_id, reservation_id, due_at, channel, type, lane)"
                " VALUES ($1, $2, $3, now() + interval '1 minute', 1, 1, 0)",
                [(id_, application, reservation) for id_ in ids],
            )
        return [
            Message(id_, application, subscription, chunk_id, reservation)
            for id_, subscription in zip(ids, subscriptions, strict=True)
        ]

    async def message(self, **options: object) -> Message:
        """One message; the options of `messages`."""
        (one,) = await self.messages(1, **options)  # type: ignore[arg-type]
        return one

    async def row(self, message: Message) -> asyncpg.Record:
        row = await self.connection.fetchrow("SELECT * FROM message WHERE id = $1", message.id)
        assert row is not None
        return row

    async def status(self, message: Message) -> Status:
        return Status((await self.row(message))["status"])

    async def count(self, table: str, where: str = "true", *values: object) -> int:
        found: int = await self.connection.fetchval(f"SELECT count(*) FROM {table} WHERE {where}", *values)
        return found

    async def event_types(self, message: Message) -> list[int]:
        rows = await self.connection.fetch(
            "SELECT event_type FROM message_event WHERE message_id = $1 ORDER BY occurred_at, event_type",
            message.id,
        )
        return [row["event_type"] for row in rows]

    async def moved(self, reservation_id: UUID, kind: str) -> int:
        """Messages of the reservation that the ledger says were settled or released."""
        n = await self.connection.fetchval(
            "SELECT coalesce(sum(n), 0) FROM ledger_entry WHERE reservation_id = $1 AND kind = $2",
            reservation_id,
            kind,
        )
        return int(n)

    async def statistics(self, application_id: UUID) -> dict[int, int]:
        rows = await self.connection.fetch(
            "SELECT event_type, sum(n)::int AS n FROM stat_delta WHERE application_id = $1 GROUP BY 1",
            application_id,
        )
        return {row["event_type"]: row["n"] for row in rows}


@asynccontextmanager
async def open_rows(database_url: str) -> AsyncIterator[Rows]:
    """A hot engine of five connections, and one connection of the test's own to build and look with."""
    engine = open_engine(database_url, pool_size=4, hot=True)
    looking = open_engine(database_url, pool_size=1)
    try:
        async with raw_connection(looking) as connection:
            await ensure_partitions(connection, datetime.now(UTC))
            yield Rows(engine, connection)
    finally:
        await looking.dispose()
        await engine.dispose()
