"""What says that PostgreSQL is away, busy or short of something, not that a statement was wrong: worth another try."""

from __future__ import annotations

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

CONNECTION_ERRORS = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # The driver lost its place in the conversation, which a server that dies in the middle of an answer brings about.
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


def refuses_a_value(error: BaseException) -> bool:
    """Whether a value cannot be stored. The driver looks first, and says so with an error of its own, which is among those
    of the connection: nothing is away then, and the same value would be refused for ever."""
    return isinstance(error, asyncpg.DataError) or (
        isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)
    )
