"""Reservations fit or are refused, and whatever becomes of them, granted = settled + released + open."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.quota.entries import TRANSFERS, Account, BillingMode, EntryKind
from domain.quota.ledger import Counters, Decision, QuotaLedger, Refusal, Reservation, Window
from domain.quota.money import Money
from domain.quota.windows import WindowKind
from domain.shared.errors import Conflict

DAY, MONTH = date(2025, 1, 31), date(2025, 1, 1)
FREE, PRICE = Money(Decimal(0)), Money(Decimal("6.5"))


def ask(
    ledger: QuotaLedger, n: int, *, price: Money = FREE, partial: bool = False, day: date = DAY
) -> Decision:
    return ledger.decide(n, day=day, month=day.replace(day=1), unit_price=price, allow_partial=partial)


def granted_reservation(ledger: QuotaLedger, n: int, price: Money = FREE) -> Reservation:
    decision = ask(ledger, n, price=price)
    assert decision.granted == n
    return Reservation(uuid4(), DAY, MONTH, price, ledger.billing_mode, Counters(granted=n))


def test_a_request_that_fits_to_the_last_message_is_granted() -> None:
    ledger = QuotaLedger(daily_quota=10)
    assert ask(ledger, 10) == Decision(10, None, 0, None)


def test_a_request_that_is_one_too_many_is_refused_whole() -> None:
    ledger = QuotaLedger(daily_quota=10)
    assert ask(ledger, 11) == Decision(0, Refusal.DAILY, 10, None)
    assert ask(ledger, 10).granted == 10


def test_the_month_refuses_what_the_day_would_grant() -> None:
    ledger = QuotaLedger(daily_quota=10, monthly_quota=12)
    assert ask(ledger, 10).granted == 10
    assert ask(ledger, 3, day=date(2025, 1, 30)) == Decision(0, Refusal.MONTHLY, 10, 2)


def test_without_limits_everything_is_granted_and_counted() -> None:
    ledger = QuotaLedger()
    assert ask(ledger, 10**6) == Decision(10**6, None, None, None)
    assert ledger.windows[Window(WindowKind.MONTHLY, MONTH)].granted == 10**6


def test_a_partial_request_gets_what_is_left_and_nothing_when_nothing_is() -> None:
    ledger = QuotaLedger(daily_quota=10)
    assert ask(ledger, 7).granted == 7
    assert ask(ledger, 7, partial=True) == Decision(3, Refusal.DAILY, 0, None)
    assert ask(ledger, 7, partial=True) == Decision(0, Refusal.DAILY, 0, None)


def test_the_scarcest_of_limits_and_credit_decides_a_partial_request() -> None:
    ledger = QuotaLedger(daily_quota=10, billing_mode=BillingMode.PREPAID, credit=Money(Decimal(20)))
    assert ask(ledger, 50, price=PRICE, partial=True) == Decision(3, Refusal.CREDIT, 7, None)
    assert ledger.credit == Money(Decimal("0.5"))


def test_a_prepaid_application_without_enough_credit_is_refused() -> None:
    ledger = QuotaLedger(billing_mode=BillingMode.PREPAID, credit=Money(Decimal("19.4")))
    assert ask(ledger, 3, price=PRICE).refused_by is Refusal.CREDIT
    assert ledger.credit == Money(Decimal("19.4"))


def test_a_limit_lowered_below_what_is_used_leaves_nothing_rather_than_less() -> None:
    ledger = QuotaLedger(daily_quota=10)
    ask(ledger, 10)
    ledger.daily_quota = 4
    assert ask(ledger, 1) == Decision(0, Refusal.DAILY, 0, None)


def test_what_is_released_may_be_reserved_again() -> None:
    ledger = QuotaLedger(daily_quota=10)
    reservation = granted_reservation(ledger, 10)
    ledger.release(reservation, 4)
    assert ask(ledger, 5).granted == 0
    assert ask(ledger, 4).granted == 4


def test_a_reservation_settles_and_releases_no_more_than_it_holds() -> None:
    ledger = QuotaLedger()
    reservation = granted_reservation(ledger, 5)
    ledger.settle(reservation, 3)
    ledger.release(reservation, 2)
    for move in (ledger.settle, ledger.release):
        with pytest.raises(Conflict):
            move(reservation, 1)


def test_only_settled_messages_are_given_back() -> None:
    ledger = QuotaLedger(billing_mode=BillingMode.PREPAID, credit=Money(Decimal(65)))
    reservation = granted_reservation(ledger, 10, PRICE)
    with pytest.raises(Conflict):
        ledger.give_back(reservation, 1)
    ledger.settle(reservation, 10)
    ledger.give_back(reservation, 4)
    assert ledger.credit == PRICE * 4


def test_a_prepaid_reservation_stays_prepaid_after_the_mode_changed() -> None:
    ledger = QuotaLedger(billing_mode=BillingMode.PREPAID, credit=Money(Decimal(65)))
    reservation = granted_reservation(ledger, 10, PRICE)
    ledger.billing_mode = BillingMode.POSTPAID
    ledger.release(reservation, 10)
    assert ledger.credit == Money(Decimal(65))


@pytest.mark.parametrize("mode", BillingMode)
def test_messages_and_money_walk_back_to_where_they_came_from(mode: BillingMode) -> None:
    """Every account that a reservation's movements enter, they leave on one of the ways back."""
    for back in ([EntryKind.RELEASE], [EntryKind.SETTLE, EntryKind.GIVE_BACK]):
        balances: dict[Account | None, int] = {}
        for kind in [EntryKind.RESERVE, *back]:
            transfer = TRANSFERS[kind, mode]
            for debit, credit in (
                (transfer.debit, transfer.credit),
                (transfer.money_debit, transfer.money_credit),
            ):
                balances[debit] = balances.get(debit, 0) - 1
                balances[credit] = balances.get(credit, 0) + 1
        assert set(balances.values()) == {0}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "partial", "settle", "release", "give_back"]),
        st.integers(1, 8),
        st.integers(0, 5),
        st.sampled_from([date(2025, 1, 30), date(2025, 1, 31), date(2025, 2, 1)]),
    ),
    max_size=60,
)


