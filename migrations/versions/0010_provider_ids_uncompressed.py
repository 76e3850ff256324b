"""Providers' ids of a sent batch are stored as they are: they hardly compress, and trying cost more than the rest of the row."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE sent_batch ALTER COLUMN provider_ids SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.execute("ALTER TABLE sent_batch ALTER COLUMN provider_ids SET STORAGE EXTENDED")
