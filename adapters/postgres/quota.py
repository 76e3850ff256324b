"""An application's terms and usage in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.tables.metering import ledger_entry, quota, quota_delta, quota_window, unit_price
from application.ports.quota import Usage
from domain.quota.entries import BillingMode
from domain.quota.terms import QuotaTerms
from domain.quota.windows import DEFAULT_TIME_ZONE, WindowKind
from domain.shared.channels import Channel
from domain.shared.errors import NotFound

_application = sa.table("application", sa.column("id", sa.Uuid), sa.column("settings", JSONB))


class PostgresQuotas:
    """`application.ports.quota.Quotas`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def read(self, application_id: UUID) -> QuotaTerms:
        async with self._engine.connect() as connection:
            return await read_terms(connection, application_id)

    async def usage(self, application_id: UUID, *, day: date, month: date) -> Usage:
        async with self._engine.connect() as connection:
            return await read_usage(connection, application_id, day=day, month=month)

    async def change(
        self, application_id: UUID, decide: Callable[[QuotaTerms], QuotaTerms], *, now: datetime
    ) -> QuotaTerms:
        async with self._engine.begin() as connection:
            await lock_terms(connection, application_id, now)
            found = await read_terms(connection, application_id)
            if found.unit_prices:
                found = attrs.evolve(found, has_charges=await _has_charges(connection, application_id))
            changed = decide(found)
            await connection.execute(
                quota.update()
                .where(quota.c.application_id == application_id)
                .values(
                    daily_quota=changed.daily_quota,
                    monthly_quota=changed.monthly_quota,
                    billing_mode=changed.billing_mode.value,
                    billing_currency=changed.billing_currency,
                    updated_at=now,
                )
            )
            await _store_prices(connection, application_id, found.unit_prices, changed.unit_prices)
            return changed


async def read_usage(connection: AsyncConnection, application_id: UUID, *, day: date, month: date) -> Usage:
    """What was used, to the last committed movement that this connection can see."""
    counted = quota_window.c.granted - quota_window.c.released
    own = quota_window.c.application_id == application_id
    unfolded = sa.func.coalesce(sa.func.sum(quota_delta.c.released), 0)
    theirs = quota_delta.c.application_id == application_id

    def used(kind: WindowKind, starts_on: date) -> sa.ColumnElement[int]:
        column = quota_delta.c.day if kind is WindowKind.DAILY else quota_delta.c.month
        window = sa.select(counted).where(
            own, quota_window.c.kind == kind, quota_window.c.starts_on == starts_on
        )
        pending = sa.select(unfolded).where(theirs, column == starts_on)
        return sa.func.coalesce(window.scalar_subquery(), 0) - pending.scalar_subquery()

    # One statement is one snapshot: a delta is counted either here or in its window, never twice.
    statement = sa.select(used(WindowKind.DAILY, day), used(WindowKind.MONTHLY, month))
    daily, monthly = (await connection.execute(statement)).one()
    return Usage(int(daily), int(monthly))


async def lock_terms(connection: AsyncConnection, application_id: UUID, now: datetime) -> None:
    """Make the application's quota row if there is none, and hold it as a reservation would. Raise NotFound."""
    known = sa.select(_application.c.id, sa.literal(now, sa.DateTime(timezone=True)))
    await connection.execute(
        insert(quota)
        .from_select(["application_id", "updated_at"], known.where(_application.c.id == application_id))
        .on_conflict_do_nothing()
    )
    held = await connection.execute(
        sa.select(quota.c.application_id)
        .where(quota.c.application_id == application_id)
        .with_for_update(key_share=True)
    )
    if held.first() is None:
        raise NotFound("there is no such application", field="application_id")


async def read_terms(connection: AsyncConnection, application_id: UUID) -> QuotaTerms:
    """The terms with the credit to the last committed movement. Raise NotFound."""
    pending = (
        sa.select(sa.func.coalesce(sa.func.sum(quota_delta.c.credit), Decimal(0)))
        .where(quota_delta.c.application_id == _application.c.id)
        .scalar_subquery()
    )
    row = (
        await connection.execute(
            sa.select(
                _application.c.settings["time_zone"].astext.label("time_zone"),
                quota,
                (sa.func.coalesce(quota.c.credit_balance, Decimal(0)) + pending).label("credit"),
            )
            .select_from(_application.outerjoin(quota, quota.c.application_id == _application.c.id))
            .where(_application.c.id == application_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound("there is no such application", field="application_id")
    time_zone = row.time_zone or DEFAULT_TIME_ZONE
    if row.application_id is None:
        return QuotaTerms(application_id=application_id, time_zone=time_zone)
    prices = await connection.execute(
        sa.select(unit_price.c.channel, unit_price.c.unit_price)
        .where(unit_price.c.application_id == application_id)
        .order_by(unit_price.c.channel)
    )
    return QuotaTerms(
        application_id=application_id,
        time_zone=time_zone,
        daily_quota=row.daily_quota,
        monthly_quota=row.monthly_quota,
        billing_mode=BillingMode(row.billing_mode),
        billing_currency=row.billing_currency,
        unit_prices={Channel(channel): price for channel, price in prices},
        credit=row.credit,
    )


async def _has_charges(connection: AsyncConnection, application_id: UUID) -> bool:
    priced = sa.select(ledger_entry.c.id).where(
        ledger_entry.c.application_id == application_id,
        ledger_entry.c.reservation_id.is_not(None),
        ledger_entry.c.amount != 0,
    )
    return (await connection.execute(priced.limit(1))).first() is not None


async def _store_prices(
    connection: AsyncConnection,
    application_id: UUID,
    before: Mapping[Channel, Decimal],
    after: Mapping[Channel, Decimal],
) -> None:
    rows = [
        {"application_id": application_id, "channel": int(channel), "unit_price": price}
        for channel, price in sorted(after.items())
        if before.get(channel) != price
    ]
    if rows:
        statement = insert(unit_price).values(rows)
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["application_id", "channel"],
                set_={"unit_price": statement.excluded.unit_price},
            )
        )
