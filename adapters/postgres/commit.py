"""A transaction whose commit is never left in doubt: a lost answer to COMMIT is looked up by its transaction id. And reading, which needs none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.engine import raw_connection
from adapters.postgres.failures import CONNECTION_ERRORS as CONNECTION_ERRORS
from domain.shared.errors import CommitUnknown, InvalidInput, Unavailable

LOOK_UP_SECONDS = 2.0
ROLL_BACK_SECONDS = 2.0
_LIFE = "pg_postmaster_start_time() AS started, (pg_control_checkpoint()).redo_lsn AS redo"
"""Changes whenever PostgreSQL recovers from a crash. After one, transaction ids that were never flushed are given out
again: what the server says about such an id is then somebody else's commit."""


@asynccontextmanager
async def committing(engine: AsyncEngine, connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Run the body in a transaction of this connection.

    Raise InvalidInput when a value was refused, CommitUnknown when the fate of the COMMIT could not be learnt within
    two seconds or because the server crashed meanwhile, Unavailable when PostgreSQL went away before it (then nothing happened).
    """
    try:
        transaction = connection.transaction()
        await transaction.start()
    except CONNECTION_ERRORS as error:
        raise Unavailable("the database is away", retry_after=1.0) from error
    try:
        yield
        mark = await connection.fetchrow(f"SELECT pg_current_xact_id_if_assigned()::text AS xid, {_LIFE}")
    except asyncpg.DataError as error:
        await _roll_back(transaction)
        raise InvalidInput(f"the database refused a value: {error}", fix="check the values sent") from error
    except CONNECTION_ERRORS as error:
        await _roll_back(transaction)
        raise Unavailable("the database is away", retry_after=1.0) from error
    except BaseException:
        await _roll_back(transaction)
        raise
    try:
        await transaction.commit()
    except CONNECTION_ERRORS as error:
        assert mark is not None
        if mark["xid"] is not None and not await _was_committed(engine, mark):
            raise Unavailable("the database went away; nothing was stored", retry_after=1.0) from error


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[asyncpg.Connection]:
    """A connection for statements that change nothing: no transaction, each statement sees what is committed when it starts.

    Raise InvalidInput when a value was refused, Unavailable when PostgreSQL went away.
    """
    try:
        async with raw_connection(engine) as connection:
            yield connection
    except asyncpg.DataError as error:
        raise InvalidInput(f"the database refused a value: {error}", fix="check the values sent") from error
    except CONNECTION_ERRORS as error:
        raise Unavailable("the database is away", retry_after=1.0) from error


async def _roll_back(transaction: asyncpg.transaction.Transaction) -> None:
    try:
        async with asyncio.timeout(ROLL_BACK_SECONDS):
            await transaction.rollback()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
        # The server rolls back by itself when the connection is gone.
        return


async def _was_committed(engine: AsyncEngine, mark: asyncpg.Record) -> bool:
    """Ask another connection; raise CommitUnknown after a crash, or when two seconds did not suffice."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LOOK_UP_SECONDS
    while loop.time() < until:
        try:
            async with raw_connection(engine) as fresh:
                life = await fresh.fetchrow(f"SELECT {_LIFE}")
                if life is None or (life["started"], life["redo"]) != (mark["started"], mark["redo"]):
                    break
                status = await fresh.fetchval("SELECT pg_xact_status($1::text::xid8)", mark["xid"])
        except (Unavailable, *CONNECTION_ERRORS):
            await asyncio.sleep(0.1)
            continue
        if status == "committed":
            return True
        if status == "aborted":
            return False
        await asyncio.sleep(0.05)
    raise CommitUnknown
