"""The terms an application sends under: limits, prices, how it pays and what credit it has."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final
from uuid import UUID

import attrs

from domain.quota.entries import BillingMode
from domain.quota.money import DEFAULT_CURRENCY, Money, check_amount, check_currency
from domain.quota.windows import DEFAULT_TIME_ZONE
from domain.shared.channels import Channel
from domain.shared.errors import Conflict, InvalidInput
from domain.shared.unset import UNSET, Unset

MAX_LIMIT: Final = 2_147_483_647
"""What the column holds; null is the way to say unlimited."""
MAX_PRICE: Final = Decimal(1_000_000)
"""A reservation of 10⁶ messages at any price below still fits into NUMERIC(18,6)."""


@attrs.frozen(kw_only=True)
class QuotaTerms:
    """One application's terms. An application that nobody set terms for has these defaults."""

    application_id: UUID
    time_zone: str = DEFAULT_TIME_ZONE
    daily_quota: int | None = None
    """None is unlimited."""
    monthly_quota: int | None = None
    billing_mode: BillingMode = BillingMode.POSTPAID
    billing_currency: str = DEFAULT_CURRENCY
    unit_prices: Mapping[Channel, Decimal] = attrs.field(factory=dict)
    """Per message, in the billing currency. A channel without one is free."""
    credit: Decimal = Decimal(0)
    """Prepaid and not yet held for a reservation, in the billing currency."""
    has_charges: bool = False
    """Messages were reserved at a price. Known only where terms are changed."""

    @property
    def credit_balance(self) -> Money:
        return Money(self.credit, self.billing_currency)

    def change(
        self,
        *,
        daily_quota: int | Unset | None = UNSET,
        monthly_quota: int | Unset | None = UNSET,
        billing_mode: BillingMode | Unset = UNSET,
        billing_currency: str | Unset = UNSET,
    ) -> QuotaTerms:
        """New terms; what is UNSET stays. Raise InvalidInput naming the field.

        Raise Conflict for another currency once there are prices, credit or charges in the present one. A limit may
        be set below what is used: nothing more is granted until the window ends.
        """
        changed = attrs.evolve(
            self,
            daily_quota=self.daily_quota if daily_quota is UNSET else _limit(daily_quota, "daily_quota"),
            monthly_quota=self.monthly_quota
            if monthly_quota is UNSET
            else _limit(monthly_quota, "monthly_quota"),
            billing_mode=self.billing_mode if billing_mode is UNSET else billing_mode,
        )
        if billing_currency is UNSET or billing_currency == self.billing_currency:
            return changed
        check_currency(billing_currency)
        if self.has_charges or self.credit or any(self.unit_prices.values()):
            raise Conflict(
                f"this application reckons in {self.billing_currency} already",
                field="billing_currency",
                fix="the currency can be set only while there are no prices, no credit and no charges",
            )
        return attrs.evolve(changed, billing_currency=billing_currency)

    def price(self, prices: Mapping[Channel, Decimal]) -> QuotaTerms:
        """New terms with these channels' prices; other channels keep theirs, reservations made keep their own.

        Raise InvalidInput naming the field for a price below 0, not below MAX_PRICE or finer than six decimals.
        """
        checked = {
            channel: check_amount(price, field=f"unit_prices.{channel.wire}")
            for channel, price in prices.items()
        }
        for channel, price in checked.items():
            if not 0 <= price < MAX_PRICE:
                field = f"unit_prices.{channel.wire}"
                raise InvalidInput(
                    f"{field} is {price:f}", field=field, fix=f"use 0 (free) or more, below {MAX_PRICE}"
                )
        return attrs.evolve(self, unit_prices={**self.unit_prices, **checked})

    def accept_money(self, money: Money) -> None:
        """Raise InvalidInput unless the money is in the billing currency."""
        if money.currency != self.billing_currency:
            raise InvalidInput(
                f"the application reckons in {self.billing_currency}, not {money.currency}",
                field="currency",
                fix=f"send the amount in {self.billing_currency}",
            )


def _limit(value: int | Unset | None, field: str) -> int | None:
    if value is None or value is UNSET:
        return None
    if isinstance(value, bool) or not 0 <= value <= MAX_LIMIT:
        raise InvalidInput(
            f"{field} is {value}", field=field, fix=f"use 0 to {MAX_LIMIT}, or null for unlimited"
        )
    return value
