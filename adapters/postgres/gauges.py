"""What PostgreSQL knows: the queue, campaigns, quota, events, and how the server itself does."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from adapters.postgres import gauges_sql as sql
from adapters.postgres.engine import raw_connection
from adapters.postgres.failures import CONNECTION_ERRORS
from application.ports.measures import Figure
from domain.campaigns.lifecycle import CampaignStatus
from domain.messaging.event import MessageEventType
from domain.shared.channels import Lane, SubscriptionType
from domain.shared.errors import Unavailable

QUEUE_TABLES: Final = ("dispatch_chunk", "message_retry", "send_claim", "early_receipt", "outbox")
STATES: Final = ("held", "released", "leased")


class PostgresGauges:
    """Implements `application.ports.measures.Figures` on the control plane's connections."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def read(self) -> Sequence[Figure]:
        try:
            async with raw_connection(self._engine) as connection, connection.transaction(readonly=True):
                await connection.execute("SET LOCAL statement_timeout = '10s'")
                return [
                    *await _queue(connection),
                    *await _campaigns(connection),
                    *await _business(connection),
                    *await _server(connection),
                ]
        except (asyncpg.QueryCanceledError, *CONNECTION_ERRORS) as error:
            raise Unavailable("the figures cannot be read") from error


async def _queue(connection: asyncpg.Connection) -> list[Figure]:
    found: list[Figure] = []
    oldest: dict[tuple[str, str], float] = {}
    for row in await connection.fetch(sql.QUEUE):
        route = (SubscriptionType(row["type"]).wire, Lane(row["lane"]).wire)
        state = STATES[row["state"]]
        found.append(Figure("signal_queue_messages", row["messages"], (*route, state)))
        found.append(Figure("signal_queue_chunks", row["chunks"], (*route, state)))
        oldest[route] = max(oldest.get(route, 0.0), row["oldest"] or 0.0)
    found += [Figure("signal_queue_oldest_seconds", age, route) for route, age in oldest.items()]
    for name, statement in (("signal_retries_waiting", sql.RETRIES), ("signal_paused_routes", sql.PAUSED)):
        rows = await connection.fetch(statement)
        found += [Figure(name, row["n"], (SubscriptionType(row["type"]).wire,)) for row in rows]
    single = await connection.fetchrow(sql.SINGLES)
    assert single is not None
    for name, column in (
        ("signal_unknown_outcomes", "unknown"),
        ("signal_outbox_rows", "outbox"),
        ("signal_outbox_oldest_seconds", "outbox_oldest"),
        ("signal_workers", "workers"),
        ("signal_worker_beat_seconds", "beat"),
    ):
        found.append(Figure(name, single[column]))
    return found


async def _campaigns(connection: asyncpg.Connection) -> list[Figure]:
    found = [
        Figure("signal_campaigns", row["n"], (CampaignStatus(row["status"]).wire,))
        for row in await connection.fetch(sql.CAMPAIGNS)
    ]
    for row in await connection.fetch(sql.SENDING):
        id_ = str(row["id"])
        done = row["successful_count"] + row["failed_count"] + row["canceled_count"]
        for state, n in (
            ("successful", row["successful_count"]),
            ("failed", row["failed_count"]),
            ("canceled", row["canceled_count"]),
            ("waiting", max(0, row["total_recipients"] - done)),
        ):
            found.append(Figure("signal_campaign_recipients", n, (id_, state)))
        found.append(Figure("signal_campaign_rate", row["rate"], (id_,)))
    return found


async def _business(connection: asyncpg.Connection) -> list[Figure]:
    found = [
        Figure("signal_templates", row["n"], ("active" if row["is_active"] else "inactive",))
        for row in await connection.fetch(sql.TEMPLATES)
    ]
    for row in await connection.fetch(sql.QUOTAS):
        window = (str(row["application_id"]), row["kind"])
        found.append(Figure("signal_quota_limit", row["allowed"], window))
        found.append(Figure("signal_quota_used", row["used"], window))
    for row in await connection.fetch(sql.MESSAGE_EVENTS):
        route = (SubscriptionType(row["type"]).wire, MessageEventType(row["event_type"]).wire)
        found.append(Figure("signal_message_events", row["n"], route))
    found += [
        Figure("signal_subscription_events", row["n"], (row["channel"], row["event_type"]))
        for row in await connection.fetch(sql.SUBSCRIPTION_EVENTS)
    ]
    found += [
        Figure("signal_alerts_open", row["n"], (row["kind"],)) for row in await connection.fetch(sql.ALERTS)
    ]
    owed = await connection.fetchrow(sql.WEBHOOKS)
    assert owed is not None
    found.append(Figure("signal_webhook_waiting", owed["waiting"]))
    found.append(Figure("signal_webhook_oldest_seconds", owed["oldest"]))
    return found


async def _server(connection: asyncpg.Connection) -> list[Figure]:
    started = time.monotonic()
    await connection.fetchval("SELECT 1")
    answered = time.monotonic() - started
    row = await connection.fetchrow(sql.SERVER)
    assert row is not None
    return [
        Figure("signal_postgres_transactions_total", row["xact_commit"], ("committed",)),
        Figure("signal_postgres_transactions_total", row["xact_rollback"], ("rolled_back",)),
        Figure("signal_postgres_blocks_total", row["blks_hit"], ("cache",)),
        Figure("signal_postgres_blocks_total", row["blks_read"], ("disk",)),
        Figure("signal_postgres_deadlocks_total", row["deadlocks"]),
        Figure("signal_postgres_size_bytes", row["size"]),
        Figure("signal_postgres_answer_seconds", answered),
        Figure("signal_postgres_waiting_sessions", row["waiting"]),
        Figure("signal_postgres_temporary_bytes_total", row["temp_bytes"]),
        *(
            Figure("signal_postgres_rows_total", row[f"tup_{operation}"], (operation,))
            for operation in ("fetched", "inserted", "updated", "deleted")
        ),
        *(
            Figure("signal_postgres_dead_rows", one["n"], (one["relname"],))
            for one in await connection.fetch(sql.DEAD, QUEUE_TABLES)
        ),
        Figure("signal_postgres_connections_max", row["connections_max"]),
        Figure("signal_postgres_longest_transaction_seconds", row["longest"]),
        Figure("signal_postgres_replication_lag_bytes", row["lag"]),
        *(
            Figure("signal_postgres_connections", one["n"], (one["state"],))
            for one in await connection.fetch(sql.CONNECTIONS)
        ),
    ]


def pool_figures(engines: Mapping[str, AsyncEngine]) -> Iterator[Figure]:
    """How the pools of this process stand; asks nobody."""
    for name, engine in engines.items():
        pool = engine.pool
        if isinstance(pool, QueuePool):
            yield Figure("signal_pool_connections", pool.checkedout(), (name, "used"))
            yield Figure("signal_pool_connections", pool.checkedin(), (name, "idle"))
            yield Figure("signal_pool_size", pool.size(), (name,))
