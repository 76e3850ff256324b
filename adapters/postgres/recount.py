"""Every figure recounted from messages and events, and compared, in the caller's snapshot.

What is counted once a message is recounted from the message itself, the rest from its events. Templates, providers and what a
device was at the time are not compared: nothing else remembers them, and their sums are.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg

from adapters.postgres.partitions import partition_days
from application.ports.analytics import Mismatch, Recount
from domain.messaging.event import MessageEventType

MOST_MISMATCHES: Final = 100

_COUNTED: Final = """
SELECT application_id, CASE WHEN event_type > 0 THEN hour END AS hour, type, campaign_id, event_type, reason, sum(n) AS n
FROM (SELECT application_id, hour, type, campaign_id, event_type, reason, n FROM stat_hourly
      UNION ALL SELECT application_id, hour, type, campaign_id, event_type, reason, n FROM stat_delta) row
WHERE $1::uuid IS NULL OR application_id = $1 GROUP BY 1, 2, 3, 4, 5, 6
"""
_NOTHING: Final = "'00000000-0000-0000-0000-000000000000'::uuid"
_FOUND: Final = f"""
SELECT application_id, hour, type, campaign_id, event_type, reason, sum(n) AS n FROM (
    SELECT m.application_id, date_trunc('hour', happened.at, 'UTC') AS hour, m.type,
           coalesce(m.campaign_id, {_NOTHING}) AS campaign_id, happened.event_type, happened.reason, count(*) AS n
    FROM message m CROSS JOIN LATERAL (VALUES
        (0::smallint, NULL::timestamptz, ''), (1, m.sent_at, ''),
        (2, CASE WHEN m.status = 2 THEN m.failed_at END, left(coalesce(m.error_reason, ''), 200)),
        (5, m.received_at, ''), (6, m.converted_at, '')) AS happened (event_type, at, reason)
    WHERE ($1::uuid IS NULL OR m.application_id = $1) AND (happened.event_type = 0 OR happened.at IS NOT NULL)
    GROUP BY 1, 2, 3, 4, 5, 6
    UNION ALL
    SELECT m.application_id, date_trunc('hour', e.occurred_at, 'UTC'), m.type, coalesce(m.campaign_id, {_NOTHING}),
           e.event_type, CASE WHEN e.event_type IN (3, 7) THEN left(coalesce(e.reason, ''), 200) ELSE '' END, count(*)
    FROM message_event e JOIN message m ON m.id = e.message_id
    WHERE ($1::uuid IS NULL OR m.application_id = $1) AND e.event_type IN (3, 4, 7, 8, 9, 10, 11)
    GROUP BY 1, 2, 3, 4, 5, 6) row
GROUP BY 1, 2, 3, 4, 5, 6
"""  # noqa: S608 - constants of this module
_COMPARED: Final = f"""
WITH counted AS ({_COUNTED}), found AS ({_FOUND}), both_sides AS (
    SELECT coalesce(c.application_id, f.application_id) AS application_id, coalesce(c.hour, f.hour) AS hour,
           coalesce(c.type, f.type) AS type, coalesce(c.campaign_id, f.campaign_id) AS campaign_id,
           coalesce(c.event_type, f.event_type) AS event_type, coalesce(c.reason, f.reason) AS reason,
           coalesce(c.n, 0)::bigint AS counted, coalesce(f.n, 0)::bigint AS found
    FROM counted c FULL JOIN found f
      ON (c.application_id, c.type, c.campaign_id, c.event_type, c.reason)
       = (f.application_id, f.type, f.campaign_id, f.event_type, f.reason)
     AND coalesce(c.hour, '-infinity') = coalesce(f.hour, '-infinity')
)
SELECT * FROM both_sides WHERE CASE WHEN $2 THEN counted <> found ELSE counted < found END
ORDER BY application_id, hour, type, campaign_id, event_type, reason LIMIT $3
"""  # noqa: S608 - constants of this module
_APART: Final = f"""
SELECT coalesce(t.application_id, h.application_id) AS application_id, coalesce(t.hour, h.hour) AS hour,
       coalesce(t.type, h.type) AS type, {_NOTHING} AS campaign_id, coalesce(t.event_type, h.event_type) AS event_type, '' AS reason,
       coalesce(t.n, 0)::bigint AS counted, coalesce(h.n, 0)::bigint AS found
FROM (SELECT * FROM stat_total WHERE $1::uuid IS NULL OR application_id = $1) t
FULL JOIN (SELECT application_id, hour, type, event_type, sum(n) AS n FROM stat_hourly
           WHERE $1::uuid IS NULL OR application_id = $1 GROUP BY 1, 2, 3, 4) h USING (application_id, hour, type, event_type)
WHERE coalesce(t.n, 0) <> coalesce(h.n, 0) ORDER BY 1, 2, 3, 5 LIMIT $2
"""  # noqa: S608 - constants of this module
"""Totals of an hour that are not the sum of their rows."""
_SIZE: Final = f"""
SELECT count(DISTINCT application_id)::int AS applications, coalesce(sum(n), 0)::bigint AS events FROM ({_FOUND}) row
"""  # noqa: S608 - constants of this module
_UNFOLDED: Final = "SELECT count(*) FROM stat_delta WHERE $1::uuid IS NULL OR application_id = $1"
_DROPPED: Final = (
    "SELECT EXISTS (SELECT 1 FROM stat_hourly WHERE ($1::uuid IS NULL OR application_id = $1)"
    " AND event_type = 0 AND hour < $2)"
)


async def recount(connection: asyncpg.Connection, application_id: UUID | None) -> Recount:
    """Compare; `connection` is in a transaction of one snapshot, in UTC."""
    days = await partition_days(connection, "message")
    floor = (
        datetime(days[0].year, days[0].month, days[0].day, tzinfo=UTC)
        if days
        else datetime.max.replace(tzinfo=UTC)
    )
    complete = not await connection.fetchval(_DROPPED, application_id, floor)
    size = await connection.fetchrow(_SIZE, application_id)
    rows = [
        *await connection.fetch(_COMPARED, application_id, complete, MOST_MISMATCHES),
        *await connection.fetch(_APART, application_id, MOST_MISMATCHES),
    ]
    assert size is not None, "an aggregate answers one row"
    return Recount(
        applications=size["applications"],
        events=size["events"],
        unfolded=await connection.fetchval(_UNFOLDED, application_id),
        complete=complete,
        mismatches=[
            Mismatch(
                row["application_id"],
                row["hour"],
                row["type"],
                row["campaign_id"],
                MessageEventType(row["event_type"]),
                row["reason"],
                row["counted"],
                row["found"],
            )
            for row in rows
        ],
    )
