"""Channels that charge: claims that outlive their chunk, soft faults, polled reports, suppression, fallback.

A claim carries what its reconciliation needs, because the chunk of an unknown outcome is gone by then. Nothing has ever
written to `send_claim` before this, so its new columns need no value for old rows.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE send_claim
    ADD COLUMN application_id uuid NOT NULL,
    ADD COLUMN subscription_id uuid NOT NULL,
    ADD COLUMN reservation_id uuid NOT NULL,
    ADD COLUMN type smallint NOT NULL,
    ADD COLUMN lane smallint NOT NULL,
    ADD COLUMN provider text NOT NULL,
    ADD COLUMN unknown_at timestamptz,
    ADD COLUMN asked_at timestamptz;
ALTER TABLE send_claim SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500,
        autovacuum_vacuum_cost_delay = 0);
CREATE INDEX send_claim_unknown ON send_claim (asked_at) WHERE unknown_at IS NOT NULL;

ALTER TABLE channel_pause ADD COLUMN provider text;

-- Faults that count only when they repeat: one row per subscription and code, gone with the next success.
CREATE TABLE soft_fault (
    subscription_id uuid NOT NULL,
    code smallint NOT NULL,
    n smallint NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (subscription_id, code)
) WITH (fillfactor = 70);

-- Codes that end by themselves (soft bounce, network error, not a KakaoTalk user).
CREATE INDEX subscription_clearing ON subscription (unsubscribed_at)
    WHERE subscription_status IN (-43, -53, -60) AND NOT is_archived;

-- What a provider's early report means beyond its message.
ALTER TABLE early_receipt ADD COLUMN effects jsonb;

-- Addresses that nobody writes to again, by blind index: they stay when their subscription is deleted. A lifted one stays, too,
-- so that an old report of the same cannot bring it back.
CREATE TABLE suppression (
    application_id uuid NOT NULL REFERENCES application (id),
    channel smallint NOT NULL,
    address_index bytea NOT NULL,
    index_key_id text NOT NULL,
    reason text NOT NULL,
    source text NOT NULL,
    created_at timestamptz NOT NULL,
    lifted_at timestamptz,
    PRIMARY KEY (application_id, channel, address_index)
);
CREATE INDEX suppression_listed ON suppression (application_id, created_at DESC, address_index)
    WHERE lifted_at IS NULL;

-- Addresses of declared types: unique per user, or per install while nobody is linked.
CREATE UNIQUE INDEX subscription_declared_address ON subscription (token_index, application_id, type, user_id)
    WHERE type >= 100 AND NOT is_archived AND token_index IS NOT NULL AND user_id IS NOT NULL;
CREATE UNIQUE INDEX subscription_declared_anonymous ON subscription (token_index, application_id, type, install_id)
    NULLS NOT DISTINCT
    WHERE type >= 100 AND NOT is_archived AND token_index IS NOT NULL AND user_id IS NULL;

-- One row for each root message of which something is left to try or to take back.
CREATE TABLE fallback (
    root_id uuid PRIMARY KEY,
    application_id uuid NOT NULL,
    user_id uuid NOT NULL,
    current_id uuid NOT NULL,
    family uuid[] NOT NULL,
    channels smallint[] NOT NULL,
    contents uuid[] NOT NULL,
    within_seconds integer,
    started_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    rule smallint NOT NULL,
    lane smallint NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500,
        autovacuum_vacuum_cost_delay = 0);
CREATE INDEX fallback_due ON fallback (due_at);
CREATE INDEX fallback_current ON fallback (current_id);

-- The release window is one of a channel: a provider that hangs holds up its own channel alone.
DROP INDEX dispatch_chunk_held, dispatch_chunk_active;
CREATE INDEX dispatch_chunk_held ON dispatch_chunk (application_id, lane, channel, type, not_before, id) WHERE state = 0;
CREATE INDEX dispatch_chunk_active ON dispatch_chunk (application_id, lane, channel, n) WHERE state IN (1, 2);

-- How far the reports of a provider that does not call back were read.
CREATE TABLE provider_poll (
    application_id uuid NOT NULL REFERENCES application (id),
    provider text NOT NULL,
    channel smallint NOT NULL,
    cursor text,
    polled_at timestamptz NOT NULL,
    PRIMARY KEY (application_id, provider, channel)
)
"""


def upgrade() -> None:
    for statement in UP.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX dispatch_chunk_held, dispatch_chunk_active")
    op.execute(
        "CREATE INDEX dispatch_chunk_held ON dispatch_chunk (application_id, lane, type, not_before, id) WHERE state = 0"
    )
    op.execute("CREATE INDEX dispatch_chunk_active ON dispatch_chunk (application_id, lane, n) WHERE state IN (1, 2)")
    op.execute("DROP TABLE provider_poll, fallback, suppression, soft_fault")
    op.execute("DROP INDEX subscription_clearing, subscription_declared_address, subscription_declared_anonymous, send_claim_unknown")
    op.execute("ALTER TABLE early_receipt DROP COLUMN effects")
    op.execute("ALTER TABLE channel_pause DROP COLUMN provider")
    op.execute(
        "ALTER TABLE send_claim DROP COLUMN application_id, DROP COLUMN subscription_id, DROP COLUMN reservation_id,"
        " DROP COLUMN type, DROP COLUMN lane, DROP COLUMN provider, DROP COLUMN unknown_at, DROP COLUMN asked_at"
    )
    op.execute(
        "ALTER TABLE send_claim RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,"
        " autovacuum_vacuum_cost_delay)"
    )
