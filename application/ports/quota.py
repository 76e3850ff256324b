"""Where an application's terms and its use of them are kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.quota.terms import QuotaTerms


@attrs.frozen
class Usage:
    """Messages used (granted less released) in a day and in a month, to the last committed movement."""

    daily_used: int
    monthly_used: int


class Quotas(Protocol):
    async def read(self, application_id: UUID) -> QuotaTerms:
        """The terms, or the defaults where none were set. Raise NotFound for an unknown application."""
        ...

    async def usage(self, application_id: UUID, *, day: date, month: date) -> Usage:
        """What was used in the local day and in the local month that begins on `month`."""
        ...

    async def change(
        self, application_id: UUID, decide: Callable[[QuotaTerms], QuotaTerms], *, now: datetime
    ) -> QuotaTerms:
        """Store what `decide` makes of the terms, with no other change and no reservation in between.

        Limits, billing mode, currency and prices are stored; the credit moves only through the ledger. Raise
        NotFound for an unknown application, and what `decide` raises.
        """
        ...
