"""Devices that are marked for tests are found however large the application is."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX subscription_marked ON subscription (application_id) WHERE test_type > 0 AND NOT is_archived"
    )


def downgrade() -> None:
    op.execute("DROP INDEX subscription_marked")
