"""A chunk ends: it is deleted when nothing of it is left to do, and what was not attempted goes on as its successor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from adapters.postgres.partitions import leaves
from application.ports.chunk_settlement import ChunkSettlement
from application.ports.identifiers import Identifiers

INSERT_SUCCESSOR = """
INSERT INTO dispatch_chunk (id, application_id, reservation_id, min_id, max_id, not_before, expires_at, created_at,
                            channel, type, lane, state, recoveries, message_ids, campaign_id, wave)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $14, $15)
"""
_MOVE_ON = "UPDATE {leaf} SET chunk_id = $2 WHERE id = ANY($1::uuid[]) AND chunk_id = $3 RETURNING id"
"""Only what this chunk still has: a settlement that is repeated, because nobody knew of its commit, moves nothing twice."""
MOVE_MESSAGES = "UPDATE message SET chunk_id = $4 WHERE id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3"


async def finish_chunks(
    connection: asyncpg.Connection,
    settlements: Sequence[ChunkSettlement],
    now: datetime,
    identifiers: Identifiers,
) -> None:
    """Delete the chunks that are complete; give each successor a held chunk of its own under the same reservation."""
    for one in settlements:
        chunk = one.chunk
        for successor in one.successors:
            id_ = identifiers.one()
            ids = sorted(
                [
                    row["id"]
                    for leaf, some in leaves("message", successor.message_ids)
                    for row in await connection.fetch(_MOVE_ON.format(leaf=leaf), some, id_, chunk.id)
                ]
            )
            if not ids:
                continue
            await connection.execute(
                INSERT_SUCCESSOR, id_, chunk.application_id, chunk.reservation_id, ids[0], ids[-1],
                successor.not_before, chunk.expires_at, now, int(chunk.channel), int(chunk.type), int(chunk.lane),
                0, ids, chunk.campaign_id, chunk.wave,
            )  # fmt: skip
    complete = [one.chunk.id for one in settlements if one.complete]
    if complete:
        await connection.execute("DELETE FROM dispatch_chunk WHERE id = ANY($1::uuid[])", complete)
