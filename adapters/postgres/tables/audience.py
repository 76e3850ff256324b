"""Tables of the audience: users, installs, subscriptions and their events."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Computed,
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

app_user = Table(
    "app_user",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("application_id", Uuid, ForeignKey("application.id"), nullable=False),
    Column("external_id", Text, nullable=False),
    Column("properties", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_active_at", DateTime(timezone=True)),
    Column("is_archived", Boolean, nullable=False),
    Column("archived_at", DateTime(timezone=True)),
)

install = Table(
    "install",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("application_id", Uuid, ForeignKey("application.id"), nullable=False),
    Column("install_id", Text, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_seen_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_at", DateTime(timezone=True)),
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("application_id", Uuid, ForeignKey("application.id"), nullable=False),
    Column("user_id", Uuid, ForeignKey("app_user.id")),
    Column("install_id", Uuid, ForeignKey("install.id")),
    Column("type", SmallInteger, nullable=False),
    Column("token_ciphertext", LargeBinary),
    Column("token_key_id", Text),
    Column("token_version", Integer, nullable=False),
    Column("token_index", LargeBinary),
    Column("token_index_key_id", Text),
    Column("token_registered_at", DateTime(timezone=True)),
    Column("token_environment", SmallInteger),
    Column("device_model", Text),
    Column("device_os", Text),
    Column("device_language", Text),
    Column("app_version", Text),
    Column("sdk_version", Text),
    Column("country_code", Text),
    Column("test_type", SmallInteger, nullable=False),
    Column("tags", JSONB, nullable=False),
    Column("permission", Text),
    Column("push_error", SmallInteger),
    Column("enabled", Boolean, nullable=False),
    Column("api_disabled", Boolean, nullable=False),
    Column("subscription_status", SmallInteger, nullable=False),
    Column("subscribed_at", DateTime(timezone=True)),
    Column("unsubscribed_at", DateTime(timezone=True)),
    Column("last_active_at", DateTime(timezone=True)),
    Column("total_messages_received", Integer, nullable=False),
    Column("total_messages_converted", Integer, nullable=False),
    Column("last_received_at", DateTime(timezone=True)),
    Column("last_converted_at", DateTime(timezone=True)),
    Column(
        "language_key",
        Text(collation="C"),
        Computed("lower(replace(device_language, '_', '-') COLLATE \"C\") || '-'", persisted=True),
    ),
    Column("app_version_key", Text(collation="C"), Computed("version_key(app_version)", persisted=True)),
    Column("sdk_version_key", Text(collation="C"), Computed("version_key(sdk_version)", persisted=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("is_archived", Boolean, nullable=False),
    Column("archived_at", DateTime(timezone=True)),
)

subscription_event = Table(
    "subscription_event",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("subscription_id", Uuid, nullable=False),
    Column("user_id", Uuid),
    Column("application_id", Uuid, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("reason", Text),
    Column("metadata", JSONB, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
)

suppression = Table(
    "suppression",
    metadata,
    Column("application_id", Uuid, ForeignKey("application.id"), primary_key=True),
    Column("channel", SmallInteger, primary_key=True, autoincrement=False),
    Column("address_index", LargeBinary, primary_key=True),
    Column("index_key_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("lifted_at", DateTime(timezone=True)),
)
