"""Tables of campaigns that the control plane reads and writes row by row; the audience's are used with SQL of their own."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB, REAL

from adapters.postgres.tables.metadata import metadata

campaign = Table(
    "campaign",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("application_id", Uuid, nullable=False),
    Column("template_id", Uuid),
    Column("name", Text, nullable=False),
    Column("title", Text),
    Column("body", Text),
    Column("data", JSONB(none_as_null=True)),
    Column("campaign_type", Text, nullable=False),
    Column("targeting_criteria", JSONB, nullable=False),
    Column("settings", JSONB, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("scheduled_at", DateTime(timezone=True)),
    Column("judged_until", DateTime(timezone=True)),
    Column("launched_at", DateTime(timezone=True)),
    Column("sent_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("pause_reason", Text),
    Column("failure_reason", Text),
    Column("run_of", Uuid),
    Column("run_number", Integer),
    Column("run_key", Text),
    Column("runs_made", Integer, nullable=False),
    Column("fingerprint", Text),
    Column("pinned_version", Integer),
    Column("pace", REAL),
    Column("total_recipients", Integer, nullable=False),
    Column("successful_count", Integer, nullable=False),
    Column("failed_count", Integer, nullable=False),
    Column("canceled_count", Integer, nullable=False),
    Column("excluded_count", Integer, nullable=False),
    Column("settled", Boolean, nullable=False),
)

campaign_event = Table(
    "campaign_event",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("campaign_id", Uuid, nullable=False),
    Column("event_type", SmallInteger, nullable=False),
    Column("from_status", SmallInteger, nullable=False),
    Column("to_status", SmallInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
)
