"""The table of AlimTalk templates."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.metadata import metadata

kakao_template = Table(
    "kakao_template",
    metadata,
    Column("application_id", Uuid, ForeignKey("application.id"), primary_key=True),
    Column("provider", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("wording", JSONB, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("checked_at", DateTime(timezone=True), nullable=False),
)
