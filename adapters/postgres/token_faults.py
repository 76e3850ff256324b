"""Subscription codes that providers' answers ask for: applied under the token version that was loaded.

Ordinary faults (a 410) apply at once. Faults that a mix-up of environments or projects could cause wait in
`token_suspect` until the route is judged: under five percent they apply, above it the route is paused instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from adapters.postgres.engine import to_json
from adapters.postgres.suppressions import suppress_subscriptions
from application.ports.chunk_settlement import LearntEnvironment, TokenFault
from application.ports.identifiers import Identifiers
from application.ports.leased_chunk import Chunk
from domain.audience.subscription_event import ChangeSource, SubscriptionEventType
from domain.shared.channels import SubscriptionType

_APPLY = """
WITH fault AS (
    SELECT DISTINCT ON (id) * FROM unnest($1::uuid[], $2::smallint[], $3::integer[], $4::timestamptz[], $5::text[])
        AS row (id, code, version, since, reason) ORDER BY id
), locked AS MATERIALIZED (
    SELECT s.id FROM subscription s JOIN fault f ON f.id = s.id
    WHERE s.token_version = f.version AND s.subscription_status > 0 AND NOT s.is_archived
      AND (f.since IS NULL OR s.token_registered_at IS NULL OR s.token_registered_at <= f.since)
    ORDER BY s.id FOR UPDATE OF s
)
UPDATE subscription s SET subscription_status = f.code, unsubscribed_at = $6, updated_at = $6
FROM fault f, locked l WHERE s.id = l.id AND f.id = l.id
RETURNING s.id, s.user_id, s.application_id, s.type, f.code, f.reason
"""
_EVENT_COLUMNS = (
    "id", "subscription_id", "user_id", "application_id", "event_type", "channel", "source", "reason", "metadata",
    "occurred_at",
)  # fmt: skip


async def apply_faults(
    connection: asyncpg.Connection,
    faults: Sequence[tuple[Chunk, TokenFault]],
    now: datetime,
    identifiers: Identifiers,
) -> int:
    """Set the codes where the token is still the one that was sent to; answer how many subscriptions changed."""
    return await apply_codes(
        connection,
        [(f.subscription_id, f.code, f.token_version, f.invalid_since, f.reason) for _, f in faults],
        now,
        identifiers,
    )


async def apply_codes(
    connection: asyncpg.Connection,
    faults: Sequence[tuple[UUID, int, int, datetime | None, str]],
    now: datetime,
    identifiers: Identifiers,
) -> int:
    """The same, from (subscription, code, token version, invalid since, reason)."""
    columns: list[list[object]] = [list(column) for column in zip(*faults, strict=True)]
    rows = await connection.fetch(_APPLY, *columns, now)
    if rows:
        ids = identifiers.many(len(rows))
        await connection.copy_records_to_table(
            "subscription_event",
            columns=_EVENT_COLUMNS,
            records=[
                (
                    id_, row["id"], row["user_id"], row["application_id"], "unsubscribed",
                    SubscriptionType(row["type"]).channel.wire, "provider", row["reason"],
                    to_json({"code": row["code"]}), now,
                )
                for id_, row in zip(ids, rows, strict=True)
            ],
        )  # fmt: skip
        await suppress_subscriptions(connection, [(row["id"], row["code"]) for row in rows], "provider", now)
    return len(rows)


async def write_subscription_events(
    connection: asyncpg.Connection,
    subscriptions: Sequence[asyncpg.Record],
    kind: SubscriptionEventType,
    source: ChangeSource,
    reason: str,
    now: datetime,
    identifiers: Identifiers,
) -> None:
    """One line of history for each row (id, user_id, application_id, type)."""
    if not subscriptions:
        return
    ids = identifiers.many(len(subscriptions))
    await connection.copy_records_to_table(
        "subscription_event",
        columns=_EVENT_COLUMNS,
        records=[
            (
                id_, row["id"], row["user_id"], row["application_id"], kind.value,
                SubscriptionType(row["type"]).channel.wire, source.value, reason, "{}", now,
            )
            for id_, row in zip(ids, subscriptions, strict=True)
        ],
    )  # fmt: skip


async def suspect_faults(
    connection: asyncpg.Connection, faults: Sequence[tuple[Chunk, TokenFault]], now: datetime
) -> None:
    """Keep faults that could be a mix-up until the route is judged."""
    await connection.execute(
        "INSERT INTO token_suspect (subscription_id, application_id, type, code, token_version, reason, seen_at)"
        " SELECT *, $7 FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::smallint[], $5::integer[], $6::text[])"
        " ON CONFLICT (subscription_id) DO UPDATE SET code = excluded.code, token_version = excluded.token_version",
        [fault.subscription_id for _, fault in faults],
        [chunk.application_id for chunk, _ in faults],
        [int(chunk.type) for chunk, _ in faults],
        [fault.code for _, fault in faults],
        [fault.token_version for _, fault in faults],
        [fault.reason for _, fault in faults],
        now,
    )


async def apply_environments(connection: asyncpg.Connection, learnt: Sequence[LearntEnvironment]) -> None:
    """Remember which APNs environment a token belongs to."""
    ordered = sorted(learnt, key=lambda one: one.subscription_id)
    await connection.execute(
        "UPDATE subscription s SET token_environment = l.environment"
        " FROM unnest($1::uuid[], $2::integer[], $3::smallint[]) AS l (id, version, environment)"
        " WHERE s.id = l.id AND s.token_version = l.version",
        [one.subscription_id for one in ordered],
        [one.token_version for one in ordered],
        [one.environment for one in ordered],
    )
