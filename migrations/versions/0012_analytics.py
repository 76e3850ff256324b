"""Figures by every dimension: the hourly roll-up grows columns, subscriptions are counted as they change, exports have a place.

Why deltas carry their dimensions, and what is counted once a message, is argued in docs/decisions/0023-figures-from-deltas.md.
Figures that exist are made anew from the messages that are kept: what they are of was not written down. Operators' keys have every
scope, so those that exist get the new ones; keys that may read messages may read figures.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_DIMENSIONS = """
    ADD COLUMN campaign_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN template_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN provider text NOT NULL DEFAULT '',
    ADD COLUMN country text NOT NULL DEFAULT '',
    ADD COLUMN app_version text NOT NULL DEFAULT '',
    ADD COLUMN open_class smallint NOT NULL DEFAULT 0,
    ADD COLUMN seconds double precision NOT NULL DEFAULT 0
"""
ROLL_UPS = f"""
ALTER TABLE stat_delta {_DIMENSIONS};
ALTER TABLE stat_hourly {_DIMENSIONS};
ALTER TABLE stat_hourly DROP CONSTRAINT stat_hourly_pkey;
ALTER TABLE stat_hourly ADD PRIMARY KEY (application_id, hour, event_type, type, campaign_id, template_id, provider,
    country, app_version, reason, open_class);
ALTER TABLE stat_hourly SET (fillfactor = 80);
ALTER TABLE stat_delta SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500,
    autovacuum_vacuum_cost_delay = 0);
ALTER TABLE sent_batch ADD COLUMN provider text
"""

# What is counted once a message from the message, the rest from its events.
REBUILT = """
INSERT INTO stat_hourly (application_id, hour, type, event_type, campaign_id, template_id, provider, country, app_version,
                         reason, open_class, n, seconds)
SELECT told.application_id, date_trunc('hour', told.at, 'UTC'), told.type, told.event_type,
       coalesce(told.campaign_id, '00000000-0000-0000-0000-000000000000'),
       coalesce((SELECT CASE WHEN c.template ->> 'id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN (c.template ->> 'id')::uuid END
                 FROM content c WHERE c.id = told.content_id), '00000000-0000-0000-0000-000000000000'),
       '', coalesce(s.country_code, ''), left(coalesce(s.app_version, ''), 32), left(coalesce(told.reason, ''), 200),
       CASE WHEN told.seconds IS NULL THEN 0
            ELSE (SELECT 1 + count(*) FROM unnest('{60,300,900,3600,10800,43200,86400,259200}'::int[]) AS b WHERE b < told.seconds) END,
       count(*), coalesce(sum(told.seconds), 0)
