"""How much of an application's queue is in which state, counted by chunks."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import attrs
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.chunk_states import HELD, LEASED, RELEASED
from adapters.postgres.engine import raw_connection
from application.ports.queue_figures import QueueTally

_QUEUE: Final = """
SELECT coalesce(sum(n) FILTER (WHERE state = $2), 0) AS held,
       coalesce(sum(n) FILTER (WHERE state = $3), 0) AS released,
       coalesce(sum(n) FILTER (WHERE state = $4), 0) AS in_delivery,
       (SELECT count(*) FROM message_retry WHERE application_id = $1) AS retrying
FROM dispatch_chunk WHERE application_id = $1
"""


@attrs.frozen
class PostgresQueueFigures:
    """Implements `application.ports.queue_figures.QueueFigures`."""

    engine: AsyncEngine

    async def queue(self, application_id: UUID) -> QueueTally:
        async with raw_connection(self.engine) as connection:
            row = await connection.fetchrow(_QUEUE, application_id, HELD, RELEASED, LEASED)
        assert row is not None
        return QueueTally(
            held=row["held"],
            released=row["released"],
            in_delivery=row["in_delivery"],
            retrying=row["retrying"],
        )
