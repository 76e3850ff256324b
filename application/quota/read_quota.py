"""Read an application's quota: limits, what is used of them now, when they begin anew, prices and credit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import attrs

from application.ports.clock import Clock
from application.ports.quota import Quotas, Usage
from application.quota.commands import ReadQuotaCommand
from domain.quota.entries import BillingMode
from domain.quota.money import Money
from domain.quota.terms import QuotaTerms
from domain.quota.windows import Windows, windows_at
from domain.shared.channels import Channel


@attrs.frozen(kw_only=True)
class QuotaView:
    """The specification's MessageQuota. Limits of None are unlimited."""

    id: UUID
    """The application's: there is one quota an application."""
    application_id: UUID
    daily_quota: int | None
    monthly_quota: int | None
    daily_used: int
    monthly_used: int
    reset_date: datetime
    """Aware UTC: when `daily_used` begins anew."""
    monthly_reset_date: datetime
    unit_price: Money
    """Of a push, the specification's single price."""
    unit_prices: Mapping[Channel, Decimal]
    """Of every channel, in the billing currency; 0 is free."""
    credit_balance: Money
    billing_currency: str
    billing_mode: BillingMode
    time_zone: str


@attrs.frozen(kw_only=True)
class ReadQuota:
    quotas: Quotas
    clock: Clock

    async def __call__(self, command: ReadQuotaCommand) -> QuotaView:
        """Raise NotFound for an unknown application."""
        terms = await self.quotas.read(command.application_id)
        return await view(terms, self.quotas, self.clock.now())


async def view(terms: QuotaTerms, quotas: Quotas, now: datetime) -> QuotaView:
    """The terms together with what is used of them at this moment."""
    windows = windows_at(now, terms.time_zone)
    usage = await quotas.usage(terms.application_id, day=windows.day, month=windows.month)
    return _view(terms, windows, usage)


def _view(terms: QuotaTerms, windows: Windows, usage: Usage) -> QuotaView:
    prices = {channel: terms.unit_prices.get(channel, Decimal(0)) for channel in Channel}
    return QuotaView(
        id=terms.application_id,
        application_id=terms.application_id,
        daily_quota=terms.daily_quota,
        monthly_quota=terms.monthly_quota,
        daily_used=usage.daily_used,
        monthly_used=usage.monthly_used,
        reset_date=windows.daily_reset,
        monthly_reset_date=windows.monthly_reset,
        unit_price=Money(prices[Channel.PUSH], terms.billing_currency),
        unit_prices=prices,
        credit_balance=terms.credit_balance,
        billing_currency=terms.billing_currency,
        billing_mode=terms.billing_mode,
        time_zone=terms.time_zone,
    )
