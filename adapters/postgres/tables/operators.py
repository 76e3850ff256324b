"""The tables of operators and of what they change."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.metadata import metadata

operator = Table(
    "operator",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("code_key", LargeBinary, nullable=False),
    Column("code_key_id", Text, nullable=False),
    Column("code_step", BigInteger, nullable=False),
    Column("language", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("disabled_at", DateTime(timezone=True)),
    Column("signed_in_at", DateTime(timezone=True)),
)
session = Table(
    "operator_session",
    metadata,
    Column("id_hash", LargeBinary, primary_key=True),
    Column("operator_id", Uuid, ForeignKey("operator.id"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True), nullable=False),
)
invitation = Table(
    "operator_invitation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("email", Text),
    Column("operator_id", Uuid, ForeignKey("operator.id")),
    Column("code_key", LargeBinary, nullable=False),
    Column("code_key_id", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("used_at", DateTime(timezone=True)),
)
attempt = Table(
    "sign_in_attempt",
    metadata,
    Column("name", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
)
audit_entry = Table(
    "audit_entry",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("operator_id", Uuid),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("application_id", Uuid),
    Column("subject", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("before", JSONB, nullable=False),
    Column("after", JSONB, nullable=False),
    Column("peer", Text, nullable=False),
)
