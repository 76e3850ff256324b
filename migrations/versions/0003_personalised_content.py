"""Content may be a template's version: `template` says which, and that each message renders it with its own variables."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE content ADD COLUMN template jsonb")


def downgrade() -> None:
    op.execute("ALTER TABLE content DROP COLUMN template")
