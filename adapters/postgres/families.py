"""Root messages and their children in PostgreSQL: written when accepted, looked at before a child is sent."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from adapters.postgres.partitions import leaves
from application.ports.accept_store import FallbackRow
from application.ports.fallbacks import KeptScript
from domain.messaging.event import MessageEventType

_FALLBACK_COLUMNS = (
    "root_id", "application_id", "user_id", "current_id", "family", "channels", "contents", "within_seconds",
    "started_at", "expires_at", "due_at", "rule", "lane", "template_id", "template_version", "variables", "topic",
)  # fmt: skip
_ADOPT = """
UPDATE {leaf} SET parent_message_id = ($2::uuid[])[array_position($1::uuid[], id)] WHERE id = ANY($1::uuid[])
"""
_FAMILIES = (
    "SELECT current_id, family FROM fallback WHERE current_id = ANY($1::uuid[]) AND root_id <> current_id"
)
_RECEIVED_OF = """
SELECT DISTINCT message_id FROM {leaf} WHERE message_id = ANY($1::uuid[]) AND event_type = ANY($2::smallint[])
"""
ARRIVED = [int(MessageEventType.RECEIVED), int(MessageEventType.CONVERTED)]


async def write_families(
    connection: asyncpg.Connection,
    fallbacks: Sequence[FallbackRow],
    children: Sequence[tuple[UUID, UUID]],
) -> None:
    """In the transaction that inserted the messages."""
    if fallbacks:
        await connection.copy_records_to_table(
            "fallback",
            columns=_FALLBACK_COLUMNS,
            records=[
                (
                    one.root_id, one.application_id, one.user_id, one.root_id, [one.root_id],
                    [int(channel) for channel, _ in one.later],
                    [content for _, content in one.later if content is not None],
                    one.fallback.within_seconds, one.started_at, one.expires_at, one.started_at,
                    int(one.fallback.rule), int(one.lane), *_columns_of(one.script),
                )
                for one in fallbacks
            ],
        )  # fmt: skip
    if children:
        parents = dict(children)
        for leaf, ids in leaves("message", sorted(parents)):
            await connection.execute(_ADOPT.format(leaf=leaf), ids, [parents[id_] for id_ in ids])


def _columns_of(script: KeptScript | None) -> tuple[UUID | None, int | None, bytes | None, str | None]:
    return (
        (None, None, None, None)
        if script is None
        else (script.template_id, script.version, script.variables, script.topic)
    )


async def arrived(connection: asyncpg.Connection, message_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the messages that were received or converted, even if only an event says so."""
    found: set[UUID] = set()
    for leaf, ids in leaves("message_event", sorted(message_ids)):
        rows = await connection.fetch(_RECEIVED_OF.format(leaf=leaf), ids, ARRIVED)
        found.update(row["message_id"] for row in rows)
    return found


async def overtaken(connection: asyncpg.Connection, message_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the messages that are children of a fallback of which another message arrived already."""
    families = await connection.fetch(_FAMILIES, message_ids)
    if not families:
        return set()
    there = await arrived(connection, [id_ for row in families for id_ in row["family"]])
    return {row["current_id"] for row in families if there & set(row["family"])}
