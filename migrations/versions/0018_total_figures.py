"""Figures of an hour without their dimensions: what most pages and calls ask for, a hundredth of the rows.

A trigger keeps them, whoever writes `stat_hourly`: schedulers of the version before go on working, and both are never apart.
Argued in docs/decisions/0023-figures-from-deltas.md.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE stat_total (
    application_id uuid NOT NULL,
    hour timestamptz NOT NULL,
    event_type smallint NOT NULL,
    type smallint NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (application_id, hour, event_type, type)
) WITH (fillfactor = 80)
"""
FILLED = """
INSERT INTO stat_total (application_id, hour, event_type, type, n)
SELECT application_id, hour, event_type, type, sum(n) FROM stat_hourly GROUP BY 1, 2, 3, 4
"""
ADDED = """
CREATE FUNCTION add_to_stat_total() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO stat_total AS kept (application_id, hour, event_type, type, n)
        SELECT application_id, hour, event_type, type, sum(n) FROM fresh GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (application_id, hour, event_type, type) DO UPDATE SET n = kept.n + excluded.n;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO stat_total AS kept (application_id, hour, event_type, type, n)
        SELECT application_id, hour, event_type, type, sum(n) FROM (
            SELECT application_id, hour, event_type, type, n FROM fresh
            UNION ALL SELECT application_id, hour, event_type, type, -n FROM stale) AS changed
        GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0 ORDER BY 1, 2, 3, 4
        ON CONFLICT (application_id, hour, event_type, type) DO UPDATE SET n = kept.n + excluded.n;
    ELSE
        INSERT INTO stat_total AS kept (application_id, hour, event_type, type, n)
        SELECT application_id, hour, event_type, type, -sum(n) FROM stale GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (application_id, hour, event_type, type) DO UPDATE SET n = kept.n + excluded.n;
    END IF;
    RETURN NULL;
END $$
"""
TRIGGERS = {
    "INSERT": "REFERENCING NEW TABLE AS fresh",
    "UPDATE": "REFERENCING NEW TABLE AS fresh OLD TABLE AS stale",
    "DELETE": "REFERENCING OLD TABLE AS stale",
}


def upgrade() -> None:
    op.execute("LOCK TABLE stat_hourly IN SHARE ROW EXCLUSIVE MODE")
    for statement in (TABLE, FILLED, ADDED):
        op.execute(statement)
    for event, tables in TRIGGERS.items():
        op.execute(
            f"CREATE TRIGGER stat_hourly_{event.lower()} AFTER {event} ON stat_hourly {tables}"
            " FOR EACH STATEMENT EXECUTE FUNCTION add_to_stat_total()"
        )


def downgrade() -> None:
    for event in TRIGGERS:
        op.execute(f"DROP TRIGGER stat_hourly_{event.lower()} ON stat_hourly")
    op.execute("DROP FUNCTION add_to_stat_total")
    op.execute("DROP TABLE stat_total")
