"""Money: an exact decimal amount in one currency, as `NUMERIC(18,6)` stores it, rounded only on statements."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import attrs

from domain.shared.errors import InvalidInput

DEFAULT_CURRENCY: Final = "KRW"
SCALE: Final = Decimal("0.000001")
"""Six decimals: an SMS costs 6.5 KRW, a push a fraction of one."""
LIMIT: Final = Decimal(10) ** 12
"""NUMERIC(18,6) holds amounts below this."""

# ISO 4217 (2024): codes in use, and those whose minor unit is not a hundredth.
_CODES: Final = (
    " AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD"
    " CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP"
    " GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD"
    " KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN"
    " NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP"
    " SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND"
    " VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG"
)
_WITHOUT_DECIMALS: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_WITH_THREE: Final = "BHD IQD JOD KWD LYD OMR TND"
_CURRENCIES: Final = frozenset(_CODES.split())
_DECIMALS: Final = dict.fromkeys(_WITHOUT_DECIMALS.split(), 0) | dict.fromkeys(_WITH_THREE.split(), 3)


def check_currency(code: str, *, field: str = "billing_currency") -> str:
    """Answer the code, or raise InvalidInput naming `field` when ISO 4217 does not list it."""
    if code not in _CURRENCIES:
        raise InvalidInput(
            f"{code!r} is not a currency", field=field, fix="use an ISO 4217 code in capitals, such as KRW"
        )
    return code


def check_amount(value: Decimal, *, field: str) -> Decimal:
    """Answer the value with six decimals, or raise InvalidInput naming `field`.

    Refused: not a finite number, more than six decimals (never rounded silently), 10¹² or more.
    """
    if not value.is_finite() or abs(value) >= LIMIT:
        raise InvalidInput(f"{field} is not an amount below 10^12", field=field, fix="send a decimal number")
    exact = value.quantize(SCALE)
    if exact != value:
        raise InvalidInput(f"{field} has more than six decimals", field=field, fix="round it to six decimals")
    return exact


def _amount(value: Decimal) -> Decimal:
    return check_amount(value, field="amount")


@attrs.frozen
class Money:
    """An amount and its currency. Arithmetic holds within one currency only; across two it raises InvalidInput."""

    amount: Decimal = attrs.field(converter=_amount)
    currency: str = attrs.field(default=DEFAULT_CURRENCY)

    @currency.validator
    def _known(self, _: attrs.Attribute[str], value: str) -> None:
        check_currency(value, field="currency")

    @classmethod
    def zero(cls, currency: str = DEFAULT_CURRENCY) -> Money:
        return cls(Decimal(0), currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __mul__(self, n: int) -> Money:
        """The price of n pieces; exact."""
        return Money(self.amount * n, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def covers(self, unit_price: Money) -> int | None:
        """How many pieces this pays for, never negative; None: any number, because they are free."""
        if self._same(unit_price) <= 0:
            return None
        return max(0, int(self.amount // unit_price.amount))

    def rounded(self) -> Money:
        """The amount as a statement shows it: to the currency's minor unit (ISO 4217), halves away from zero."""
        unit = Decimal(1).scaleb(-_DECIMALS.get(self.currency, 2))
        return Money(self.amount.quantize(unit, ROUND_HALF_UP), self.currency)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise InvalidInput(
                f"{self.currency} and {other.currency} cannot be reckoned together",
                field="currency",
                fix=f"use {self.currency}",
            )
        return other.amount
