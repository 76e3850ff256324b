"""A month's statement: what was charged by channel and price, and every account from its opening to its closing balance.

Each line of the ledger falls into the month in which it was written, so that statements of all months add up to the ledger.
Amounts are exact; only what is due is rounded, to the currency's minor unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import attrs


@attrs.frozen(slots=True)
class Charge:
    """Messages of one channel at one price. Channel None: of reservations that are no longer kept."""

    channel: str | None
    unit_price: Decimal
    sent: int
    given_back: int
    amount: Decimal
    """Of what was sent, less what was given back."""

    @property
    def billed(self) -> int:
        return self.sent - self.given_back


@attrs.frozen(slots=True)
class AccountLine:
    """One account of the ledger: credits raise it, debits lower it."""

    account: str
    opening: Decimal
    credits: Decimal
    debits: Decimal

    @property
    def closing(self) -> Decimal:
        return self.opening + self.credits - self.debits


@attrs.frozen(slots=True, kw_only=True)
class CurrencyStatement:
    """Everything in one currency: an application that changed its currency has several."""

    currency: str
    charges: Sequence[Charge]
    top_ups: Decimal
    adjustments: Decimal
    """In the application's favour, less to its cost."""
    accounts: Sequence[AccountLine]
    due: Decimal
    """The charges together, rounded to the currency."""

    @property
    def charged(self) -> Decimal:
        return sum((one.amount for one in self.charges), Decimal(0))


@attrs.frozen(slots=True, kw_only=True)
class Statement:
    application_name: str
    billing_mode: str
    time_zone: str
    since: datetime
    until: datetime
    made_at: datetime
    complete: bool
    """The month is over."""
    currencies: Sequence[CurrencyStatement]
