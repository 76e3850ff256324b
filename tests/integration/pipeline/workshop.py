"""A pipeline on the bench: the real stores on a real database, one application, subscriptions, and doorbells that
only take notes (NATS has tests of its own)."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import attrs
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.channels.push import plugin
from adapters.postgres.engine import open_engine, raw_connection
from adapters.postgres.partitions import ensure_partitions
from adapters.postgres.profiles import PostgresProfiles
from adapters.postgres.queue_store import PostgresQueueStore
from adapters.postgres.worker_store import PostgresWorkerStore
from adapters.system.identifiers import Uuid7
from application.dispatch.settlement import Settled, SettlementBuilder
from application.messaging.accept_command import AcceptMessages, AcceptResult, MessageRequest, Target
from application.messaging.accept_group import AcceptGroup
from application.messaging.accept_messages import AcceptMessagesUseCase
from application.ports.chunk_settlement import SettleReport
from application.ports.doorbells import Ring
from application.ports.leased_chunk import Chunk
from application.ports.provider_directory import ProviderDirectory
from application.ports.sealed_variables import SealedVariables
from domain.messaging.outcome import Accepted, Outcome
from domain.shared.channels import Channel
from tests.accepting import accept_group, accept_messages, new_sealed_variables

IOS, ANDROID = 1, 2
PUSH = {Channel.PUSH: {"title": "Hello", "body": "World"}}


class TurnedClock:
    """The real clock, moved by what a test asks for."""

    def __init__(self) -> None:
        self.shift = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift


class Notes:
    """Doorbells that are written down."""

    def __init__(self) -> None:
        self.rings: list[Ring] = []

    async def ring(self, rings: Sequence[Ring]) -> None:
        self.rings.extend(rings)


class Dice:
    """Chance with a seed."""

    def __init__(self) -> None:
        self._random = random.Random(7)

    def uniform(self) -> float:
        return self._random.random()

    def secret(self, n_bytes: int) -> str:
        return self._random.randbytes(n_bytes).hex()


@attrs.define
class Workshop:
    engine: AsyncEngine
    kept_plans: AsyncEngine
    connection: asyncpg.Connection
    clock: TurnedClock = attrs.field(factory=TurnedClock)
    ids: Uuid7 = attrs.field(factory=Uuid7)
    bells: Notes = attrs.field(factory=Notes)
    dice: Dice = attrs.field(factory=Dice)
    sealed_variables: SealedVariables = attrs.field(factory=new_sealed_variables)

    @property
    def group(self) -> AcceptGroup:
        return accept_group(self.kept_plans, self.bells, self.clock, self.ids, self.sealed_variables)

    @property
    def profiles(self) -> PostgresProfiles:
        return PostgresProfiles(self.engine)

    def accept_use_case(self, window: float = 0.004) -> AcceptMessagesUseCase:
        return accept_messages(self.group, self.engine, self.clock, window=window)

    @property
    def worker_store(self) -> PostgresWorkerStore:
        return PostgresWorkerStore(self.kept_plans, self.ids, ProviderDirectory([plugin]))

    @property
    def queue(self) -> PostgresQueueStore:
        return PostgresQueueStore(self.engine, self.ids, kept_plans=self.kept_plans, retention_days=30)

    async def application(self, **settings: object) -> UUID:
        id_ = self.ids.one()
        await self.connection.execute(
            "INSERT INTO application (id, name, settings, created_at, updated_at) VALUES ($1, 'shop', $2, now(), now())",
            id_,
            _json(settings),
        )
        return id_

    async def subscriptions(
        self, application_id: UUID, n: int, *, type_: int = IOS, user: UUID | None = None, status: int = 1
    ) -> list[UUID]:
        ids = self.ids.many(n)
        now = self.clock.now()
        await self.connection.copy_records_to_table(
            "subscription",
            columns=(
                "id", "application_id", "type", "user_id", "token_ciphertext", "token_key_id", "token_version",
                "token_registered_at", "subscription_status", "created_at", "updated_at",
            ),
            records=[(one, application_id, type_, user, b"x", "k", 1, now, status, now, now) for one in ids],
        )  # fmt: skip
        return ids

    async def user(self, application_id: UUID, external_id: str) -> UUID:
        id_ = self.ids.one()
        await self.connection.execute(
            "INSERT INTO app_user (id, application_id, external_id, created_at) VALUES ($1, $2, $3, now())",
            id_,
            application_id,
            external_id,
        )
        return id_

    async def send(
        self, application_id: UUID, subscriptions: Sequence[UUID], **options: object
    ) -> AcceptResult:
        """Accept one message for each of the subscriptions."""
        return await self.accept_use_case(window=0.0)(command(application_id, subscriptions, **options))

    async def worker(self) -> UUID:
        """A worker's row without the lock: to the reconciler it is dead."""
        id_ = self.ids.one()
        await self.connection.execute(
            "INSERT INTO worker (incarnation, lock_key, host, pid, started_at, beat_at) VALUES ($1, $2, 'h', 1, now(), now())",
            id_,
            id_.int & 0x7FFF_FFFF,
        )
        return id_

    async def lease_all(self, worker: UUID) -> list[Chunk]:
        rows = await self.connection.fetch("SELECT id FROM dispatch_chunk WHERE state = 1 ORDER BY id")
        return list(await self.worker_store.lease(worker, [row["id"] for row in rows]))

    async def settle(
        self,
        worker: UUID,
        chunk: Chunk,
        outcomes: Sequence[Outcome],
        *,
        flush: int = 1,
        complete: bool = True,
    ) -> SettleReport:
        """Settle the first messages of a chunk with these outcomes."""
        return await self.settle_with(
            self.worker_store, worker, chunk, outcomes, flush=flush, complete=complete
        )

    async def settle_with(
        self,
        store: PostgresWorkerStore,
        worker: UUID,
        chunk: Chunk,
        outcomes: Sequence[Outcome],
        *,
        flush: int = 1,
        complete: bool = False,
        claimed: bool = False,
    ) -> SettleReport:
        """The same through a store that knows of other channels, and with claims."""
        loaded = await store.load([chunk])
        builder = SettlementBuilder(chunk, flush, self.clock.now(), self.dice)
        for id_, outcome in zip(chunk.message_ids, outcomes, strict=False):
            builder.add(Settled(chunk, loaded[id_], id_, outcome, attempted=True, claimed=claimed))
        settlement = builder.finish(complete=complete)
        settlement.publish = True
        return await store.settle(worker, [settlement], self.clock.now())

    async def deliver_everything(self, worker: UUID, outcome: Outcome = Accepted()) -> int:  # noqa: B008
        """Lease and settle what is released; answer how many messages."""
        chunks = await self.lease_all(worker)
        for chunk in chunks:
            await self.settle(worker, chunk, [outcome] * len(chunk.message_ids))
        return sum(len(chunk.message_ids) for chunk in chunks)

    async def value(self, query: str, *values: object) -> object:
        return await self.connection.fetchval(query, *values)

    async def statuses(self) -> dict[int, int]:
        rows = await self.connection.fetch("SELECT status, count(*)::int AS n FROM message GROUP BY 1")
        return {row["status"]: row["n"] for row in rows}

    async def ledger(self) -> dict[str, int]:
        rows = await self.connection.fetch("SELECT kind, sum(n)::int AS n FROM ledger_entry GROUP BY 1")
        return {row["kind"]: row["n"] for row in rows}


