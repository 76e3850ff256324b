"""A content says what it is about, and a fallback may render a template for each of its channels."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE content ADD COLUMN topic text")
    op.execute(
        "ALTER TABLE fallback ADD COLUMN template_id uuid, ADD COLUMN template_version integer,"
        " ADD COLUMN variables bytea, ADD COLUMN topic text"
    )


def downgrade() -> None:
    op.execute(
        "ALTER TABLE fallback DROP COLUMN topic, DROP COLUMN variables, DROP COLUMN template_version,"
        " DROP COLUMN template_id"
    )
    op.execute("ALTER TABLE content DROP COLUMN topic")
