"""Due retries become chunks: messages of one queue and one reservation together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import UUID

import asyncpg

from adapters.postgres.successors import INSERT_SUCCESSOR, MOVE_MESSAGES
from application.ports.identifiers import Identifiers

CHUNK_SIZE: Final = 500
RETRIES_AT_ONCE: Final = 5_000
_LOCK_MESSAGES: Final = """
SELECT 1 FROM message WHERE id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3 ORDER BY id FOR UPDATE
"""


async def start_retries(connection: asyncpg.Connection, now: datetime, identifiers: Identifiers) -> int:
    """Turn due retries into held chunks; answer how many messages."""
    # Messages before retries, as receipts and cancellations lock them.
    due = sorted(
        row["message_id"]
        for row in await connection.fetch(
            "SELECT message_id FROM message_retry WHERE due_at <= $1 ORDER BY due_at LIMIT $2",
            now,
            RETRIES_AT_ONCE,
        )
    )
    if not due:
        return 0
    await connection.execute(_LOCK_MESSAGES, due, due[0], due[-1])
    rows = await connection.fetch(
        "DELETE FROM message_retry WHERE message_id = ANY($1::uuid[]) RETURNING *", due
    )
    for _, queue in groupby(sorted(rows, key=_retry_order), key=_retry_queue):
        members = list(queue)
        for start in range(0, len(members), CHUNK_SIZE):
            await _chunk_of_retries(connection, members[start : start + CHUNK_SIZE], now, identifiers)
    return len(rows)


async def _chunk_of_retries(
    connection: asyncpg.Connection,
    members: Sequence[asyncpg.Record],
    now: datetime,
    identifiers: Identifiers,
) -> None:
    first = members[0]
    ids = [row["message_id"] for row in members]
    expiries = [row["expires_at"] for row in members if row["expires_at"] is not None]
    id_ = identifiers.one()
    await connection.execute(
        INSERT_SUCCESSOR, id_, first["application_id"], first["reservation_id"], ids[0], ids[-1], None,
        max(expiries) if len(expiries) == len(members) else None, now, first["channel"], first["type"],
        first["lane"], 0, ids, first["campaign_id"], first["wave"],
    )  # fmt: skip
    await connection.execute(MOVE_MESSAGES, ids, ids[0], ids[-1], id_)


_RetryQueue = tuple[UUID, UUID, int, int, int]


def _retry_queue(row: asyncpg.Record) -> _RetryQueue:
    """A reservation is of one campaign, or of none."""
    return row["application_id"], row["reservation_id"], row["type"], row["lane"], row["wave"] or 0


def _retry_order(row: asyncpg.Record) -> tuple[_RetryQueue, UUID]:
    return _retry_queue(row), row["message_id"]
