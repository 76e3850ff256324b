"""The foundation: tenants, audience, messages, the dispatch queue and the quota ledger.

Why the hot tables look as they do (no foreign keys, no status index, fill factor 50, range partitions on
UUIDv7 bounds) is argued in docs/decisions/0003-hot-tables.md. Partitions themselves are made at run time by
adapters/postgres/partitions.py, ahead of the clock.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TENANTS = """
CREATE TABLE application (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    settings jsonb NOT NULL DEFAULT '{}',
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE api_key (
    id text PRIMARY KEY,
    application_id uuid REFERENCES application (id),
    label text NOT NULL DEFAULT '',
    secret_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);
CREATE INDEX api_key_application ON api_key (application_id);

CREATE TABLE credential (
    application_id uuid NOT NULL REFERENCES application (id),
    provider text NOT NULL,
    version integer NOT NULL,
    ciphertext bytea NOT NULL,
    key_id text NOT NULL,
    summary jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (application_id, provider, version)
);

CREATE TABLE channel_pause (
    application_id uuid NOT NULL REFERENCES application (id),
    type smallint NOT NULL,
    reason text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    credential_version integer,
    paused_at timestamptz NOT NULL,
    PRIMARY KEY (application_id, type)
);

CREATE TABLE alert (
    id uuid PRIMARY KEY,
    application_id uuid,
    kind text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    raised_at timestamptz NOT NULL,
    resolved_at timestamptz
);
CREATE INDEX alert_open ON alert (application_id, kind) WHERE resolved_at IS NULL;
"""

AUDIENCE = """
CREATE TABLE app_user (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES application (id),
    external_id text NOT NULL,
    properties jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    last_active_at timestamptz,
    is_archived boolean NOT NULL DEFAULT false,
    archived_at timestamptz,
    UNIQUE (application_id, external_id)
);

CREATE TABLE install (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES application (id),
    install_id text NOT NULL,
    secret_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    UNIQUE (application_id, install_id)
);

CREATE TABLE subscription (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES application (id),
    user_id uuid REFERENCES app_user (id),
    install_id uuid REFERENCES install (id),
    type smallint NOT NULL,
    token_ciphertext bytea,
    token_key_id text,
    token_version integer NOT NULL DEFAULT 0,
    token_index bytea,
    token_index_key_id text,
    token_kind text,
    token_registered_at timestamptz,
    token_environment smallint,
    device_model text,
    device_os text,
    device_language text,
    app_version text,
    sdk_version text,
    country_code text,
    test_type smallint NOT NULL DEFAULT 0,
    tags jsonb NOT NULL DEFAULT '{}',
    permission text,
    push_error smallint,
    enabled boolean NOT NULL DEFAULT true,
    api_disabled boolean NOT NULL DEFAULT false,
    subscription_status smallint NOT NULL DEFAULT 0,
    subscribed_at timestamptz,
    unsubscribed_at timestamptz,
    last_active_at timestamptz,
    total_messages_received integer NOT NULL DEFAULT 0,
    total_messages_converted integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    is_archived boolean NOT NULL DEFAULT false,
    archived_at timestamptz
) WITH (fillfactor = 80);
-- Push: one live subscription per (application, token). Addresses: unique per (application, type, user), and while
-- nobody is linked per install, so that nobody takes over another's. The token's index leads: it is what is looked up.
CREATE UNIQUE INDEX subscription_push_token ON subscription (token_index, application_id, type)
    WHERE type IN (1, 2) AND NOT is_archived AND token_index IS NOT NULL;
CREATE UNIQUE INDEX subscription_address ON subscription (token_index, application_id, type, user_id)
    WHERE type IN (3, 4, 5) AND NOT is_archived AND token_index IS NOT NULL AND user_id IS NOT NULL;
CREATE UNIQUE INDEX subscription_anonymous_address ON subscription (token_index, application_id, type, install_id)
    NULLS NOT DISTINCT
    WHERE type IN (3, 4, 5) AND NOT is_archived AND token_index IS NOT NULL AND user_id IS NULL;
CREATE UNIQUE INDEX subscription_install_type ON subscription (install_id, type)
    WHERE type IN (1, 2, 6) AND NOT is_archived AND install_id IS NOT NULL;
CREATE INDEX subscription_user ON subscription (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX subscription_install ON subscription (install_id) WHERE install_id IS NOT NULL;
CREATE INDEX subscription_application ON subscription (application_id, id);
CREATE INDEX subscription_token_key ON subscription (token_key_id, id) WHERE token_ciphertext IS NOT NULL;

CREATE TABLE subscription_event (
    id uuid PRIMARY KEY,
    subscription_id uuid NOT NULL,
    user_id uuid,
    application_id uuid NOT NULL,
    event_type text NOT NULL,
    channel text NOT NULL,
    source text NOT NULL,
    reason text,
    metadata jsonb NOT NULL DEFAULT '{}',
    occurred_at timestamptz NOT NULL
);
CREATE INDEX subscription_event_subscription ON subscription_event (subscription_id, id);
"""

MESSAGES = """
CREATE TABLE content (
    id uuid NOT NULL PRIMARY KEY,
    application_id uuid NOT NULL,
    channel smallint NOT NULL,
    body jsonb NOT NULL
) PARTITION BY RANGE (id);

CREATE TABLE message (
    id uuid NOT NULL PRIMARY KEY,
    application_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    user_id uuid,
    campaign_id uuid,
    parent_message_id uuid,
    content_id uuid NOT NULL,
    chunk_id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    send_at timestamptz,
    expires_at timestamptz,
    sent_at timestamptz,
    received_at timestamptz,
    converted_at timestamptz,
    failed_at timestamptz,
    canceled_at timestamptz,
    channel smallint NOT NULL,
    type smallint NOT NULL,
    lane smallint NOT NULL,
    source smallint NOT NULL DEFAULT 0,
    status smallint NOT NULL DEFAULT 0,
    attempts smallint NOT NULL DEFAULT 0,
    user_targeted boolean NOT NULL DEFAULT false,
    error_reason text,
    error_details jsonb,
    variables bytea
) PARTITION BY RANGE (id);

CREATE TABLE message_event (
    id uuid NOT NULL,
    message_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    event_type smallint NOT NULL,
    source smallint NOT NULL,
    reason text,
    metadata jsonb,
    PRIMARY KEY (message_id, id)
) PARTITION BY RANGE (message_id);

CREATE TABLE idempotency (
    application_id uuid NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status smallint NOT NULL,
    response jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (application_id, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);
"""

QUEUE = """
CREATE TABLE dispatch_chunk (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    worker uuid,
    min_id uuid NOT NULL,
    max_id uuid NOT NULL,
    not_before timestamptz,
    expires_at timestamptz,
    deadline timestamptz,
    rung_at timestamptz,
    created_at timestamptz NOT NULL,
    fence integer NOT NULL DEFAULT 0,
    channel smallint NOT NULL,
    type smallint NOT NULL,
    lane smallint NOT NULL,
    state smallint NOT NULL,
    recoveries smallint NOT NULL DEFAULT 0,
    n smallint NOT NULL GENERATED ALWAYS AS (cardinality(message_ids)) STORED,
    message_ids uuid[] NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500,
        autovacuum_vacuum_cost_delay = 0);
ALTER TABLE dispatch_chunk ALTER COLUMN message_ids SET STORAGE EXTERNAL;
CREATE INDEX dispatch_chunk_held ON dispatch_chunk (application_id, lane, type, not_before, id) WHERE state = 0;
CREATE INDEX dispatch_chunk_active ON dispatch_chunk (application_id, lane, n) WHERE state IN (1, 2);
CREATE INDEX dispatch_chunk_leased ON dispatch_chunk (worker) WHERE state = 2;
CREATE INDEX dispatch_chunk_expiry ON dispatch_chunk (expires_at) WHERE state = 0;
CREATE INDEX dispatch_chunk_min ON dispatch_chunk (min_id);

CREATE TABLE message_retry (
    message_id uuid PRIMARY KEY,
    application_id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    expires_at timestamptz,
    channel smallint NOT NULL,
    type smallint NOT NULL,
    lane smallint NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500,
        autovacuum_vacuum_cost_delay = 0);
CREATE INDEX message_retry_due ON message_retry (due_at);

CREATE TABLE send_claim (
    message_id uuid PRIMARY KEY,
    chunk_id uuid NOT NULL,
    fence integer NOT NULL,
    client_ref text NOT NULL,
    claimed_at timestamptz NOT NULL
);

CREATE TABLE early_receipt (
    id uuid PRIMARY KEY,
    message_id uuid NOT NULL,
    event_type smallint NOT NULL,
    source smallint NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    reason text,
    metadata jsonb
);
CREATE INDEX early_receipt_message ON early_receipt (message_id);

CREATE TABLE receipt_watch (
    message_id uuid PRIMARY KEY,
    application_id uuid NOT NULL,
    type smallint NOT NULL,
    due_at timestamptz NOT NULL
);
CREATE INDEX receipt_watch_due ON receipt_watch (due_at);

CREATE TABLE worker (
    incarnation uuid PRIMARY KEY,
    lock_key bigint NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at timestamptz NOT NULL,
    beat_at timestamptz NOT NULL
);

CREATE TABLE pacing (
    bucket text PRIMARY KEY,
    next_at timestamptz NOT NULL,
    slowed_until timestamptz
);

CREATE TABLE token_health (
    application_id uuid NOT NULL,
    type smallint NOT NULL,
    sends integer NOT NULL DEFAULT 0,
    damaged integer NOT NULL DEFAULT 0,
    PRIMARY KEY (application_id, type)
);

CREATE TABLE token_suspect (
    subscription_id uuid PRIMARY KEY,
    application_id uuid NOT NULL,
    type smallint NOT NULL,
    code smallint NOT NULL,
    token_version integer NOT NULL,
    reason text NOT NULL,
    seen_at timestamptz NOT NULL
);

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    application_id uuid NOT NULL,
    kind text NOT NULL,
    payload text,
    packed bytea,
    created_at timestamptz NOT NULL,
    CHECK ((payload IS NULL) <> (packed IS NULL))
);
-- Written once, read once: compressing costs more than it saves.
ALTER TABLE outbox ALTER COLUMN payload SET STORAGE EXTERNAL, ALTER COLUMN packed SET STORAGE EXTERNAL;

CREATE TABLE system_state (
    name text PRIMARY KEY,
    value jsonb NOT NULL,
    updated_at timestamptz NOT NULL
);
"""

METERING = """
CREATE TABLE quota (
    application_id uuid PRIMARY KEY REFERENCES application (id),
    daily_quota integer,
    monthly_quota integer,
    billing_mode text NOT NULL DEFAULT 'postpaid',
    billing_currency text NOT NULL DEFAULT 'KRW',
    credit_balance numeric(18, 6) NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- A price implies a quota row: the row that a reservation locks is the one its prices hang on.
CREATE TABLE unit_price (
    application_id uuid NOT NULL REFERENCES quota (application_id),
    channel smallint NOT NULL,
    unit_price numeric(18, 6) NOT NULL,
    PRIMARY KEY (application_id, channel)
);

-- used = granted - released; settled counts the part of used whose outcome is known.
CREATE TABLE quota_window (
    application_id uuid NOT NULL,
    kind text NOT NULL,
    starts_on date NOT NULL,
    granted bigint NOT NULL DEFAULT 0,
    settled bigint NOT NULL DEFAULT 0,
    released bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (application_id, kind, starts_on)
) WITH (fillfactor = 50);

CREATE TABLE reservation (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL,
    channel smallint NOT NULL,
    day date NOT NULL,
    month date NOT NULL,
    n integer NOT NULL,
    unit_price numeric(18, 6) NOT NULL,
    currency text NOT NULL,
    billing_mode text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX reservation_window ON reservation (application_id, day);

-- A transfer of n messages and an amount of money, each from one account to another: balanced by construction.
-- A movement outside a chunk (cancel, receipt) names the message as its chunk, so that it counts once.
CREATE TABLE ledger_entry (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL,
    reservation_id uuid,
    chunk_id uuid,
    fence integer,
    flush integer,
    kind text NOT NULL,
    debit_account text,
    credit_account text,
    n integer NOT NULL,
    money_debit_account text NOT NULL,
    money_credit_account text NOT NULL,
    amount numeric(18, 6) NOT NULL,
    currency text NOT NULL,
    reference text,
    note text,
    created_at timestamptz NOT NULL,
    CHECK (num_nulls(debit_account, credit_account) IN (0, 2)),
    CHECK ((n = 0) = (debit_account IS NULL))
);
CREATE UNIQUE INDEX ledger_entry_once ON ledger_entry (reservation_id, chunk_id, fence, flush, kind)
    WHERE reservation_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_entry_reference ON ledger_entry (application_id, reference)
    WHERE reference IS NOT NULL;
CREATE INDEX ledger_entry_application ON ledger_entry (application_id, id);

CREATE TABLE quota_delta (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    application_id uuid NOT NULL,
    day date NOT NULL,
    month date NOT NULL,
    settled integer NOT NULL DEFAULT 0,
    released integer NOT NULL DEFAULT 0,
    credit numeric(18, 6) NOT NULL DEFAULT 0
);

CREATE TABLE stat_delta (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    application_id uuid NOT NULL,
    hour timestamptz NOT NULL,
    type smallint NOT NULL,
    event_type smallint NOT NULL,
    reason text NOT NULL DEFAULT '',
    n integer NOT NULL,
    damaged integer NOT NULL DEFAULT 0
);

CREATE TABLE stat_hourly (
    application_id uuid NOT NULL,
    hour timestamptz NOT NULL,
    type smallint NOT NULL,
    event_type smallint NOT NULL,
    reason text NOT NULL DEFAULT '',
    n bigint NOT NULL,
    PRIMARY KEY (application_id, hour, type, event_type, reason)
);
"""


def upgrade() -> None:
    for section in (TENANTS, AUDIENCE, MESSAGES, QUEUE, METERING):
        for statement in section.split(";\n"):
            if statement.strip():
                op.execute(statement)


def downgrade() -> None:
    op.execute(
        "DROP TABLE stat_hourly, stat_delta, quota_delta, ledger_entry, reservation, quota_window, unit_price, quota,"
        " system_state, outbox, token_suspect, token_health, pacing, worker, receipt_watch, early_receipt, send_claim, message_retry, dispatch_chunk,"
        " idempotency, message_event, message, content, subscription_event, subscription, install, app_user, alert,"
        " channel_pause, credential, api_key, application"
    )
