"""Campaigns: plan and history, the audience as it was materialised, and what ties messages in the queue to their campaign.

Why recipients are written once and never updated, and why runs are campaigns of their own, is argued in
docs/decisions/0017-runs-are-campaigns.md and docs/decisions/0018-waves-and-batches.md. Operators' keys have
every scope, so those that exist get the new ones.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CAMPAIGNS = """
CREATE TABLE campaign (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES application (id),
    template_id uuid,
    name text NOT NULL,
    title text,
    body text,
    data jsonb,
    campaign_type text NOT NULL,
    targeting_criteria jsonb NOT NULL DEFAULT '{}',
    settings jsonb NOT NULL DEFAULT '{}',
    status smallint NOT NULL,
    scheduled_at timestamptz,
    judged_until timestamptz,
    launched_at timestamptz,
    sent_at timestamptz,
    ended_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    created_by text NOT NULL,
    pause_reason text,
    failure_reason text,
    run_of uuid REFERENCES campaign (id),
    run_number integer,
    run_key text,
    runs_made integer NOT NULL DEFAULT 0,
    fingerprint text,
    pinned_version integer,
    pace real,
    total_recipients integer NOT NULL DEFAULT 0,
    successful_count integer NOT NULL DEFAULT 0,
    failed_count integer NOT NULL DEFAULT 0,
    canceled_count integer NOT NULL DEFAULT 0,
    excluded_count integer NOT NULL DEFAULT 0,
    rate real NOT NULL DEFAULT 0,
    rate_done integer NOT NULL DEFAULT 0,
    rate_at timestamptz,
    settled boolean NOT NULL DEFAULT false,
    UNIQUE (run_of, run_key)
) WITH (fillfactor = 70);
CREATE INDEX campaign_application ON campaign (application_id, id);
CREATE INDEX campaign_due ON campaign (scheduled_at) WHERE status = 1;
-- What the scheduler looks at every moment: campaigns that send, and those that ended with messages still under way.
CREATE INDEX campaign_open ON campaign (id) WHERE launched_at IS NOT NULL AND NOT settled;

CREATE TABLE campaign_event (
    id uuid PRIMARY KEY,
    campaign_id uuid NOT NULL REFERENCES campaign (id),
    event_type smallint NOT NULL,
    from_status smallint NOT NULL,
    to_status smallint NOT NULL,
    actor text NOT NULL,
    reason text,
    occurred_at timestamptz NOT NULL
);
CREATE INDEX campaign_event_campaign ON campaign_event (campaign_id, id);

-- What its messages say: one row per channel and language, fixed at launch. The content row that messages name is made
-- anew each day, so that it is dropped with them and not before.
CREATE TABLE campaign_content (
    campaign_id uuid NOT NULL REFERENCES campaign (id),
    variant smallint NOT NULL,
    channel smallint NOT NULL,
    language text,
    body jsonb NOT NULL,
    template jsonb,
    names text[] NOT NULL DEFAULT '{}',
    content_id uuid,
    PRIMARY KEY (campaign_id, variant)
);
"""

AUDIENCE = """
-- Recipients of one campaign that are due at one instant, in one zone, on one route: what fan-out walks, and the cursor
-- of the walk. Nothing of a wave is sent outside of open_from … open_until.
CREATE TABLE campaign_wave (
    campaign_id uuid NOT NULL REFERENCES campaign (id),
    number integer NOT NULL,
    type smallint NOT NULL,
    zone text,
    night_held boolean NOT NULL DEFAULT false,
    due_at timestamptz NOT NULL,
    expires_at timestamptz,
    open_from timestamptz,
    open_until timestamptz,
    first_seq integer NOT NULL,
    last_seq integer NOT NULL,
    next_seq integer NOT NULL,
    closed_reason text,
    holds text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (campaign_id, number)
) WITH (fillfactor = 50);

