"""Topics that users switched off: a row for each, so that a new topic is on for everybody."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import committing
from adapters.postgres.engine import raw_connection

_READ = "SELECT topic FROM topic_opt_out WHERE user_id = $1 AND application_id = $2"
_OFF = """
INSERT INTO topic_opt_out (application_id, user_id, topic, opted_out_at)
SELECT $1, $2, topic, $4 FROM unnest($3::text[]) AS t (topic) ON CONFLICT (user_id, topic) DO NOTHING
"""
_ON = "DELETE FROM topic_opt_out WHERE user_id = $2 AND application_id = $1 AND topic = ANY($3::text[])"


@attrs.frozen
class PostgresTopicChoices:
    """Implements `application.ports.topic_choices.TopicChoices`."""

    engine: AsyncEngine

    async def switched_off(self, application_id: UUID, user_id: UUID) -> Collection[str]:
        async with raw_connection(self.engine) as connection:
            rows = await connection.fetch(_READ, user_id, application_id)
        return frozenset(row["topic"] for row in rows)

    async def choose(
        self,
        application_id: UUID,
        user_id: UUID,
        *,
        off: Collection[str],
        on: Collection[str],
        now: datetime,
    ) -> None:
        async with raw_connection(self.engine) as connection, committing(self.engine, connection):
            await connection.execute(_OFF, application_id, user_id, sorted(off), now)
            await connection.execute(_ON, application_id, user_id, sorted(on))
