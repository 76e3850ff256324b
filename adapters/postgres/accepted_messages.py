"""The rows of accepted messages: contents, messages by one statement a chunk, and what is counted of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import asyncpg

from adapters.postgres.engine import to_json
from adapters.postgres.statistics import Counted, hour_of, insert_deltas, made_at, template_of
from application.ports.accept_store import ChunkRow, ContentRow
from domain.messaging.event import MessageEventType

_INSERT_UNIFORM = """
INSERT INTO message (id, application_id, subscription_id, user_id, content_id, chunk_id, reservation_id, send_at,
                     expires_at, channel, type, lane, source, user_targeted)
SELECT id, $4, subscription_id, user_id, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS row (id, subscription_id, user_id)
"""
_INSERT_MIXED = """
INSERT INTO message (id, application_id, subscription_id, user_id, content_id, chunk_id, reservation_id, send_at,
                     expires_at, channel, type, lane, source, user_targeted)
SELECT id, $6, subscription_id, user_id, content_id, $7, $8, $9, $10, $11, $12, $13, $14, user_targeted
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::boolean[])
     AS row (id, subscription_id, user_id, content_id, user_targeted)
"""
_INSERT_PERSONAL = """
INSERT INTO message (id, application_id, subscription_id, user_id, content_id, chunk_id, reservation_id, send_at,
                     expires_at, channel, type, lane, source, user_targeted, variables)
SELECT id, $7, subscription_id, user_id, content_id, $8, $9, $10, $11, $12, $13, $14, $15, user_targeted, variables
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::boolean[], $6::bytea[])
     AS row (id, subscription_id, user_id, content_id, user_targeted, variables)
"""


async def write_messages(
    connection: asyncpg.Connection, contents: Sequence[ContentRow], chunks: Sequence[ChunkRow]
) -> None:
    """Contents first, then the rows of each chunk in one statement, then what is counted of them."""
    if contents:
        await connection.execute(
            "INSERT INTO content (id, application_id, channel, body, template, topic)"
            " SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::jsonb[], $5::jsonb[], $6::text[])",
            [content.id for content in contents],
            [content.application_id for content in contents],
            [int(content.channel) for content in contents],
            [to_json(content.body) for content in contents],
            [None if content.template is None else to_json(content.template) for content in contents],
            [content.topic for content in contents],
        )
    for chunk in chunks:
        await _insert_messages(connection, chunk)
    await insert_deltas(connection, _accepted(contents, chunks))


async def _insert_messages(connection: asyncpg.Connection, chunk: ChunkRow) -> None:
    scalars = (
        chunk.id,
        chunk.reservation_id,
        chunk.send_at,
        chunk.expires_at,
        int(chunk.channel),
        int(chunk.type),
        int(chunk.lane),
        int(chunk.source),
    )
    ids, subscriptions, users = chunk.message_ids, chunk.subscription_ids, chunk.user_ids
    content_id, by_user = chunk.content_ids[0], chunk.user_targeted[0]
    one_content = chunk.content_ids.count(content_id) == len(ids)
    uniform = one_content and chunk.user_targeted.count(by_user) == len(ids)
    if chunk.variables:
        await connection.execute(
            _INSERT_PERSONAL, ids, subscriptions, users, chunk.content_ids, chunk.user_targeted,
            [chunk.variables.get(id_) for id_ in ids], chunk.application_id, *scalars,
        )  # fmt: skip
    elif uniform:
        await connection.execute(
            _INSERT_UNIFORM,
            ids,
            subscriptions,
            users,
            chunk.application_id,
            content_id,
            *scalars,
            by_user,
        )
    else:
        await connection.execute(
            _INSERT_MIXED, ids, subscriptions, users, chunk.content_ids, chunk.user_targeted,
            chunk.application_id, *scalars,
        )  # fmt: skip


def _accepted(contents: Sequence[ContentRow], chunks: Sequence[ChunkRow]) -> Mapping[Counted, int]:
    """What is counted of an accept. Devices are not known here: nobody was looked up for it."""
    templates = {
        content.id: template_of(content.template) for content in contents if content.template is not None
    }
    counts: Counter[Counted] = Counter()
    for chunk in chunks:
        hour = hour_of(made_at(chunk.message_ids[0]))
        told = (
            Counter([templates.get(id_) for id_ in chunk.content_ids])
            if templates
            else {None: len(chunk.message_ids)}
        )
        for template_id, n in told.items():
            key = Counted(
                chunk.application_id, hour, int(chunk.type), int(MessageEventType.CREATED), "", "",
                (None, template_id, None, None),
            )  # fmt: skip
            counts[key] += n
    return counts