-- Written once at launch, in the order of the waves. seq is null where excluded says why somebody who matched gets nothing.
CREATE TABLE campaign_recipient (
    campaign_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    user_id uuid,
    seq integer,
    wave integer,
    type smallint NOT NULL,
    variant smallint,
    status smallint NOT NULL,
    excluded text,
    zone_note text,
    PRIMARY KEY (campaign_id, subscription_id)
);
CREATE INDEX campaign_recipient_walk ON campaign_recipient (campaign_id, seq) WHERE seq IS NOT NULL;

-- One fan-out transaction: which part of the walk became messages, and what became of those.
CREATE TABLE campaign_batch (
    campaign_id uuid NOT NULL,
    first_seq integer NOT NULL,
    last_seq integer NOT NULL,
    wave integer NOT NULL,
    min_id uuid NOT NULL,
    max_id uuid NOT NULL,
    n integer NOT NULL,
    pending integer NOT NULL,
    errored integer NOT NULL DEFAULT 0,
    successful integer NOT NULL DEFAULT 0,
    received integer NOT NULL DEFAULT 0,
    converted integer NOT NULL DEFAULT 0,
    failed integer NOT NULL DEFAULT 0,
    canceled integer NOT NULL DEFAULT 0,
    made_at timestamptz NOT NULL,
    counted_at timestamptz NOT NULL,
    recount_at timestamptz,
    settled boolean NOT NULL DEFAULT false,
    PRIMARY KEY (campaign_id, first_seq)
) WITH (fillfactor = 50);
CREATE INDEX campaign_batch_recount ON campaign_batch (recount_at) WHERE recount_at IS NOT NULL;
CREATE INDEX campaign_batch_open ON campaign_batch (campaign_id) WHERE NOT settled;

-- The audience of a dry run, kept for a while: a launch with its fingerprint can say how many came and went since.
CREATE TABLE campaign_dry_run (
    campaign_id uuid NOT NULL REFERENCES campaign (id),
    fingerprint text NOT NULL,
    content_digest text NOT NULL,
    recipients integer NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (campaign_id, fingerprint)
);
CREATE TABLE campaign_dry_run_part (
    campaign_id uuid NOT NULL,
    fingerprint text NOT NULL,
    part integer NOT NULL,
    subscription_ids uuid[] NOT NULL,
    PRIMARY KEY (campaign_id, fingerprint, part),
    FOREIGN KEY (campaign_id, fingerprint) REFERENCES campaign_dry_run (campaign_id, fingerprint) ON DELETE CASCADE
);
ALTER TABLE campaign_dry_run_part ALTER COLUMN subscription_ids SET STORAGE EXTERNAL;
"""

QUEUE = """
ALTER TABLE content ADD COLUMN IF NOT EXISTS template jsonb;

ALTER TABLE dispatch_chunk ADD COLUMN campaign_id uuid, ADD COLUMN wave integer;
CREATE INDEX dispatch_chunk_campaign ON dispatch_chunk (campaign_id) WHERE campaign_id IS NOT NULL;

ALTER TABLE message_retry ADD COLUMN campaign_id uuid, ADD COLUMN wave integer;
CREATE INDEX message_retry_campaign ON message_retry (campaign_id, message_id) WHERE campaign_id IS NOT NULL;

UPDATE api_key SET scopes = scopes || ARRAY['campaigns:read', 'campaigns:write'] WHERE application_id IS NULL;
"""


def upgrade() -> None:
    for section in (CAMPAIGNS, AUDIENCE, QUEUE):
        for statement in section.split(";\n"):
            if statement.strip():
                op.execute(statement)


def downgrade() -> None:
    op.execute(
        "UPDATE api_key SET scopes = array_remove(array_remove(scopes, 'campaigns:read'), 'campaigns:write')"
    )
    op.execute("DROP INDEX dispatch_chunk_campaign, message_retry_campaign")
    op.execute("ALTER TABLE message_retry DROP COLUMN campaign_id, DROP COLUMN wave")
    op.execute("ALTER TABLE dispatch_chunk DROP COLUMN campaign_id, DROP COLUMN wave")
    op.execute(
        "DROP TABLE campaign_dry_run_part, campaign_dry_run, campaign_batch, campaign_recipient, campaign_wave,"
        " campaign_content, campaign_event, campaign"
    )
