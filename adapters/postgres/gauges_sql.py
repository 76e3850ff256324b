"""The statements behind the figures: each reads small tables or a bounded span, none takes a lock that anybody waits for."""

from __future__ import annotations

from typing import Final

QUEUE: Final = """
SELECT c.type, c.lane, c.state, count(*) AS chunks, coalesce(sum(c.n), 0) AS messages,
    extract(epoch FROM now() - min(coalesce(c.not_before, c.created_at)) FILTER (
        WHERE coalesce(c.not_before, c.created_at) <= now() AND p.type IS NULL
          AND (c.campaign_id IS NULL OR g.status = 2)))::float8 AS oldest
FROM dispatch_chunk c
LEFT JOIN channel_pause p ON p.application_id = c.application_id AND p.type = c.type
LEFT JOIN campaign g ON g.id = c.campaign_id
GROUP BY 1, 2, 3
"""
RETRIES: Final = "SELECT type, count(*) AS n FROM message_retry GROUP BY 1"
PAUSED: Final = "SELECT type, count(*) AS n FROM channel_pause GROUP BY 1"
SINGLES: Final = """
SELECT (SELECT count(*) FROM send_claim WHERE unknown_at IS NOT NULL) AS unknown,
    (SELECT count(*) FROM outbox) AS outbox,
    (SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM outbox) AS outbox_oldest,
    (SELECT count(*) FROM worker WHERE beat_at > now() - interval '10 seconds') AS workers,
    (SELECT coalesce(max(extract(epoch FROM now() - w.beat_at)), 0)::float8 FROM worker w
     WHERE EXISTS (SELECT 1 FROM dispatch_chunk c WHERE c.worker = w.incarnation AND c.state = 2)) AS beat
"""
CAMPAIGNS: Final = "SELECT status, count(*) AS n FROM campaign GROUP BY 1"
SENDING: Final = """
SELECT id, total_recipients, successful_count, failed_count, canceled_count, rate FROM campaign
WHERE launched_at IS NOT NULL AND NOT settled ORDER BY id DESC LIMIT 50
"""
TEMPLATES: Final = "SELECT is_active, count(*) AS n FROM message_template WHERE NOT is_archived GROUP BY 1"
# The two hundred that used most: a label's values are bounded.
QUOTAS: Final = """
SELECT q.application_id, w.kind, w.granted - w.released AS used,
    CASE w.kind WHEN 'daily' THEN q.daily_quota ELSE q.monthly_quota END AS allowed
FROM quota q
JOIN application a ON a.id = q.application_id
JOIN quota_window w ON w.application_id = q.application_id AND w.starts_on = CASE w.kind
    WHEN 'daily' THEN (now() AT TIME ZONE coalesce(a.settings ->> 'time_zone', 'Asia/Seoul'))::date
    ELSE date_trunc('month', now() AT TIME ZONE coalesce(a.settings ->> 'time_zone', 'Asia/Seoul'))::date END
WHERE CASE w.kind WHEN 'daily' THEN q.daily_quota ELSE q.monthly_quota END IS NOT NULL
ORDER BY used DESC LIMIT 200
"""
MESSAGE_EVENTS: Final = """
SELECT s.type, s.event_type, sum(s.n)::float8 AS n FROM application a
JOIN stat_hourly s ON s.application_id = a.id AND s.hour >= date_trunc('hour', now()) - interval '24 hours'
GROUP BY 1, 2
"""
# Ids are UUIDv7: five minutes of them are one span of the primary key.
SUBSCRIPTION_EVENTS: Final = """
SELECT channel, event_type, count(*) AS n FROM subscription_event
WHERE id >= (lpad(to_hex((extract(epoch FROM now() - interval '5 minutes') * 1000)::bigint), 12, '0')
             || '70008000000000000000')::uuid
GROUP BY 1, 2
"""
WEBHOOKS: Final = """
SELECT count(*) AS waiting,
    coalesce(max(extract(epoch FROM now() - d.next_at)) FILTER (WHERE d.next_at <= now()), 0)::float8 AS oldest
FROM webhook_endpoint e JOIN webhook_delivery d ON d.endpoint_id = e.id AND d.state = 0 WHERE e.is_active
"""
ALERTS: Final = "SELECT kind, count(*) AS n FROM alert WHERE resolved_at IS NULL GROUP BY 1"
SERVER: Final = """
SELECT d.xact_commit, d.xact_rollback, d.blks_hit, d.blks_read, d.deadlocks, d.temp_bytes,
    d.tup_fetched, d.tup_inserted, d.tup_updated, d.tup_deleted,
    (SELECT count(*) FROM pg_stat_activity a WHERE a.datid = d.datid AND a.wait_event_type = 'Lock') AS waiting,
    pg_database_size(d.datid) AS size, current_setting('max_connections')::integer AS connections_max,
    (SELECT coalesce(max(extract(epoch FROM now() - a.xact_start)), 0)::float8 FROM pg_stat_activity a
     WHERE a.datid = d.datid AND a.state <> 'idle') AS longest,
    (SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn)), 0)::float8
     FROM pg_stat_replication r WHERE NOT pg_is_in_recovery()) AS lag
FROM pg_stat_database d WHERE d.datname = current_database()
"""
DEAD: Final = """
SELECT relname, n_dead_tup AS n FROM pg_stat_user_tables WHERE schemaname = 'public' AND relname = ANY($1::text[])
"""
CONNECTIONS: Final = """
SELECT CASE WHEN state LIKE 'idle in%' THEN 'idle_in_transaction' WHEN state = 'active' THEN 'active' ELSE 'idle' END AS state,
    count(*) AS n
FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1
"""
