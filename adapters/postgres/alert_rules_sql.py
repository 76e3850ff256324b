"""The statements behind the rules."""

from __future__ import annotations

from typing import Final

_COUNTS: Final = """
    coalesce(sum(s.n) FILTER (WHERE s.event_type = 1), 0)::bigint AS sent,
    coalesce(sum(s.n) FILTER (WHERE s.event_type = 2), 0)::bigint AS failed,
    coalesce(sum(s.n) FILTER (WHERE s.event_type = 3), 0)::bigint AS errored
"""
COUNTED: Final = f"""
SELECT s.application_id, s.type, s.hour, {_COUNTS} FROM application a
JOIN stat_hourly s ON s.application_id = a.id AND s.hour >= date_trunc('hour', $1::timestamptz, 'UTC')
WHERE s.event_type IN (1, 2, 3) GROUP BY 1, 2, 3
"""  # noqa: S608
SAMPLE: Final = f"""
INSERT INTO rate_sample (at, application_id, type, hour, sent, failed, errored)
SELECT $1::timestamptz, s.application_id, s.type, s.hour, {_COUNTS} FROM application a
JOIN stat_hourly s ON s.application_id = a.id AND s.hour >= date_trunc('hour', $2::timestamptz, 'UTC')
WHERE s.event_type IN (1, 2, 3) GROUP BY 2, 3, 4
UNION ALL
-- So that a minute in which nothing was counted yet is a sample, too.
SELECT $1::timestamptz, '00000000-0000-0000-0000-000000000000'::uuid, 0::smallint, $1::timestamptz, 0, 0, 0
ON CONFLICT DO NOTHING
"""  # noqa: S608
SAMPLED: Final = (
    "SELECT application_id, type, hour, sent, failed, errored FROM rate_sample WHERE at = $1 AND type <> 0"
)
WAITING: Final = """
SELECT c.application_id, c.type, c.lane,
    extract(epoch FROM $1::timestamptz - min(coalesce(c.not_before, c.created_at)))::float8 AS seconds
FROM dispatch_chunk c JOIN application a ON a.id = c.application_id AND a.is_active
WHERE coalesce(c.not_before, c.created_at) <= $1 AND c.state IN (0, 1) AND c.campaign_id IS NULL
  AND NOT EXISTS (SELECT 1 FROM channel_pause p WHERE p.application_id = c.application_id AND p.type = c.type)
  AND NOT EXISTS (SELECT 1 FROM system_state WHERE name = 'hold')
GROUP BY 1, 2, 3
"""
USAGE: Final = """
SELECT q.application_id, w.kind, w.starts_on, w.granted - w.released AS used,
    CASE w.kind WHEN 'daily' THEN q.daily_quota ELSE q.monthly_quota END AS allowed
FROM quota q
JOIN application a ON a.id = q.application_id
CROSS JOIN LATERAL (
    SELECT ($1::timestamptz AT TIME ZONE coalesce(a.settings ->> 'time_zone', 'Asia/Seoul'))::date AS day) today
JOIN quota_window w ON w.application_id = q.application_id
    AND w.starts_on = CASE w.kind WHEN 'daily' THEN today.day ELSE date_trunc('month', today.day)::date END
WHERE CASE w.kind WHEN 'daily' THEN q.daily_quota ELSE q.monthly_quota END > 0
"""
# A paced campaign has chunks that wait their turn; what stands is one whose count does not move either.
CAMPAIGNS: Final = """
SELECT g.application_id, g.id, g.name, g.status = 6 AS is_failed, g.failure_reason, g.total_recipients,
    g.successful_count, g.failed_count, g.rate::float8 AS rate,
    coalesce(extract(epoch FROM $1::timestamptz - (
        SELECT min(coalesce(c.not_before, c.created_at)) FROM dispatch_chunk c
        WHERE c.campaign_id = g.id AND c.state IN (0, 1) AND coalesce(c.not_before, c.created_at) <= $1
          AND NOT EXISTS (SELECT 1 FROM channel_pause p WHERE p.application_id = c.application_id AND p.type = c.type)
    )), 0)::float8 AS seconds
FROM campaign g
WHERE (g.launched_at IS NOT NULL AND NOT g.settled AND g.status = 2)
   OR (g.status = 6 AND g.ended_at > $1::timestamptz - interval '1 hour')
"""
WHOLE: Final = """
SELECT (SELECT count(*) FROM worker WHERE beat_at > $1::timestamptz - interval '30 seconds') AS workers,
    (SELECT count(*) FROM dispatch_chunk c WHERE c.state = 1 AND c.created_at < $1::timestamptz - interval '30 seconds') AS due,
    (SELECT coalesce(extract(epoch FROM $1::timestamptz - min(created_at)), 0)::float8 FROM outbox) AS outbox
"""
RAISE: Final = """
INSERT INTO alert AS kept (id, application_id, kind, detail, severity, fingerprint, raised_at, last_seen_at)
SELECT f.id, f.application_id, f.kind, f.detail::jsonb, f.severity, f.fingerprint, $7, $7
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
    AS f (id, application_id, kind, detail, severity, fingerprint)
ON CONFLICT (application_id, fingerprint) WHERE resolved_at IS NULL AND fingerprint <> ''
DO UPDATE SET last_seen_at = excluded.last_seen_at, detail = excluded.detail
RETURNING raised_at = $7 AS is_new
"""
RESOLVE: Final = """
UPDATE alert SET resolved_at = $2 WHERE resolved_at IS NULL AND fingerprint <> '' AND last_seen_at < $1 RETURNING id
"""
UNTOLD: Final = """
SELECT a.* FROM alert a JOIN alert_policy p ON p.application_id = a.application_id
WHERE (a.resolved_at IS NULL AND a.acknowledged_at IS NULL AND a.told < jsonb_array_length(p.policy -> 'ladder'))
   OR (a.resolved_at >= $1 AND a.told > 0)
ORDER BY a.id LIMIT 200
"""
TOLD: Final = """
UPDATE alert SET told = $2::smallint, escalation = greatest(escalation, $2::smallint - 1) WHERE id = $1
"""
