"""The proof of the ledger: what the lines say, what the counters say and what the messages say must agree.

The evidence is gathered in one snapshot; every rule here is pure and names what it found wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import attrs

from domain.quota.ledger import Counters


class Rule(StrEnum):
    """Which equality does not hold."""

    WINDOW_GRANTED = "window_granted"
    WINDOW_SETTLED = "window_settled"
    WINDOW_RELEASED = "window_released"
    WINDOW_OPEN = "window_open"
    RESERVATION_MISSING = "reservation_missing"
    RESERVATION_RESERVED = "reservation_reserved"
    RESERVATION_EXCEEDED = "reservation_exceeded"
    RESERVATION_GIVEN_BACK = "reservation_given_back"
    OPEN_MESSAGES = "open_messages"
    ENTRY_ACCOUNTS = "entry_accounts"
    ENTRY_AMOUNT = "entry_amount"
    MESSAGES_BALANCE = "messages_balance"
    MESSAGES_RESERVED = "messages_reserved"
    MESSAGES_USED = "messages_used"
    MONEY_BALANCE = "money_balance"
    MONEY_HELD = "money_held"
    MONEY_REVENUE = "money_revenue"
    CREDIT_BALANCE = "credit_balance"


@attrs.frozen
class Finding:
    """One thing that does not add up."""

    rule: Rule
    application_id: UUID
    subject: str
    """Which window, reservation, entry or currency."""
    expected: str
    found: str


@attrs.frozen
class WindowEvidence:
    """One day or month of one application: the sums of its lines, and its counters with the deltas not yet folded."""

    application_id: UUID
    kind: str
    starts_on: date
    lines: Counters
    counted: Counters

    def findings(self) -> Iterator[Finding]:
        subject = f"{self.kind} {self.starts_on}"
        for rule, expected, found in (
            (Rule.WINDOW_GRANTED, self.lines.granted, self.counted.granted),
            (Rule.WINDOW_SETTLED, self.lines.settled, self.counted.settled),
            (Rule.WINDOW_RELEASED, self.lines.released, self.counted.released),
        ):
            if expected != found:
                yield Finding(rule, self.application_id, subject, str(expected), str(found))
        if self.lines.open < 0:
            yield Finding(
                Rule.WINDOW_OPEN,
                self.application_id,
                subject,
                "granted = settled + released + open",
                "open < 0",
            )


@attrs.frozen
class ReservationEvidence:
    """One reservation: its row (n is None without one), its lines, and its messages that are not final yet."""

    application_id: UUID
    reservation_id: UUID
    n: int | None
    reserved: int
    settled: int
    released: int
    given_back: int
    waiting: int | None
    """None where messages were not looked at."""

    def findings(self) -> Iterator[Finding]:
        def found(rule: Rule, expected: object, is_: object) -> Finding:
            return Finding(rule, self.application_id, str(self.reservation_id), str(expected), str(is_))

        if self.n is None:
            lines = self.reserved + self.settled + self.released
            yield found(
                Rule.RESERVATION_MISSING, "a reservation", f"{lines} in lines, {self.waiting or 0} waiting"
            )
            return
        open_ = self.n - self.settled - self.released
        if self.reserved != self.n:
            yield found(Rule.RESERVATION_RESERVED, self.n, self.reserved)
        if open_ < 0:
            yield found(Rule.RESERVATION_EXCEEDED, f"at most {self.n}", self.settled + self.released)
        if self.given_back > self.settled:
            yield found(Rule.RESERVATION_GIVEN_BACK, f"at most {self.settled}", self.given_back)
        if self.waiting is not None and self.waiting != open_:
            yield found(Rule.OPEN_MESSAGES, open_, self.waiting)


@attrs.frozen
class EntryEvidence:
    """One line whose accounts or amount are not what its kind and its reservation's price ask for."""

    application_id: UUID
    entry_id: UUID
    accounts_expected: str
    accounts: str
    amount_expected: str
    amount: str

    def findings(self) -> Iterator[Finding]:
        subject = str(self.entry_id)
        if self.accounts != self.accounts_expected:
            yield Finding(
                Rule.ENTRY_ACCOUNTS, self.application_id, subject, self.accounts_expected, self.accounts
            )
        if self.amount != self.amount_expected:
            yield Finding(Rule.ENTRY_AMOUNT, self.application_id, subject, self.amount_expected, self.amount)


@attrs.frozen
class BooksEvidence:
    """One application's books in one currency: account balances, and what reservations and credit say they are."""

    application_id: UUID
    currency: str
    messages_total: int
    reserved: int
    used: int
    open_messages: int
    settled_messages: int
    money_total: Decimal
    held: Decimal
    revenue: Decimal
    credit: Decimal
    open_value: Decimal
    settled_value: Decimal
    credit_counted: Decimal
    """The balance that reservations are decided on, with the deltas not yet folded."""

    def findings(self) -> Iterator[Finding]:
        for rule, expected, found in (
            (Rule.MESSAGES_BALANCE, 0, self.messages_total),
            (Rule.MESSAGES_RESERVED, self.open_messages, self.reserved),
            (Rule.MESSAGES_USED, self.settled_messages, self.used),
            (Rule.MONEY_BALANCE, Decimal(0), self.money_total),
            (Rule.MONEY_HELD, self.open_value, self.held),
            (Rule.MONEY_REVENUE, self.settled_value, self.revenue),
            (Rule.CREDIT_BALANCE, self.credit, self.credit_counted),
        ):
            if expected != found:
                yield Finding(rule, self.application_id, self.currency, str(expected), str(found))


Evidence = WindowEvidence | ReservationEvidence | EntryEvidence | BooksEvidence
