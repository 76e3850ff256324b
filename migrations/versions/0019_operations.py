"""What processes say of themselves, and how far contents of applications that keep them shorter were removed."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        # Written every five seconds by each process: worth nothing after a crash.
        "CREATE UNLOGGED TABLE node_report (incarnation uuid PRIMARY KEY, role text NOT NULL, host text NOT NULL,"
        " pid integer NOT NULL, started_at timestamptz NOT NULL, reported_at timestamptz NOT NULL, reading jsonb NOT NULL)"
        " WITH (fillfactor = 50)"
    )
    op.execute(
        "CREATE TABLE content_sweep (application_id uuid PRIMARY KEY REFERENCES application (id) ON DELETE CASCADE,"
        " swept_until uuid NOT NULL, swept_at timestamptz NOT NULL)"
    )


def downgrade() -> None:
    op.execute("DROP TABLE content_sweep")
    op.execute("DROP TABLE node_report")
