"""Add to an application's prepaid credit."""

from __future__ import annotations

import attrs

from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.ledger import CreditMovement, Ledger
from application.quota.commands import TopUpCreditCommand
from application.quota.credit_entry import check_text, credit_entry
from domain.quota.entries import EntryKind
from domain.quota.money import Money
from domain.shared.errors import InvalidInput


@attrs.frozen(kw_only=True)
class TopUpCredit:
    ledger: Ledger
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: TopUpCreditCommand) -> CreditMovement:
        """Move the amount once per reference; a repeated reference answers the first movement and says so.

        Raise NotFound, InvalidInput naming the field, or IdempotencyMismatch for a reference used before with
        another amount.
        """
        money = Money(command.amount, command.currency)
        if money.amount <= 0:
            raise InvalidInput("amount is not above 0", field="amount", fix="top up by more than 0")
        reference, note = check_text(command.reference, "reference"), check_text(command.note, "note")
        entry_id, now = self.identifiers.one(), self.clock.now()
        return await self.ledger.move_credit(
            command.application_id,
            lambda terms: credit_entry(
                terms, EntryKind.TOP_UP, money, entry_id=entry_id, now=now, reference=reference, note=note
            ),
            now=now,
        )
