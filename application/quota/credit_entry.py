"""The ledger line of money that comes in or goes out, checked against the application's terms."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.quota.entries import PAID_IN, TAKEN_OUT, Entry, EntryKind
from domain.quota.money import Money
from domain.quota.terms import QuotaTerms
from domain.shared.errors import InvalidInput

MAX_TEXT = 200
"""Characters of a reference or a note."""


def credit_entry(
    terms: QuotaTerms,
    kind: EntryKind,
    money: Money,
    *,
    entry_id: UUID,
    now: datetime,
    reference: str | None,
    note: str | None,
) -> Entry:
    """Money below 0 is taken out. Raise InvalidInput for another currency than the application's."""
    terms.accept_money(money)
    return Entry(
        id=entry_id,
        application_id=terms.application_id,
        kind=kind,
        transfer=PAID_IN if money.amount > 0 else TAKEN_OUT,
        n=0,
        amount=abs(money.amount),
        currency=money.currency,
        created_at=now,
        reference=reference,
        note=note,
    )


def check_text(value: str | None, field: str) -> str | None:
    """Raise InvalidInput for text that is blank, longer than MAX_TEXT or holds a NUL."""
    if value is not None and (not value.strip() or len(value) > MAX_TEXT or "\x00" in value):
        raise InvalidInput(
            f"{field} is not usable text", field=field, fix=f"use 1 to {MAX_TEXT} characters, or leave it out"
        )
    return value