def command(application_id: UUID, subscriptions: Sequence[UUID], **options: object) -> AcceptMessages:
    """A call that sends PUSH to each subscription; options go to the request or the command."""
    of_request = {
        key: options.pop(key)
        for key in ("send_at", "ttl_seconds", "lane", "content", "topic")
        if key in options
    }
    request = attrs.evolve(
        MessageRequest([Target(n, one) for n, one in enumerate(subscriptions)], PUSH),
        **of_request,  # type: ignore[arg-type]
    )
    return attrs.evolve(AcceptMessages(application_id, [request]), **options)  # type: ignore[arg-type]


def _json(value: object) -> str:
    from adapters.postgres.engine import to_json

    return to_json(value)


@asynccontextmanager
async def open_workshop(database_url: str) -> AsyncIterator[Workshop]:
    engine = open_engine(database_url, pool_size=4, hot=True)
    kept_plans = open_engine(database_url, pool_size=4, hot=True, keep_plans=True)
    looking = open_engine(database_url, pool_size=1)
    try:
        async with raw_connection(looking) as connection:
            await ensure_partitions(connection, datetime.now(UTC))
            yield Workshop(engine, kept_plans, connection)
    finally:
        await looking.dispose()
        await kept_plans.dispose()
        await engine.dispose()
