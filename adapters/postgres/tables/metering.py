"""Quota, prices, windows and the ledger, as the control plane reads and writes them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Uuid,
)

from adapters.postgres.tables.metadata import metadata

quota = Table(
    "quota",
    metadata,
    Column("application_id", Uuid, primary_key=True),
    Column("daily_quota", Integer),
    Column("monthly_quota", Integer),
    Column("billing_mode", Text, nullable=False),
    Column("billing_currency", Text, nullable=False),
    Column("credit_balance", Numeric(18, 6), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)

unit_price = Table(
    "unit_price",
    metadata,
    Column("application_id", Uuid, primary_key=True),
    Column("channel", SmallInteger, primary_key=True),
    Column("unit_price", Numeric(18, 6), nullable=False),
)

quota_window = Table(
    "quota_window",
    metadata,
    Column("application_id", Uuid, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("starts_on", Date, primary_key=True),
    Column("granted", BigInteger, nullable=False),
    Column("settled", BigInteger, nullable=False),
    Column("released", BigInteger, nullable=False),
)

quota_delta = Table(
    "quota_delta",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("application_id", Uuid, nullable=False),
    Column("day", Date, nullable=False),
    Column("month", Date, nullable=False),
    Column("settled", Integer, nullable=False),
    Column("released", Integer, nullable=False),
    Column("credit", Numeric(18, 6), nullable=False),
)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("application_id", Uuid, nullable=False),
    Column("reservation_id", Uuid),
    Column("chunk_id", Uuid),
    Column("fence", Integer),
    Column("flush", Integer),
    Column("kind", Text, nullable=False),
    Column("debit_account", Text),
    Column("credit_account", Text),
    Column("n", Integer, nullable=False),
    Column("money_debit_account", Text, nullable=False),
    Column("money_credit_account", Text, nullable=False),
    Column("amount", Numeric(18, 6), nullable=False),
    Column("currency", Text, nullable=False),
    Column("reference", Text),
    Column("note", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
