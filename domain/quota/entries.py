"""Double entries: every movement takes from one account and gives to another, in messages and in money.

            reserve              settle
 available ─────────► reserved ─────────► used          messages
     ▲                    │                 │
     └───── release ──────┴── give_back ────┘

  source ─────────►  held  ─────────► revenue           money; source: prepaid `credit`, postpaid `receivable`
    cash ── top_up ──► credit

A debit lowers an account and a credit raises it, as the specification says; an account's balance is its credits
less its debits, and all balances of an application add up to nothing. What a postpaid application owes is the
negative balance of `receivable`, of which `held` is not due yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import attrs


class BillingMode(StrEnum):
    """Pay afterwards, or from a credit that must cover every message."""

    POSTPAID = "postpaid"
    PREPAID = "prepaid"


class EntryKind(StrEnum):
    """Why something moved. The value is what the database stores."""

    RESERVE = "reserve"
    SETTLE = "settle"
    RELEASE = "release"
    GIVE_BACK = "give_back"
    """A successful message failed later, on a channel that bills on delivery only."""
    TOP_UP = "top_up"
    ADJUSTMENT = "adjustment"


class Account(StrEnum):
    """Where messages and money are. The value is what the database stores."""

    AVAILABLE = "available"
    RESERVED = "reserved"
    USED = "used"
    CASH = "cash"
    CREDIT = "credit"
    RECEIVABLE = "receivable"
    HELD = "held"
    REVENUE = "revenue"


@attrs.frozen
class Transfer:
    """The accounts of one movement; the messages' are None where only money moves."""

    debit: Account | None
    credit: Account | None
    money_debit: Account
    money_credit: Account


def _of_reservation(mode: BillingMode) -> Mapping[tuple[EntryKind, BillingMode], Transfer]:
    source = Account.CREDIT if mode is BillingMode.PREPAID else Account.RECEIVABLE
    return {
        (EntryKind.RESERVE, mode): Transfer(Account.AVAILABLE, Account.RESERVED, source, Account.HELD),
        (EntryKind.SETTLE, mode): Transfer(Account.RESERVED, Account.USED, Account.HELD, Account.REVENUE),
        (EntryKind.RELEASE, mode): Transfer(Account.RESERVED, Account.AVAILABLE, Account.HELD, source),
        (EntryKind.GIVE_BACK, mode): Transfer(Account.USED, Account.AVAILABLE, Account.REVENUE, source),
    }


TRANSFERS: Mapping[tuple[EntryKind, BillingMode], Transfer] = {
    **_of_reservation(BillingMode.POSTPAID),
    **_of_reservation(BillingMode.PREPAID),
}
"""What each movement of a reservation moves."""

PAID_IN = Transfer(None, None, Account.CASH, Account.CREDIT)
"""A top-up, or an adjustment in the application's favour."""
TAKEN_OUT = Transfer(None, None, Account.CREDIT, Account.CASH)
"""An adjustment to the application's cost."""


@attrs.frozen
class Entry:
    """One line of the ledger: n messages and an amount, moved at one moment."""

    id: UUID
    application_id: UUID
    kind: EntryKind
    transfer: Transfer
    n: int
    amount: Decimal
    currency: str
    created_at: datetime
    reservation_id: UUID | None = None
    chunk_id: UUID | None = None
    reference: str | None = None
    note: str | None = None
