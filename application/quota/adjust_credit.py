"""Correct an application's prepaid credit, either way, with the reason in the ledger."""

from __future__ import annotations

import attrs

from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.ledger import CreditMovement, Ledger
from application.quota.commands import AdjustCreditCommand
from application.quota.credit_entry import check_text, credit_entry
from domain.quota.entries import EntryKind
from domain.quota.money import Money
from domain.shared.errors import InvalidInput


@attrs.frozen(kw_only=True)
class AdjustCredit:
    ledger: Ledger
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: AdjustCreditCommand) -> CreditMovement:
        """Move the amount once per reference. The balance may fall below 0: nothing is granted until it is covered.

        Raise NotFound, InvalidInput naming the field, or IdempotencyMismatch.
        """
        money = Money(command.amount, command.currency)
        if money.amount == 0:
            raise InvalidInput("amount is 0", field="amount", fix="adjust by an amount other than 0")
        reference, note = check_text(command.reference, "reference"), check_text(command.note, "note")
        entry_id, now = self.identifiers.one(), self.clock.now()
        return await self.ledger.move_credit(
            command.application_id,
            lambda terms: credit_entry(
                terms, EntryKind.ADJUSTMENT, money, entry_id=entry_id, now=now, reference=reference, note=note
            ),
            now=now,
        )
