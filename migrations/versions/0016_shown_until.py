"""In-app messages that nobody saw end with their time; a device that was full is tried again after a week.

Messages that wait in an inbox already are watched from now on by their time to live; how long their content may be shown
is not looked up for them.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_CLEARING = (
    "CREATE INDEX subscription_clearing ON subscription (unsubscribed_at)"
    " WHERE subscription_status IN ({}) AND NOT is_archived"
)


def upgrade() -> None:
    op.execute("DROP INDEX subscription_clearing")
    op.execute(_CLEARING.format("-43, -53, -60, -73"))
    op.execute(
        "INSERT INTO receipt_watch (message_id, application_id, type, due_at)"
        " SELECT id, application_id, type, expires_at + interval '5 minutes' FROM message"
        " WHERE channel = 5 AND status = 1 AND expires_at IS NOT NULL ON CONFLICT (message_id) DO NOTHING"
    )


def downgrade() -> None:
    op.execute("DELETE FROM receipt_watch WHERE type = 6")
    op.execute("DROP INDEX subscription_clearing")
    op.execute(_CLEARING.format("-43, -53, -60"))
