"""Runs the migrations over asyncpg, one process at a time; `bootstrap.migrations` is its caller.

The URL comes in `config.attributes["url"]`. A session's advisory lock keeps two migrating processes apart; it
is polled, not waited for, because a waiting statement holds a snapshot and CREATE INDEX CONCURRENTLY in the
other process would wait for that snapshot in turn.
"""

import asyncio
import time

import asyncpg
from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

LOCK_KEY = 0x41_53_4D_49_47_52  # "ASMIGR"; any constant does, so long as it is always the same
LOCK_PATIENCE = 600.0
"""Seconds to wait for another process's migration."""


def migrate(connection: Connection) -> None:
    """Apply the wanted migrations, each in a transaction of its own; the lock ends with the connection."""
    take_lock(connection)
    context.configure(
        connection=connection,
        target_metadata=context.config.attributes.get("metadata"),
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def take_lock(connection: Connection) -> None:
    """Poll the advisory lock without keeping a transaction open; raise TimeoutError after LOCK_PATIENCE."""
    end = time.monotonic() + LOCK_PATIENCE
    while True:
        taken = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK_KEY}).scalar_one()
        connection.commit()
        if taken:
            return
        if time.monotonic() > end:
            raise TimeoutError(f"another process has been migrating for {LOCK_PATIENCE:.0f} seconds")
        time.sleep(0.1)


async def run() -> None:
    """Connect as asyncpg understands the URL, and hand the connection to Alembic."""
    url: str = context.config.attributes["url"]

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(url, timeout=30)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


if context.is_offline_mode():
    raise SystemExit("Migrations need a database: writing them out as SQL is not supported.")
asyncio.run(run())
