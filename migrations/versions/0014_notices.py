"""Webhooks of customers, events of subscriptions, campaigns and alerts in the outbox, and alerts with a life of their own.

Why events are written by triggers, and why a delivery is a row, is argued in docs/decisions/0025-events-leave-by-one-door.md.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WEBHOOKS = """
CREATE TABLE webhook_endpoint (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES application (id),
    url text NOT NULL,
    description text NOT NULL,
    event_types text[] NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    secret_ciphertext bytea NOT NULL,
    secret_key_id text NOT NULL,
    old_ciphertext bytea,
    old_key_id text,
    old_until timestamptz,
    failing_since timestamptz,
    disabled_reason text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX webhook_endpoint_application ON webhook_endpoint (application_id, id);

-- Kept for a week, so that an endpoint can be told again what it missed. Only of applications that have endpoints.
CREATE TABLE webhook_event (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL,
    type text NOT NULL,
    payload text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX webhook_event_application ON webhook_event (application_id, created_at);
CREATE INDEX webhook_event_age ON webhook_event (created_at);

CREATE TABLE webhook_delivery (
    endpoint_id uuid NOT NULL REFERENCES webhook_endpoint (id) ON DELETE CASCADE,
    event_id uuid NOT NULL REFERENCES webhook_event (id) ON DELETE CASCADE,
    state smallint NOT NULL DEFAULT 0,
    attempts smallint NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL,
    last_attempt_at timestamptz,
    last_status smallint,
    last_error text,
    PRIMARY KEY (endpoint_id, event_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, next_at) WHERE state = 0;
CREATE INDEX webhook_delivery_event ON webhook_delivery (event_id);
"""

ALERTS = """
ALTER TABLE alert
    ADD COLUMN severity text NOT NULL DEFAULT 'warning',
    ADD COLUMN fingerprint text NOT NULL DEFAULT '',
    ADD COLUMN acknowledged_at timestamptz,
    ADD COLUMN acknowledged_by text,
    ADD COLUMN escalation smallint NOT NULL DEFAULT 0,
    ADD COLUMN told smallint NOT NULL DEFAULT 0,
    ADD COLUMN last_seen_at timestamptz;
-- One open alert for one trouble, however often it is found and by however many schedulers.
CREATE UNIQUE INDEX alert_once ON alert (application_id, fingerprint) NULLS NOT DISTINCT
    WHERE resolved_at IS NULL AND fingerprint <> '';
CREATE INDEX alert_unresolved ON alert (raised_at) WHERE resolved_at IS NULL;

CREATE TABLE alert_policy (
    application_id uuid PRIMARY KEY REFERENCES application (id),
    policy jsonb NOT NULL,
    updated_at timestamptz NOT NULL
);

-- How the hourly counters stood once a minute: what happened in the last minutes is a difference.
CREATE TABLE rate_sample (
    at timestamptz NOT NULL,
    application_id uuid NOT NULL,
    type smallint NOT NULL,
    hour timestamptz NOT NULL,
    sent bigint NOT NULL,
    failed bigint NOT NULL,
    errored bigint NOT NULL,
    PRIMARY KEY (at, application_id, type, hour)
)
"""

_TIME = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""
_CAMPAIGN_EVENTS = "ARRAY['schedule','unschedule','launch','pause','resume','finish','cancel','fail']"
_CAMPAIGN_STATES = "ARRAY['draft','scheduled','sending','paused','sent','canceled','failed']"


def publishing(name: str, select: str) -> str:
    """A trigger function that writes outbox rows of at most 200 events; `select` yields application_id, kind, id, event."""
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (application_id, kind, payload, created_at)
    SELECT application_id, kind, '[' || string_agg(event::text, ',' ORDER BY id) || ']', now()
    FROM (SELECT told.*, (row_number() OVER (PARTITION BY told.application_id, told.kind ORDER BY told.id) - 1) / 200 AS part
          FROM ({select}) told
          JOIN application a ON a.id = told.application_id AND coalesce((a.settings ->> 'events_enabled')::boolean, true)
    ) numbered
    GROUP BY application_id, kind, part ORDER BY min(id::text), kind;
    RETURN NULL;
END $$
"""


SUBSCRIPTIONS = publishing(
    "publish_subscription_events",
    f"""
    SELECT f.application_id, 'subscription.' || f.event_type AS kind, f.id, json_build_object(
        'id', f.id, 'subscription_id', f.subscription_id, 'user_id', f.user_id, 'channel', f.channel,
        'type', 'subscription.' || f.event_type, 'source', f.source, 'reason', f.reason,
        'occurred_at', {_TIME.format("f.occurred_at")}, 'metadata', f.metadata) AS event
    FROM fresh f
    """,
)
CAMPAIGNS = publishing(
    "publish_campaign_events",
    f"""
    SELECT c.application_id, 'campaign.' || ({_CAMPAIGN_EVENTS})[f.event_type] AS kind, f.id, json_build_object(
        'id', f.id, 'campaign_id', f.campaign_id, 'type', 'campaign.' || ({_CAMPAIGN_EVENTS})[f.event_type],
        'from_status', ({_CAMPAIGN_STATES})[f.from_status + 1], 'to_status', ({_CAMPAIGN_STATES})[f.to_status + 1],
        'reason', f.reason, 'occurred_at', {_TIME.format("f.occurred_at")}) AS event
    FROM fresh f JOIN campaign c ON c.id = f.campaign_id
    """,
)
_ALERT = f"""json_build_object('id', f.id, 'type', 'alert.' || s.step, 'kind', f.kind, 'severity', f.severity,
        'detail', f.detail, 'escalation', f.escalation, 'raised_at', {_TIME.format("f.raised_at")},
        'resolved_at', {_TIME.format("f.resolved_at")},
        'acknowledged_at', {_TIME.format("f.acknowledged_at")})"""
RAISED = publishing(
    "publish_raised_alerts",
    f"""
    SELECT f.application_id, 'alert.' || s.step AS kind, f.id, {_ALERT} AS event
    FROM fresh f, (VALUES ('raised')) AS s (step) WHERE f.application_id IS NOT NULL
    UNION ALL
    SELECT f.application_id, 'quota.threshold', f.id, json_build_object(
        'id', f.id, 'type', 'quota.threshold', 'detail', f.detail, 'occurred_at', {_TIME.format("f.raised_at")})
    FROM fresh f WHERE f.application_id IS NOT NULL AND f.kind = 'quota_threshold'
    """,
)
CHANGED = publishing(
    "publish_changed_alerts",
    f"""
    SELECT f.application_id, 'alert.' || s.step AS kind, f.id, {_ALERT} AS event
    FROM fresh f JOIN gone g ON g.id = f.id CROSS JOIN (VALUES ('resolved'), ('acknowledged'), ('escalated')) AS s (step)
    WHERE f.application_id IS NOT NULL AND CASE s.step
        WHEN 'resolved' THEN g.resolved_at IS NULL AND f.resolved_at IS NOT NULL
        WHEN 'acknowledged' THEN g.acknowledged_at IS NULL AND f.acknowledged_at IS NOT NULL
        ELSE f.escalation > g.escalation END
    """,
)
TRIGGERS = (
    ("subscription_event", "subscription_event_published", "INSERT", "NEW TABLE AS fresh", "publish_subscription_events"),
    ("campaign_event", "campaign_event_published", "INSERT", "NEW TABLE AS fresh", "publish_campaign_events"),
    ("alert", "alert_raised_published", "INSERT", "NEW TABLE AS fresh", "publish_raised_alerts"),
    ("alert", "alert_changed_published", "UPDATE", "OLD TABLE AS gone NEW TABLE AS fresh", "publish_changed_alerts"),
)


def upgrade() -> None:
    for section in (WEBHOOKS, ALERTS):
        for statement in section.split(";\n"):
            if statement.strip():
                op.execute(statement)
    for function in (SUBSCRIPTIONS, CAMPAIGNS, RAISED, CHANGED):
        op.execute(function)
    for table, name, event, tables, function in TRIGGERS:
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {tables}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )


def downgrade() -> None:
    for table, name, _, _, function in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {function}()")
    op.execute("DELETE FROM outbox WHERE kind LIKE '%.%'")
    op.execute("DROP TABLE webhook_delivery, webhook_event, webhook_endpoint, rate_sample, alert_policy")
    op.execute("DROP INDEX alert_once, alert_unresolved")
    op.execute(
        "ALTER TABLE alert DROP COLUMN severity, DROP COLUMN fingerprint, DROP COLUMN acknowledged_at,"
        " DROP COLUMN acknowledged_by, DROP COLUMN escalation, DROP COLUMN told, DROP COLUMN last_seen_at"
    )