FROM (
    SELECT m.application_id, m.subscription_id, m.type, m.campaign_id, m.content_id, happened.*
    FROM message m CROSS JOIN LATERAL (VALUES
        (0::smallint, to_timestamp(('x' || substr(replace(m.id::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0), '', NULL::float8),
        (1, m.sent_at, '', NULL), (2, CASE WHEN m.status = 2 THEN m.failed_at END, m.error_reason, NULL),
        (5, m.received_at, '', NULL),
        (6, m.converted_at, '', CASE WHEN m.sent_at IS NOT NULL THEN greatest(0, extract(epoch FROM m.converted_at - m.sent_at)::float8) END)
        ) AS happened (event_type, at, reason, seconds)
    WHERE happened.at IS NOT NULL
    UNION ALL
    SELECT m.application_id, m.subscription_id, m.type, m.campaign_id, m.content_id, e.event_type, e.occurred_at,
           CASE WHEN e.event_type IN (3, 7) THEN e.reason ELSE '' END, NULL
    FROM message_event e JOIN message m ON m.id = e.message_id WHERE e.event_type IN (3, 4, 7, 8, 9, 10, 11)
) told LEFT JOIN subscription s ON s.id = told.subscription_id
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
"""

# Counted by the statement that writes the history, whichever of its writers that is: one row per group and statement.
SUBSCRIPTIONS = """
CREATE TABLE subscription_stat (
    application_id uuid NOT NULL,
    hour timestamptz NOT NULL,
    channel text NOT NULL,
    event_type text NOT NULL,
    reason text NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (application_id, hour, channel, event_type, reason)
);
CREATE TABLE subscription_delta (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    application_id uuid NOT NULL,
    hour timestamptz NOT NULL,
    channel text NOT NULL,
    event_type text NOT NULL,
    reason text NOT NULL,
    n integer NOT NULL
);
INSERT INTO subscription_stat (application_id, hour, channel, event_type, reason, n)
SELECT application_id, date_trunc('hour', occurred_at, 'UTC'), channel, event_type, left(coalesce(reason, ''), 200), count(*)
FROM subscription_event WHERE event_type IN ('created', 'subscribed', 'unsubscribed', 'archived', 'restored')
GROUP BY 1, 2, 3, 4, 5
"""
COUNTING = """
CREATE FUNCTION count_subscription_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO subscription_delta (application_id, hour, channel, event_type, reason, n)
    SELECT application_id, date_trunc('hour', occurred_at, 'UTC'), channel, event_type, left(coalesce(reason, ''), 200), count(*)
    FROM fresh WHERE event_type IN ('created', 'subscribed', 'unsubscribed', 'archived', 'restored')
    GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER subscription_event_counted AFTER INSERT ON subscription_event
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION count_subscription_events()
"""

EXPORTS = """
CREATE TABLE export (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES application (id),
    subject text NOT NULL,
    format text NOT NULL,
    bom boolean NOT NULL,
    campaign_id uuid,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    state text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    expires_at timestamptz,
    claimed_until timestamptz,
    fence integer NOT NULL DEFAULT 0,
    attempts smallint NOT NULL DEFAULT 0,
    failure text,
    cursor text,
    rows bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    parts integer NOT NULL DEFAULT 0,
    done_share real NOT NULL DEFAULT 0,
    read boolean NOT NULL DEFAULT false
) WITH (fillfactor = 70);
CREATE INDEX export_application ON export (application_id, id);
CREATE INDEX export_open ON export (created_at) WHERE state IN ('waiting', 'running');
CREATE INDEX export_expiry ON export (expires_at) WHERE expires_at IS NOT NULL;

-- The file, in pieces that commit with the cursor: what was written before a crash is not written again.
CREATE TABLE export_part (
    export_id uuid NOT NULL REFERENCES export (id) ON DELETE CASCADE,
    number integer NOT NULL,
    piece bytea NOT NULL,
    PRIMARY KEY (export_id, number)
);
ALTER TABLE export_part ALTER COLUMN piece SET STORAGE EXTERNAL;

UPDATE api_key SET scopes = scopes || ARRAY['analytics:read', 'exports:write'] WHERE application_id IS NULL;
UPDATE api_key SET scopes = scopes || ARRAY['analytics:read']
WHERE application_id IS NOT NULL AND 'messages:read' = ANY(scopes)
"""

NEW = ("campaign_id", "template_id", "provider", "country", "app_version", "open_class", "seconds")


def upgrade() -> None:
    for section in (ROLL_UPS, SUBSCRIPTIONS, EXPORTS):
        for statement in section.split(";\n"):
            if statement.strip():
                op.execute(statement)
    op.execute("TRUNCATE stat_hourly, stat_delta")
    op.execute(REBUILT)
    op.execute(COUNTING)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute("UPDATE api_key SET scopes = array_remove(array_remove(scopes, 'analytics:read'), 'exports:write')")
    op.execute("DROP TABLE export_part, export")
    op.execute("DROP TRIGGER subscription_event_counted ON subscription_event")
    op.execute("DROP FUNCTION count_subscription_events()")
    op.execute("DROP TABLE subscription_delta, subscription_stat")
    op.execute("ALTER TABLE sent_batch DROP COLUMN provider")
    op.execute(
        "CREATE TEMPORARY TABLE summed ON COMMIT DROP AS SELECT application_id, hour, type, event_type, reason, sum(n)::bigint AS n"
        " FROM stat_hourly WHERE event_type <> 0 GROUP BY 1, 2, 3, 4, 5"
    )
    op.execute("TRUNCATE stat_hourly")
    op.execute("DELETE FROM stat_delta WHERE event_type = 0")
    for table in ("stat_hourly", "stat_delta"):
        op.execute(f"ALTER TABLE {table} " + ", ".join(f"DROP COLUMN {name} CASCADE" for name in NEW))
    op.execute("ALTER TABLE stat_hourly ADD PRIMARY KEY (application_id, hour, type, event_type, reason)")
    op.execute("INSERT INTO stat_hourly (application_id, hour, type, event_type, reason, n) SELECT * FROM summed")
