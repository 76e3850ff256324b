"""The quota ledger of one application: what may be reserved, and what a reservation may become.

Invariant, per application and window: granted = settled + released + open. Used is granted less released.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

import attrs

from domain.quota.entries import TRANSFERS, BillingMode, EntryKind, Transfer
from domain.quota.money import Money
from domain.quota.windows import WindowKind
from domain.shared.errors import Conflict


class Refusal(StrEnum):
    """What a reservation did not fit into."""

    DAILY = "daily"
    MONTHLY = "monthly"
    CREDIT = "credit"


@attrs.frozen
class Window:
    """One local day or one local month; `starts_on` is its first day."""

    kind: WindowKind
    starts_on: date


@attrs.define
class Counters:
    """A window's counters, or a reservation's. Nothing but `granted` is known at the moment of a reservation."""

    granted: int = 0
    settled: int = 0
    released: int = 0

    @property
    def used(self) -> int:
        return self.granted - self.released

    @property
    def open(self) -> int:
        return self.granted - self.settled - self.released

    def apply(self, kind: EntryKind, n: int) -> None:
        """Count n messages of a movement."""
        match kind:
            case EntryKind.RESERVE:
                self.granted += n
            case EntryKind.SETTLE:
                self.settled += n
            case EntryKind.RELEASE:
                self.released += n
            case EntryKind.GIVE_BACK:
                self.settled -= n
                self.released += n
            case EntryKind.TOP_UP | EntryKind.ADJUSTMENT:
                raise ValueError(f"{kind} moves no messages")


@attrs.frozen
class Decision:
    """The answer to a request: how many are granted, and what cut the request short if it was."""

    granted: int
    refused_by: Refusal | None
    daily_left: int | None
    """After this decision; None is unlimited."""
    monthly_left: int | None


@attrs.define
class Reservation:
    """Messages granted together, at one price, counted in one day and one month."""

    id: UUID
    day: date
    month: date
    unit_price: Money
    billing_mode: BillingMode = BillingMode.POSTPAID
    counters: Counters = attrs.field(factory=Counters)


@attrs.frozen
class Movement:
    """What a decision writes down: a balanced transfer of n messages and their price."""

    kind: EntryKind
    transfer: Transfer
    n: int
    amount: Money


@attrs.define
class QuotaLedger:
    """Limits, windows and credit of one application. A limit of None is unlimited."""

    daily_quota: int | None = None
    monthly_quota: int | None = None
    billing_mode: BillingMode = BillingMode.POSTPAID
    credit: Money = attrs.field(factory=Money.zero)
    windows: dict[Window, Counters] = attrs.field(factory=dict)

    def decide(
        self, n: int, *, day: date, month: date, unit_price: Money, allow_partial: bool = False
    ) -> Decision:
        """Grant n messages whole, or with `allow_partial` as many as are left (at least one), or none; count them.

        A prepaid credit is lowered by the price of what was granted.
        """
        if n < 1:
            raise ValueError("a reservation is for at least one message")
        daily, monthly = self._window(WindowKind.DAILY, day), self._window(WindowKind.MONTHLY, month)
        prepaid = self.billing_mode is BillingMode.PREPAID
        room = (
            (Refusal.DAILY, _left(self.daily_quota, daily)),
            (Refusal.MONTHLY, _left(self.monthly_quota, monthly)),
            (Refusal.CREDIT, self.credit.covers(unit_price) if prepaid else None),
        )
        granted, refused_by = n, None
        for refusal, left in room:
            if left is not None and left < granted:
                granted, refused_by = left, refusal
                if not allow_partial:
                    granted = 0
                    break
        if granted:
            daily.apply(EntryKind.RESERVE, granted)
            monthly.apply(EntryKind.RESERVE, granted)
            if prepaid:
                self.credit -= unit_price * granted
        return Decision(
            granted, refused_by, _left(self.daily_quota, daily), _left(self.monthly_quota, monthly)
        )

    def settle(self, reservation: Reservation, n: int) -> Movement:
        """n of its messages were sent, or must be paid. Raise Conflict when fewer are open."""
        return self._move(EntryKind.SETTLE, reservation, n, reservation.counters.open)

    def release(self, reservation: Reservation, n: int) -> Movement:
        """n of its messages will not be sent. Raise Conflict when fewer are open."""
        return self._move(EntryKind.RELEASE, reservation, n, reservation.counters.open)

    def give_back(self, reservation: Reservation, n: int) -> Movement:
        """n of its settled messages turned out undelivered. Raise Conflict when fewer are settled."""
        return self._move(EntryKind.GIVE_BACK, reservation, n, reservation.counters.settled)

    def _move(self, kind: EntryKind, reservation: Reservation, n: int, at_most: int) -> Movement:
        if not 1 <= n <= at_most:
            raise Conflict(f"reservation {reservation.id} has {at_most} messages to {kind}, not {n}")
        amount = reservation.unit_price * n
        reservation.counters.apply(kind, n)
        # Into the windows it was reserved in, however long ago that was.
        self._window(WindowKind.DAILY, reservation.day).apply(kind, n)
        self._window(WindowKind.MONTHLY, reservation.month).apply(kind, n)
        # How it was paid is fixed when it is reserved: a later change of the billing mode does not touch it.
        if reservation.billing_mode is BillingMode.PREPAID and kind is not EntryKind.SETTLE:
            self.credit += amount
        return Movement(kind, TRANSFERS[kind, reservation.billing_mode], n, amount)

    def _window(self, kind: WindowKind, starts_on: date) -> Counters:
        return self.windows.setdefault(Window(kind, starts_on), Counters())


def _left(limit: int | None, counters: Counters) -> int | None:
    """May be less than what a lowered limit allows: never negative."""
    return None if limit is None else max(0, limit - counters.used)
