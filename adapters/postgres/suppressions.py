"""Suppressed addresses in PostgreSQL: written by faults and reports, asked at accept and at delivery, listed and lifted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from domain.audience.suppression import SUPPRESSING, WITHOUT_ADDRESSES
from domain.shared.channels import SubscriptionType

# A row that was lifted comes back only by something newer than its lifting.
_SUPPRESS = """
INSERT INTO suppression AS kept (application_id, channel, address_index, index_key_id, reason, source, created_at)
SELECT DISTINCT ON (application_id, channel, address_index) * FROM unnest($1::uuid[], $2::smallint[], $3::bytea[],
    $4::text[], $5::text[], $6::text[], $7::timestamptz[])
    AS row (application_id, channel, address_index, index_key_id, reason, source, created_at)
ORDER BY application_id, channel, address_index
ON CONFLICT (application_id, channel, address_index) DO UPDATE SET
    reason = excluded.reason, source = excluded.source, created_at = excluded.created_at, lifted_at = NULL
WHERE kept.lifted_at < excluded.created_at
RETURNING application_id, channel, address_index
"""
_ADDRESSES = """
SELECT s.id, s.application_id, c.channel, s.token_index, s.token_index_key_id FROM subscription s
JOIN unnest($2::smallint[], $3::smallint[]) AS c (type, channel) ON c.type = s.type
WHERE s.id = ANY($1::uuid[]) AND s.token_index IS NOT NULL
"""
_SUPPRESSED = """
SELECT s.id FROM subscription s
JOIN unnest($2::smallint[], $3::smallint[]) AS c (type, channel) ON c.type = s.type
JOIN suppression x ON x.application_id = s.application_id AND x.channel = c.channel AND x.address_index = s.token_index
WHERE s.id = ANY($1::uuid[]) AND x.lifted_at IS NULL
"""

Row = tuple[UUID, int, bytes, str, str, str, datetime]
"""(application, channel, index, index key, reason, source, when)."""


async def suppress(connection: asyncpg.Connection, rows: Sequence[Row]) -> set[tuple[UUID, int, bytes]]:
    """Write what is new; answer which rows it was: a row that stands already is not new, nor is an old report."""
    if not rows:
        return set()
    written = await connection.fetch(_SUPPRESS, *[list(column) for column in zip(*rows, strict=True)])
    return {(row["application_id"], row["channel"], row["address_index"]) for row in written}


async def suppress_subscriptions(
    connection: asyncpg.Connection, faults: Iterable[tuple[UUID, int]], source: str, now: datetime
) -> None:
    """Suppress the addresses of subscriptions that got a code which does so; others are passed over."""
    reasons = {id_: SUPPRESSING[code].value for id_, code in faults if code in SUPPRESSING}
    if not reasons:
        return
    addresses = await connection.fetch(_ADDRESSES, sorted(reasons), *address_types())
    await suppress(
        connection,
        [
            (
                row["application_id"], row["channel"], row["token_index"], row["token_index_key_id"],
                reasons[row["id"]], source, now,
            )
            for row in addresses
        ],
    )  # fmt: skip


async def suppressed_of(connection: asyncpg.Connection, subscription_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the subscriptions whose address is suppressed in their application."""
    return {row["id"] for row in await connection.fetch(_SUPPRESSED, subscription_ids, *address_types())}


def address_types() -> tuple[list[int], list[int]]:
    """Subscription types that have addresses, and their channels, as two columns."""
    types = [type_ for type_ in SubscriptionType if type_.channel not in WITHOUT_ADDRESSES]
    return [int(type_) for type_ in types], [int(type_.channel) for type_ in types]