@given(
    STEPS,
    st.one_of(st.none(), st.integers(0, 20)),
    st.one_of(st.none(), st.integers(0, 30)),
    st.sampled_from(BillingMode),
)
def test_any_sequence_of_movements_keeps_the_books(
    steps: list[tuple[str, int, int, date]], daily: int | None, monthly: int | None, mode: BillingMode
) -> None:
    """granted = settled + released + open everywhere, no limit is passed, and every account agrees."""
    start = Money(Decimal(100))
    ledger = QuotaLedger(daily, monthly, mode, start)
    reservations: list[Reservation] = []
    balances: dict[Account, Decimal] = dict.fromkeys(Account, Decimal(0))

    def book(kind: EntryKind, mode: BillingMode, n: int) -> None:
        transfer = TRANSFERS[kind, mode]
        assert transfer.debit
        assert transfer.credit
        balances[transfer.debit] -= n
        balances[transfer.credit] += n
        balances[transfer.money_debit] -= (PRICE * n).amount
        balances[transfer.money_credit] += (PRICE * n).amount

    for step, n, which, day in steps:
        if step in ("reserve", "partial"):
            decision = ask(ledger, n, price=PRICE, partial=step == "partial", day=day)
            if decision.granted:
                counters = Counters(granted=decision.granted)
                reservations.append(
                    Reservation(UUID(int=len(reservations)), day, day.replace(day=1), PRICE, mode, counters)
                )
                book(EntryKind.RESERVE, mode, decision.granted)
            assert decision.granted in ((0, n) if step == "reserve" else range(n + 1))
        elif reservations:
            reservation = reservations[which % len(reservations)]
            try:
                movement = getattr(ledger, step)(reservation, n)
            except Conflict:
                continue
            book(movement.kind, mode, movement.n)
        for window, counters in ledger.windows.items():
            limit = daily if window.kind is WindowKind.DAILY else monthly
            assert limit is None or counters.used <= limit
            assert counters.open >= 0
    for kind in WindowKind:
        counters_of = [c for w, c in ledger.windows.items() if w.kind is kind]
        for name in ("granted", "settled", "released", "open"):
            assert sum(getattr(c, name) for c in counters_of) == sum(
                getattr(r.counters, name) for r in reservations
            )
    assert sum(balances.values()) == 0
    assert balances[Account.RESERVED] == sum(r.counters.open for r in reservations)
    assert balances[Account.USED] == sum(r.counters.settled for r in reservations)
    assert balances[Account.HELD] == sum((r.unit_price * r.counters.open).amount for r in reservations)
    assert ledger.credit.amount >= 0
    assert ledger.credit.amount == start.amount + balances[Account.CREDIT]
