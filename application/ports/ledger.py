"""The double-entry ledger: read it, move credit in it, gather the evidence that it is true."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from domain.messaging.lifecycle import Status
from domain.quota.entries import Entry, EntryKind
from domain.quota.money import Money
from domain.quota.proof import Evidence
from domain.quota.terms import QuotaTerms


@attrs.frozen(kw_only=True)
class EntryFilter:
    """Which lines are wanted; None wants all."""

    kind: EntryKind | None = None
    reservation_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""


@attrs.frozen
class CreditMovement:
    """A top-up or an adjustment as it stands in the ledger."""

    entry: Entry
    credit_balance: Money
    """After it, to the last committed movement."""
    replayed: bool
    """The reference was used before, for the same amount: nothing was moved now."""


class Ledger(Protocol):
    async def entries(
        self, application_id: UUID, wanted: EntryFilter, *, before: UUID | None, limit: int
    ) -> Sequence[Entry]:
        """Newest first, those with an id below `before`. Raise NotFound for an unknown application."""
        ...

    async def move_credit(
        self, application_id: UUID, decide: Callable[[QuotaTerms], Entry], *, now: datetime
    ) -> CreditMovement:
        """Write the entry that `decide` makes and move the balance with it, once per reference.

        Raise NotFound for an unknown application, IdempotencyMismatch when the reference belongs to another amount.
        """
        ...


class LedgerEvidence(Protocol):
    def gather(
        self, application_id: UUID | None, waiting: Sequence[Status], *, at_most: int
    ) -> AsyncIterator[Evidence]:
        """Everything the proof needs, from one snapshot, streamed; None is all applications.

        Windows and books come whole; reservations and entries only where they look wrong, `at_most` of each.
        `waiting` are the states of messages that keep a reservation open; none: messages are not looked at.
        """
        ...
