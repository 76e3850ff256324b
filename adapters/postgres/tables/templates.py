"""Tables of templates: what they are called and which version is active, and the versions, which are only added."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.metadata import metadata

message_template = Table(
    "message_template",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("application_id", Uuid, ForeignKey("application.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("latest_version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("is_archived", Boolean, nullable=False),
    Column("archived_at", DateTime(timezone=True)),
)

message_template_version = Table(
    "message_template_version",
    metadata,
    Column("template_id", Uuid, ForeignKey("message_template.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("title_template", Text),
    Column("body_template", Text),
    Column("data_template", JSONB(none_as_null=True)),
    Column("channels", JSONB, nullable=False),
    Column("languages", JSONB, nullable=False),
    Column("default_language", Text, nullable=False),
    Column("strict", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
)
