"""A transaction whose commit is never left in doubt: a lost answer to COMMIT is looked up by its transaction id."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.engine import raw_connection
from domain.shared.errors import CommitUnknown, InvalidInput, Unavailable

LOOK_UP_SECONDS = 2.0
CONNECTION_ERRORS = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.exceptions.PostgresSystemError,
    asyncpg.exceptions.TransactionRollbackError,
    asyncpg.exceptions.LockNotAvailableError,
    SQLAlchemyError,
    OSError,
    TimeoutError,
)
"""What says that PostgreSQL is away, busy or short of something, not that a statement was wrong: worth another try."""


@asynccontextmanager
async def committing(engine: AsyncEngine, connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Run the body in a transaction of this connection.

    Raise InvalidInput when a value was refused, CommitUnknown when the fate of the COMMIT could not be learnt within
    two seconds, Unavailable when PostgreSQL went away before it (then nothing happened).
    """
    transaction = connection.transaction()
    try:
        await transaction.start()
        yield
        xid = await connection.fetchval("SELECT pg_current_xact_id_if_assigned()::text")
    except asyncpg.DataError as error:
        await _roll_back(transaction)
        raise InvalidInput(f"the database refused a value: {error}", fix="check the values sent") from error
    except CONNECTION_ERRORS as error:
        raise Unavailable("the database is away", retry_after=1.0) from error
    except BaseException:
        await _roll_back(transaction)
        raise
    try:
        await transaction.commit()
    except CONNECTION_ERRORS as error:
        if xid is not None and not await _was_committed(engine, xid):
            raise Unavailable("the database went away; nothing was stored", retry_after=1.0) from error


async def _roll_back(transaction: asyncpg.transaction.Transaction) -> None:
    try:
        await transaction.rollback()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
        # The server rolls back by itself when the connection is gone.
        return


async def _was_committed(engine: AsyncEngine, xid: str) -> bool:
    """Ask a fresh connection; raise CommitUnknown when two seconds did not suffice."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LOOK_UP_SECONDS
    while loop.time() < until:
        try:
            async with raw_connection(engine) as fresh:
                status = await fresh.fetchval("SELECT pg_xact_status($1::text::xid8)", xid)
        except CONNECTION_ERRORS:
            await asyncio.sleep(0.1)
            continue
        if status == "committed":
            return True
        if status == "aborted":
            return False
        await asyncio.sleep(0.05)
    raise CommitUnknown
