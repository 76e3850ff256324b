"""Double opt-in: addresses that wait for their owner's word. Topics that users want to hear nothing of."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE confirmation (
    subscription_id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES application (id),
    address_index bytea NOT NULL,
    due_at timestamptz,
    pending_until timestamptz NOT NULL,
    confirmation_id uuid,
    code_hash bytea,
    code_key_id text,
    code_until timestamptz,
    tries smallint NOT NULL DEFAULT 0
);
CREATE TABLE confirmation_sent (
    application_id uuid NOT NULL REFERENCES application (id),
    address_index bytea NOT NULL,
    sent_at timestamptz NOT NULL,
    PRIMARY KEY (application_id, address_index, sent_at)
);
CREATE INDEX confirmation_sent_at ON confirmation_sent (sent_at);
CREATE INDEX confirmation_due ON confirmation (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX confirmation_pending ON confirmation (pending_until);
CREATE TABLE topic_opt_out (
    application_id uuid NOT NULL REFERENCES application (id),
    user_id uuid NOT NULL,
    topic text NOT NULL,
    opted_out_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, topic)
);
"""


def upgrade() -> None:
    for statement in UP.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE topic_opt_out, confirmation_sent, confirmation")
