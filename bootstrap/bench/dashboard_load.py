"""Thirty days of an application, written by the database itself: messages, and the figures that they would have left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from adapters.postgres.partitions import ensure_partitions

DAYS = 30
BATCH = 250_000
TABLES = ("message", "stat_hourly")

# What an hour leaves: two types, four countries, five app versions, a campaign of the day beside messages of none.
_FIGURES = """
INSERT INTO stat_hourly (application_id, hour, type, event_type, campaign_id, template_id, provider, country, app_version, reason,
                         open_class, n, seconds)
SELECT $1::uuid, hour, type, event_type, campaign_id, none, provider, country, app_version, reason, class, ceil(n)::bigint, 600 * class * n
FROM (
    SELECT hour, type.code AS type, kind.code AS event_type, campaign.id AS campaign_id, none.id AS none, type.provider, country.code AS country,
           'v' || version AS app_version, kind.reason, kind.class,
           $2::float8 / 720 * type.share * country.share * campaign.share * (6 - version) / 15 * kind.share AS n
    FROM generate_series(date_trunc('hour', now()) - interval '719 hours', date_trunc('hour', now()), interval '1 hour') AS hour,
         (VALUES (1, 'apns', 0.45), (2, 'fcm', 0.55)) AS type (code, provider, share),
         (VALUES ('KR', 0.7), ('US', 0.15), ('JP', 0.1), ('TW', 0.05)) AS country (code, share),
         (VALUES ('00000000-0000-0000-0000-000000000000'::uuid)) AS none (id),
         LATERAL (VALUES (none.id, 0.4), (md5($1::uuid::text || hour::date)::uuid, 0.6)) AS campaign (id, share),
         generate_series(1, 5) AS version,
         (VALUES (1, '', 0, 0.97), (2, 'Unregistered', 0, 0.02), (2, 'expired', 0, 0.01), (3, 'InternalServerError', 0, 0.01),
                 (5, '', 0, 0.8), (6, '', 1, 0.02), (6, '', 2, 0.05), (6, '', 3, 0.03), (6, '', 4, 0.03), (6, '', 5, 0.02),
                 (6, '', 6, 0.01)) AS kind (code, reason, class, share)
) AS hourly
WHERE n > 0.04
ON CONFLICT DO NOTHING
"""
_ACCEPTED = """
INSERT INTO stat_hourly (application_id, hour, type, event_type, reason, n)
SELECT $1::uuid, hour, type, 0, '', ($2::float8 / 1440)::bigint
FROM generate_series(date_trunc('hour', now()) - interval '719 hours', date_trunc('hour', now()), interval '1 hour') AS hour,
     generate_series(1, 2) AS type
ON CONFLICT DO NOTHING
"""
_MESSAGES = """
INSERT INTO message (id, application_id, subscription_id, content_id, chunk_id, reservation_id, channel, type, lane, status,
                     sent_at, received_at)
SELECT uuidv7(-age), $1::uuid, uuidv7(), $2::uuid, $2, $2, 1, 1 + n % 2, 1, CASE WHEN n % 5 = 0 THEN 1 ELSE 5 END, now() - age,
       CASE WHEN n % 5 > 0 THEN now() - age END
FROM (SELECT n, make_interval(secs => 3600 + ($4::float8 - n) / $4 * 2588400) AS age
      FROM generate_series($3::integer + 1, least($3 + $5, $4)::integer) AS n) AS one
"""


async def load_month(
    connection: asyncpg.Connection, application_id: UUID, messages: int, advance: Callable[[int], None]
) -> int:
    """So many messages of the last thirty days with their figures, analysed; `advance` hears of every batch.

    Answer how many rows the figures have.
    """
    now = datetime.now(UTC)
    for days in range(DAYS + 1, -1, -3):
        await ensure_partitions(connection, now - timedelta(days=days))
    await connection.execute(_FIGURES, application_id, messages, timeout=600)
    await connection.execute(_ACCEPTED, application_id, messages, timeout=600)
    for before in range(0, messages, BATCH):
        await connection.execute(
            _MESSAGES, application_id, application_id, before, messages, BATCH, timeout=600
        )
        advance(min(BATCH, messages - before))
    for table in TABLES:
        await connection.execute(f"VACUUM (ANALYZE) {table}", timeout=600)
    return int(
        await connection.fetchval(
            "SELECT count(*) FROM stat_hourly WHERE application_id = $1", application_id
        )
    )
