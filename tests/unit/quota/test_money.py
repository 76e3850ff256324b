"""Money is exact, stays in its currency, and is rounded only where a statement shows it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.quota.money import Money
from domain.shared.errors import InvalidInput

AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=6)


@given(AMOUNTS, AMOUNTS)
def test_sums_are_exact_to_the_sixth_decimal(one: Decimal, other: Decimal) -> None:
    assert (Money(one) + Money(other) - Money(other)).amount == one


def test_a_price_multiplies_exactly() -> None:
    assert Money(Decimal("6.5")) * 3 == Money(Decimal("19.5"))
    assert Money(Decimal("0.000001")) * 1_000_000 == Money(Decimal(1))


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("19.5", "KRW", "20"),
        ("19.499999", "KRW", "19"),
        ("-19.5", "KRW", "-20"),
        ("1.005", "USD", "1.01"),
        ("1.0005", "KWD", "1.001"),
        ("12.5", "JPY", "13"),
    ],
)
def test_a_statement_rounds_to_the_minor_unit_of_the_currency(amount: str, currency: str, shown: str) -> None:
    assert Money(Decimal(amount), currency).rounded().amount == Decimal(shown)


def test_two_currencies_are_never_reckoned_together() -> None:
    won, dollar = Money(Decimal(1)), Money(Decimal(1), "USD")
    for reckon in (
        lambda: won + dollar,
        lambda: won - dollar,
        lambda: won < dollar,
        lambda: won <= dollar,
        lambda: won.covers(dollar),
    ):
        with pytest.raises(InvalidInput, match="cannot be reckoned together"):
            reckon()


@pytest.mark.parametrize("currency", ["krw", "XXX", "", "W", "KRWW"])
def test_a_code_that_iso_4217_does_not_list_is_refused(currency: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Money(Decimal(1), currency)
    assert refused.value.field == "currency"


@pytest.mark.parametrize("amount", ["0.0000001", "1000000000000", "NaN", "Infinity"])
def test_an_amount_that_the_column_cannot_hold_exactly_is_refused(amount: str) -> None:
    with pytest.raises(InvalidInput):
        Money(Decimal(amount))


@pytest.mark.parametrize(
    ("credit", "price", "pieces"), [("20", "6.5", 3), ("19.5", "6.5", 3), ("-1", "6.5", 0), ("0", "0", None)]
)
def test_credit_covers_whole_messages_only(credit: str, price: str, pieces: int | None) -> None:
    assert Money(Decimal(credit)).covers(Money(Decimal(price))) == pieces
