"""Sent events in batches: one row per chunk and flush instead of one per message (docs/decisions/0013).

The outbox refers to such a row instead of repeating it. `sent_event` shows both homes of a sent event as rows.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE sent_batch (
        chunk_id uuid NOT NULL,
        fence integer NOT NULL,
        flush integer NOT NULL,
        part smallint NOT NULL,
        type smallint NOT NULL,
        occurred_at timestamptz NOT NULL,
        message_ids uuid[] NOT NULL,
        subscription_ids uuid[] NOT NULL,
        attempts smallint[] NOT NULL,
        latencies integer[] NOT NULL,
        provider_ids text[],
        PRIMARY KEY (chunk_id, fence, flush, part)
    ) PARTITION BY RANGE (chunk_id)
    """,
    # Ids do not compress: trying costs more than it saves.
    """
    ALTER TABLE sent_batch ALTER COLUMN message_ids SET STORAGE EXTERNAL,
        ALTER COLUMN subscription_ids SET STORAGE EXTERNAL
    """,
    # Sent events that wait packed in the outbox at this moment are not published; their history has them.
    "DELETE FROM outbox WHERE packed IS NOT NULL",
    """
    ALTER TABLE outbox
        DROP COLUMN packed,
        ADD COLUMN chunk_id uuid, ADD COLUMN fence integer, ADD COLUMN flush integer, ADD COLUMN part smallint,
        ADD CONSTRAINT outbox_has_one_source CHECK (num_nonnulls(payload, chunk_id) = 1)
    """,
    """
    CREATE VIEW sent_event AS
    SELECT message_id, occurred_at, source, metadata FROM message_event WHERE event_type = 1
    UNION ALL
    SELECT sent.message_id, b.occurred_at, 2::smallint, jsonb_strip_nulls(jsonb_build_object(
        'attempt', sent.attempt, 'latency_ms', sent.latency, 'provider_id', sent.provider_id))
    FROM sent_batch b,
        unnest(b.message_ids, b.attempts, b.latencies, b.provider_ids) AS sent (message_id, attempt, latency, provider_id)
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP VIEW sent_event")
    op.execute("DELETE FROM outbox WHERE chunk_id IS NOT NULL")
    op.execute(
        "ALTER TABLE outbox DROP CONSTRAINT outbox_has_one_source, DROP COLUMN chunk_id, DROP COLUMN fence,"
        " DROP COLUMN flush, DROP COLUMN part, ADD COLUMN packed bytea,"
        " ADD CONSTRAINT outbox_check CHECK ((payload IS NULL) <> (packed IS NULL))"
    )
    op.execute("DROP TABLE sent_batch")
