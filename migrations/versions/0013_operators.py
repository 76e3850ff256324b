"""Operators of the dashboard: who they are, their sessions and invitations, attempts to sign in, and the log of changes."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE operator (
    id uuid PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name text NOT NULL,
    role text NOT NULL,
    password_hash text NOT NULL,
    code_key bytea NOT NULL,
    code_key_id text NOT NULL,
    code_step bigint NOT NULL DEFAULT 0,
    language text,
    created_at timestamptz NOT NULL,
    disabled_at timestamptz,
    signed_in_at timestamptz
);
CREATE TABLE operator_session (
    id_hash bytea PRIMARY KEY,
    operator_id uuid NOT NULL REFERENCES operator (id),
    created_at timestamptz NOT NULL,
    used_at timestamptz NOT NULL
);
CREATE INDEX operator_session_operator ON operator_session (operator_id);
CREATE TABLE operator_invitation (
    id uuid PRIMARY KEY,
    secret_hash bytea NOT NULL UNIQUE,
    role text NOT NULL,
    email text,
    operator_id uuid REFERENCES operator (id),
    code_key bytea NOT NULL,
    code_key_id text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    used_at timestamptz
);
CREATE TABLE sign_in_attempt (
    name text PRIMARY KEY,
    failures integer NOT NULL,
    last_at timestamptz NOT NULL
);
CREATE TABLE audit_entry (
    id uuid PRIMARY KEY,
    occurred_at timestamptz NOT NULL,
    operator_id uuid,
    actor text NOT NULL,
    action text NOT NULL,
    application_id uuid,
    subject text NOT NULL,
    outcome text NOT NULL,
    before jsonb NOT NULL DEFAULT '{}',
    after jsonb NOT NULL DEFAULT '{}',
    peer text NOT NULL DEFAULT ''
);
CREATE INDEX audit_entry_application ON audit_entry (application_id, id);
CREATE INDEX audit_entry_operator ON audit_entry (operator_id, id);
"""

DOWN = "DROP TABLE audit_entry, sign_in_attempt, operator_invitation, operator_session, operator"


def upgrade() -> None:
    for statement in UP.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    op.execute(DOWN)
