"""Fallbacks under way in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.commit import committing
from adapters.postgres.engine import raw_connection
from adapters.postgres.families import arrived
from application.ports.fallbacks import DueFallback, KeptScript, LaterChannel
from domain.messaging.fallback import FallbackRule, UnderWay
from domain.messaging.lifecycle import Status
from domain.shared.channels import Channel, Lane

SAFETY = timedelta(seconds=30)
"""Whoever took a row and died gives it up after this."""

_TAKE = """
UPDATE fallback SET due_at = $1::timestamptz + $2::interval WHERE root_id IN (
    SELECT root_id FROM fallback WHERE due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING *
"""
_CURRENT = (
    "SELECT id, type, status, error_reason, error_details::text AS details FROM message"
    " WHERE id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3"
)
_ADVERTISING = """
SELECT id FROM content WHERE id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3 AND body -> 'advertising' = 'true'::jsonb
"""
_FAULTS = """
SELECT application_id, type FROM channel_pause WHERE application_id = ANY($1::uuid[]) AND credential_version IS NOT NULL
"""
_NAMES = "SELECT id, external_id FROM app_user WHERE id = ANY($1::uuid[]) AND NOT is_archived"
_WAIT = """
UPDATE fallback f SET due_at = w.until FROM unnest($1::uuid[], $2::timestamptz[]) AS w (root_id, until)
WHERE f.root_id = w.root_id
"""
_HOLD = "UPDATE fallback SET due_at = $2, started_at = $2 WHERE root_id = ANY($1::uuid[])"
_GO_ON = """
UPDATE fallback SET
    current_id = coalesce($3, current_id), family = CASE WHEN $3::uuid IS NULL THEN family ELSE family || $3 END,
    channels = $4, contents = $5, due_at = $6,
    started_at = CASE WHEN $3::uuid IS NULL THEN started_at ELSE $6 END
WHERE root_id = $1 AND current_id = $2
"""


class PostgresFallbacks:
    """Implements `application.ports.fallbacks.Fallbacks` on the hot engine."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def due(self, now: datetime, limit: int) -> Sequence[DueFallback]:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            rows = await connection.fetch(_TAKE, now, SAFETY, limit)
            if not rows:
                return []
            current = sorted(row["current_id"] for row in rows)
            states = {
                row["id"]: row for row in await connection.fetch(_CURRENT, current, current[0], current[-1])
            }
            names = {
                row["id"]: row["external_id"]
                for row in await connection.fetch(_NAMES, sorted({row["user_id"] for row in rows}))
            }
            applications = sorted({row["application_id"] for row in rows})
            faults = {tuple(row) for row in await connection.fetch(_FAULTS, applications)}
            later = sorted({id_ for row in rows for id_ in row["contents"]})
            advertising = (
                {row["id"] for row in await connection.fetch(_ADVERTISING, later, later[0], later[-1])}
                if later
                else set()
            )
            there = await arrived(connection, [id_ for row in rows for id_ in row["family"]])
        found = []
        for row in rows:
            state = states.get(row["current_id"])
            found.append(
                DueFallback(
                    row["root_id"], row["application_id"], row["current_id"], names.get(row["user_id"]),
                    Lane(row["lane"]),
                    [
                        LaterChannel(Channel(channel), content, content in advertising)
                        for channel, content in zip(
                            row["channels"], row["contents"] or [None] * len(row["channels"]), strict=True
                        )
                    ],
                    UnderWay(
                        FallbackRule(row["rule"]), row["within_seconds"], row["started_at"], row["expires_at"],
                        len(row["channels"]), None if state is None else Status(state["status"]),
                        None if state is None else state["error_reason"], bool(there & set(row["family"])),
                        json.loads(state["details"]) if state is not None and state["details"] else None,
                        state is not None and (row["application_id"], state["type"]) in faults,
                    ),
                    _script(row),
                )
            )  # fmt: skip
        return found

    async def wait(self, root_ids: Sequence[UUID], until: Sequence[datetime]) -> None:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            await connection.execute(_WAIT, list(root_ids), list(until))

    async def hold(self, root_ids: Sequence[UUID], until: datetime) -> None:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            await connection.execute(_HOLD, list(root_ids), until)

    async def go_on(
        self,
        root_id: UUID,
        after: UUID,
        current_id: UUID | None,
        later: Sequence[LaterChannel],
        now: datetime,
    ) -> None:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            await connection.execute(
                _GO_ON, root_id, after, current_id, [int(one.channel) for one in later],
                [one.content_id for one in later if one.content_id is not None], now,
            )  # fmt: skip

    async def end(self, root_ids: Sequence[UUID]) -> None:
        async with raw_connection(self._engine) as connection, committing(self._engine, connection):
            await connection.execute("DELETE FROM fallback WHERE root_id = ANY($1::uuid[])", list(root_ids))


def _script(row: asyncpg.Record) -> KeptScript | None:
    if row["template_id"] is None:
        return None
    return KeptScript(row["template_id"], row["template_version"], row["variables"], row["topic"])
