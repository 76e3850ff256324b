"""Connections: one SQLAlchemy engine for the control plane, one for the hot path with pinned plans.

The hot path borrows the raw asyncpg connection under SQLAlchemy's pool. Its planner is pinned to index scans: a
plan cached while a table was empty costs many times more once the table has grown (measured: 23 → 10.7 µs a row).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import msgspec
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from adapters.postgres.failures import CONNECTION_ERRORS
from domain.shared.errors import Unavailable

HOT_PATH_SETTINGS = {
    "plan_cache_mode": "force_custom_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
    "timezone": "UTC",
}
KEPT_PLANS = {"plan_cache_mode": "force_generic_plan"}
"""For statements that name their partition: there is one way through the indexes, and it is planned once."""
CONTROL_SETTINGS = {"jit": "off", "timezone": "UTC"}
CONNECT_SECONDS = 10.0
CANCEL_SECONDS = 1.0
"""Seconds for a statement that was given up to end, before its connection is."""


def open_engine(
    database_url: str,
    *,
    pool_size: int,
    hot: bool = False,
    keep_plans: bool = False,
    application_name: str = "automata-signal",
) -> AsyncEngine:
    """An engine with at most `pool_size` connections; `hot` pins the planner for the hot path's statements.

    `keep_plans`: nothing is planned twice on a connection. A statement on a partitioned table would then lock every
    partition, so only those that name a leaf (`partitions.leaves`) or insert may run here.

    `database_url` is a plain `postgresql://` URL.
    """
    return create_async_engine(
        make_url(database_url).set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=30,
        pool_pre_ping=False,
        pool_recycle=1800,
        connect_args={
            "server_settings": {
                **(HOT_PATH_SETTINGS if hot else CONTROL_SETTINGS),
                **(KEPT_PLANS if keep_plans else {}),
                "application_name": application_name,
            },
            "statement_cache_size": 256,
            "command_timeout": 60,
            "timeout": CONNECT_SECONDS,
        },
    )


@asynccontextmanager
async def raw_connection(engine: AsyncEngine) -> AsyncIterator[asyncpg.Connection]:
    """Borrow the asyncpg connection under the pool; jsonb parameters are JSON text, jsonb results
    are Python values, transactions are the caller's.

    A connection that broke, in our hands or in the pool, is replaced. Raise Unavailable when there is none to be had.
    """
    connection, driver = await _borrow(engine)
    try:
        yield driver
    finally:
        await _hand_back(connection, driver)


async def _borrow(engine: AsyncEngine) -> tuple[AsyncConnection, asyncpg.Connection]:
    """When PostgreSQL was restarted the whole pool is stale: what is closed is thrown away, not handed out."""
    try:
        while True:
            connection = await engine.connect()
            try:
                driver = (await connection.get_raw_connection()).driver_connection
            except BaseException:
                await connection.close()
                raise
            assert driver is not None
            if not driver.is_closed():
                return connection, driver
            await _hand_back(connection, driver)
    except CONNECTION_ERRORS as error:
        raise Unavailable("the database is away", retry_after=1.0) from error


async def _hand_back(connection: AsyncConnection, driver: asyncpg.Connection) -> None:
    """A transaction that could not be ended would be the next borrower's: its connection is thrown away, too."""
    try:
        await _end_cancelled(driver)
        if driver.is_closed() or driver.is_in_transaction():
            driver.terminate()
            await connection.invalidate()
    finally:
        await connection.close()


async def _end_cancelled(driver: asyncpg.Connection) -> None:
    """Whoever borrows a connection next waits for the end of a statement that was given up, up to a minute where nothing
    answers: such a connection is closed instead, as asyncpg's own pool does after its release timeout."""
    protocol = driver._protocol  # type: ignore[attr-defined]  # its stubs do not know what the pool uses
    if not protocol._is_cancelling():
        return
    try:
        await protocol._wait_for_cancellation(CANCEL_SECONDS)
    except TimeoutError:
        driver.terminate()


def to_json(value: object) -> str:
    """Compact JSON text for a jsonb parameter."""
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, OverflowError):
        # Integers of any size are JSON, too.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
