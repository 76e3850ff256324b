"""Transactions of the control plane, with the database's errors said in the domain's words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import ARRAY, Column, ColumnElement, any_, literal
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from application.ports.audience import Raced
from domain.shared.errors import InvalidInput, NotFound, Unavailable

UNIQUE_VIOLATION: Final = "23505"
FOREIGN_KEY_VIOLATION: Final = "23503"
RACES: Final = frozenset({UNIQUE_VIOLATION, "40P01", "40001"})
"""Unique violation, deadlock, serialization failure (PostgreSQL, appendix A)."""


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction, committed at the end of the block. Raise what `translated` raises."""
    async with translated(), engine.begin() as connection:
        yield connection


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Raise Raced when another transaction got in the way, NotFound when a row that must exist (the application) does
    not, InvalidInput for a value PostgreSQL refuses, Unavailable when it is away."""
    try:
        yield
    except DBAPIError as error:
        state = state_of(error)
        if state in RACES:
            raise Raced from error
        if state == FOREIGN_KEY_VIOLATION:
            raise NotFound from error
        if state is not None and state.startswith("22"):
            raise InvalidInput("the database refused a value", fix="check the values sent") from error
        if state is None or error.connection_invalidated or state.startswith(("08", "53", "57", "58")):
            raise Unavailable("the database is away") from error
        raise
    except (OSError, TimeoutError, SQLAlchemyError) as error:
        raise Unavailable("the database is away") from error


def state_of(error: DBAPIError) -> str | None:
    """The SQLSTATE behind an error; None when the server did not answer at all."""
    state = getattr(error.orig, "sqlstate", None)
    return state if isinstance(state, str) else None


def among(column: Column[Any], values: Collection[object]) -> ColumnElement[bool]:
    """The column's value is one of these: one array parameter, so that the statement stays the same for any number."""
    return column == any_(literal(list(values), ARRAY(column.type)))
