"""The ledger of an application, added up for statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

import attrs


@attrs.frozen(slots=True)
class Moved:
    """Lines of one kind, channel and price, of one pair of accounts, written in the month."""

    kind: str
    channel: int | None
    unit_price: Decimal
    currency: str
    money_debit: str
    money_credit: str
    n: int
    amount: Decimal


@attrs.frozen(slots=True)
class Opening:
    """What an account held before the month."""

    account: str
    currency: str
    balance: Decimal


class Statements(Protocol):
    async def lines(
        self, application_id: UUID, since: datetime, until: datetime
    ) -> tuple[Sequence[Opening], Sequence[Moved]]:
        """Both of one snapshot."""
        ...
