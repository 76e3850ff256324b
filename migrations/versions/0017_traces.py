"""A chunk remembers the spans of the calls that it comes from, so that a trace goes on when it is released later."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE dispatch_chunk ADD COLUMN trace text")


def downgrade() -> None:
    op.execute("ALTER TABLE dispatch_chunk DROP COLUMN trace")
