"""AlimTalk templates: what Kakao approved, as the providers last said.

The mirror of something that lives elsewhere: it may be emptied at any time and fills again.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE kakao_template (
    application_id uuid NOT NULL REFERENCES application (id),
    provider text NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    status text NOT NULL,
    wording jsonb NOT NULL,
    content_hash text NOT NULL,
    category text NOT NULL DEFAULT '',
    comment text NOT NULL DEFAULT '',
    checked_at timestamptz NOT NULL,
    PRIMARY KEY (application_id, provider, code)
);
CREATE INDEX kakao_template_checked ON kakao_template (checked_at);
"""

DOWN = "DROP TABLE kakao_template"


def upgrade() -> None:
    for statement in UP.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute(DOWN)
