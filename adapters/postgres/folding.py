"""Folding deltas into counters once a second, in key order; judging token faults that were held back."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg

from adapters.postgres.engine import to_json
from adapters.postgres.reservations import fold_quota_deltas
from adapters.postgres.token_faults import apply_codes
from application.ports.identifiers import Identifiers

DELTAS_AT_ONCE = 5_000
HEALTH_WINDOW = 1_000
"""Sends of an application and route over which damage is judged."""
DAMAGE_SHARE = 0.05
DAMAGE_FLOOR = 10
"""Fewer damaged tokens than this never pause a route: a handful is no mass."""
SUSPECT_FOR = timedelta(seconds=30)
MASS_DAMAGE = "mass_token_damage"

_FOLD_STATISTICS = """
WITH gone AS (
    DELETE FROM stat_delta WHERE id IN (SELECT id FROM stat_delta ORDER BY id LIMIT $1)
    RETURNING application_id, hour, type, event_type, reason, campaign_id, template_id, provider, country, app_version,
              open_class, n, seconds, damaged
), health AS (
    INSERT INTO token_health AS kept (application_id, type, sends, damaged)
    SELECT application_id, type, sum(n) FILTER (WHERE event_type IN (1, 2)), sum(damaged) FROM gone
    GROUP BY application_id, type HAVING sum(n) FILTER (WHERE event_type IN (1, 2)) > 0 ORDER BY 1, 2
    ON CONFLICT (application_id, type) DO UPDATE SET
        sends = least($2, kept.sends + excluded.sends),
        damaged = round((kept.damaged + excluded.damaged)
                        * least(1.0, $2::numeric / greatest(1, kept.sends + excluded.sends)))
), folded AS (
    INSERT INTO stat_hourly AS kept (application_id, hour, event_type, type, campaign_id, template_id, provider, country,
                                     app_version, reason, open_class, n, seconds)
    SELECT application_id, hour, event_type, type, campaign_id, template_id, provider, country, app_version, reason,
           open_class, sum(n), sum(seconds) FROM gone
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    ON CONFLICT (application_id, hour, event_type, type, campaign_id, template_id, provider, country, app_version, reason,
                 open_class)
    DO UPDATE SET n = kept.n + excluded.n, seconds = kept.seconds + excluded.seconds
)
SELECT count(*) FROM gone
"""
_FOLD_SUBSCRIPTIONS = """
WITH gone AS (
    DELETE FROM subscription_delta WHERE id IN (SELECT id FROM subscription_delta ORDER BY id LIMIT $1)
    RETURNING application_id, hour, channel, event_type, reason, n
), folded AS (
    INSERT INTO subscription_stat AS kept (application_id, hour, channel, event_type, reason, n)
    SELECT application_id, hour, channel, event_type, reason, sum(n) FROM gone
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (application_id, hour, channel, event_type, reason) DO UPDATE SET n = kept.n + excluded.n
)
SELECT count(*) FROM gone
"""
_DAMAGED_ROUTES = """
SELECT h.application_id, h.type, h.sends, h.damaged FROM token_health h
WHERE h.damaged >= $1 AND h.damaged > $2::numeric * h.sends
  AND EXISTS (SELECT 1 FROM token_suspect s WHERE s.application_id = h.application_id AND s.type = h.type)
ORDER BY 1, 2
"""


_FORGET_PAUSED = """
DELETE FROM token_suspect s USING channel_pause p
WHERE p.application_id = s.application_id AND p.type = s.type RETURNING 1
"""


async def fold(connection: asyncpg.Connection) -> int:
    """Apply statistic deltas, then quota deltas; answer how many rows were folded."""
    statistics = await connection.fetchval(_FOLD_STATISTICS, DELTAS_AT_ONCE, HEALTH_WINDOW)
    changes = await connection.fetchval(_FOLD_SUBSCRIPTIONS, DELTAS_AT_ONCE)
    return int(statistics) + int(changes) + await fold_quota_deltas(connection, DELTAS_AT_ONCE)


async def judge_tokens(connection: asyncpg.Connection, now: datetime, identifiers: Identifiers) -> int:
    """Pause routes with mass damage and forget their suspects; apply suspects of healthy routes; answer how many."""
    judged = len(await connection.fetch(_FORGET_PAUSED))
    for route in await connection.fetch(_DAMAGED_ROUTES, DAMAGE_FLOOR, DAMAGE_SHARE):
        application_id, type_ = route["application_id"], route["type"]
        detail = to_json({"sends": route["sends"], "damaged": route["damaged"], "type": type_})
        await connection.execute(
            "INSERT INTO channel_pause (application_id, type, reason, detail, paused_at) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (application_id, type) DO NOTHING",
            application_id,
            type_,
            MASS_DAMAGE,
            detail,
            now,
        )
        await connection.execute(
            "INSERT INTO alert (id, application_id, kind, detail, raised_at) VALUES ($1, $2, $3, $4, $5)",
            identifiers.one(),
            application_id,
            MASS_DAMAGE,
            detail,
            now,
        )
        gone = await connection.fetch(
            "DELETE FROM token_suspect WHERE application_id = $1 AND type = $2 RETURNING 1",
            application_id,
            type_,
        )
        await connection.execute(
            "UPDATE token_health SET sends = 0, damaged = 0 WHERE application_id = $1 AND type = $2",
            application_id,
            type_,
        )
        judged += len(gone)
    cleared = await connection.fetch(
        "DELETE FROM token_suspect WHERE subscription_id IN (SELECT subscription_id FROM token_suspect"
        " WHERE seen_at < $1 ORDER BY subscription_id LIMIT 1000) RETURNING *",
        now - SUSPECT_FOR,
    )
    if cleared:
        await apply_codes(
            connection,
            [
                (row["subscription_id"], row["code"], row["token_version"], None, row["reason"])
                for row in cleared
            ],
            now,
            identifiers,
        )
    return judged + len(cleared)
