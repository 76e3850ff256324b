"""What apps need beside registering: keys that vouch for users, and in-app messages by the install they wait for.

The index serves one question only, which in-app messages one subscription has; its predicate keeps every other
channel's row out of it, and no column of it ever changes, so updates stay heap-only.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE identity_key ("
        " application_id uuid NOT NULL REFERENCES application (id),"
        " kid text NOT NULL,"
        " algorithm text NOT NULL,"
        " ciphertext bytea NOT NULL,"
        " key_id text NOT NULL,"
        " created_at timestamptz NOT NULL,"
        " PRIMARY KEY (application_id, kid))"
    )
    op.execute("CREATE INDEX message_in_app ON message (subscription_id, id) WHERE channel = 5")


def downgrade() -> None:
    op.execute("DROP INDEX message_in_app")
    op.execute("DROP TABLE identity_key")
