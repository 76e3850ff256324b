"""The table of the keys that vouch for users."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, LargeBinary, Table, Text, Uuid

from adapters.postgres.tables.metadata import metadata

identity_key = Table(
    "identity_key",
    metadata,
    Column("application_id", Uuid, ForeignKey("application.id"), primary_key=True),
    Column("kid", Text, primary_key=True),
    Column("algorithm", Text, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
