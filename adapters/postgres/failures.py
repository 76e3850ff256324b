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
