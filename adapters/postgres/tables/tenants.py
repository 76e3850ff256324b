"""Tables of the tenants: applications, keys, credentials, pauses and alerts."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.metadata import metadata

application = Table(
    "application",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("settings", JSONB, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("application_id", Uuid, ForeignKey("application.id")),
    Column("label", Text, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    Column("last_used_at", DateTime(timezone=True)),
)

credential = Table(
    "credential",
    metadata,
    Column("application_id", Uuid, ForeignKey("application.id"), primary_key=True),
    Column("provider", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("summary", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

channel_pause = Table(
    "channel_pause",
    metadata,
    Column("application_id", Uuid, ForeignKey("application.id"), primary_key=True),
    Column("type", SmallInteger, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("credential_version", Integer),
    Column("provider", Text),
    Column("paused_at", DateTime(timezone=True), nullable=False),
)

alert = Table(
    "alert",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("application_id", Uuid),
    Column("kind", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("raised_at", DateTime(timezone=True), nullable=False),
    Column("resolved_at", DateTime(timezone=True)),
    Column("severity", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("acknowledged_at", DateTime(timezone=True)),
    Column("acknowledged_by", Text),
    Column("escalation", SmallInteger, nullable=False),
    Column("told", SmallInteger, nullable=False),
    Column("last_seen_at", DateTime(timezone=True)),
)

alert_policy = Table(
    "alert_policy",
    metadata,
    Column("application_id", Uuid, ForeignKey("application.id"), primary_key=True),
    Column("policy", JSONB, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)
