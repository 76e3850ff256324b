"""Message templates and their versions.

A version is never updated or deleted: messages and campaigns pin one, and are rendered from it again when read.
Operators' keys have every scope, so those that exist get the new ones.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEMPLATES = """
CREATE TABLE message_template (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES application (id),
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    is_active boolean NOT NULL DEFAULT true,
    version integer NOT NULL,
    latest_version integer NOT NULL,
    revision integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    is_archived boolean NOT NULL DEFAULT false,
    archived_at timestamptz,
    CHECK (version BETWEEN 1 AND latest_version)
);
CREATE UNIQUE INDEX message_template_name ON message_template (application_id, name) WHERE NOT is_archived;
CREATE INDEX message_template_application ON message_template (application_id, id);

CREATE TABLE message_template_version (
    template_id uuid NOT NULL REFERENCES message_template (id),
    version integer NOT NULL,
    title_template text,
    body_template text,
    data_template jsonb,
    channels jsonb NOT NULL DEFAULT '{}',
    languages jsonb NOT NULL DEFAULT '{}',
    default_language text NOT NULL,
    strict boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    PRIMARY KEY (template_id, version)
);

UPDATE api_key SET scopes = scopes || ARRAY['templates:read', 'templates:write'] WHERE application_id IS NULL;
"""


def upgrade() -> None:
    for statement in TEMPLATES.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE message_template_version, message_template")
    op.execute(
        "UPDATE api_key SET scopes = array_remove(array_remove(scopes, 'templates:read'), 'templates:write')"
    )
