"""Ringing for released chunks: which to ring for again because nobody leased them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg

from application.ports.doorbells import Ring
from application.ports.tracing import parse_trail
from domain.shared.channels import Channel, Lane

RINGS_AT_ONCE: Final = 2_000
_UNHEARD: Final = """
UPDATE dispatch_chunk SET rung_at = $2 WHERE id IN (
    SELECT id FROM dispatch_chunk WHERE state = 1 AND (rung_at IS NULL OR rung_at < $1)
    ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING id, lane, channel, trace
"""


def rings(rows: Sequence[asyncpg.Record]) -> list[Ring]:
    return [
        Ring(Lane(row["lane"]), Channel(row["channel"]), row["id"], parse_trail(row["trace"])) for row in rows
    ]


async def ring_again(connection: asyncpg.Connection, older_than: datetime, now: datetime) -> list[Ring]:
    """Released chunks that were not rung for since `older_than`; they are marked as rung at `now`."""
    return rings(await connection.fetch(_UNHEARD, older_than, now, RINGS_AT_ONCE))
