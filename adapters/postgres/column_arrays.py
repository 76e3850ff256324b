"""Set-based writes of the control plane: one array per column, so that one prepared statement serves any number of rows.

They are sent as they stand (`exec_driver_sql`): building a statement of the same shape anew for each number of rows
costs several times what PostgreSQL needs to carry it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Boolean, Column, DateTime, Integer, LargeBinary, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

_TYPES: Final[Mapping[type, str]] = {
    Uuid: "uuid",
    Text: "text",
    LargeBinary: "bytea",
    SmallInteger: "smallint",
    Integer: "integer",
    Boolean: "boolean",
    DateTime: "timestamptz",
    JSONB: "jsonb",
}


def columns_of(table: Table, names: Iterable[str] | None = None) -> str:
    """Names for a SELECT or RETURNING, with the table before each."""
    chosen = [column.name for column in table.c] if names is None else names
    return ", ".join(f"{table.name}.{name}" for name in chosen)


def insert_sql(table: Table, names: Sequence[str]) -> str:
    """Rows in the order of the arrays $1…: `insert_sql(…) + " ON CONFLICT …"`."""
    return (
        f"INSERT INTO {table.name} ({', '.join(names)}) "  # noqa: S608
        f"SELECT * FROM unnest({_parameters(table, names)})"
    )


def update_sql(table: Table, keys: Sequence[str], names: Sequence[str]) -> str:
    """Each row is found by all of its `keys`; the arrays are those of the keys, then those of `names`.

    Not for a partitioned table, all of whose partitions a join would lock.
    """
    sets = ", ".join(f"{name} = new.{name}" for name in names)
    found = " AND ".join(f"{table.name}.{key} = new.{key}" for key in keys)
    every = [*keys, *names]
    return (
        f"UPDATE {table.name} SET {sets} "  # noqa: S608
        f"FROM unnest({_parameters(table, every)}) AS new ({', '.join(every)}) WHERE {found}"
    )


def arrays(rows: Iterable[Sequence[Any]]) -> tuple[list[Any], ...]:
    """The parameters: one list per column; of at least one row."""
    return tuple(map(list, zip(*rows, strict=True)))


def _parameters(table: Table, names: Sequence[str]) -> str:
    return ", ".join(f"${at}::{_type(table.c[name])}[]" for at, name in enumerate(names, 1))


def _type(column: Column[Any]) -> str:
    return _TYPES[type(column.type)]
