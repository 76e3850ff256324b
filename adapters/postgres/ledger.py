"""The ledger's lines in PostgreSQL: listed for people, and written for money that comes in or goes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.quota import lock_terms, read_terms
from adapters.postgres.tables.metering import ledger_entry, quota
from application.ports.ledger import CreditMovement, EntryFilter
from domain.quota.entries import PAID_IN, Account, Entry, EntryKind, Transfer
from domain.quota.money import Money
from domain.quota.terms import QuotaTerms
from domain.shared.errors import IdempotencyMismatch


class PostgresLedger:
    """`application.ports.ledger.Ledger`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def entries(
        self, application_id: UUID, wanted: EntryFilter, *, before: UUID | None, limit: int
    ) -> Sequence[Entry]:
        lines = sa.select(ledger_entry).where(ledger_entry.c.application_id == application_id)
        if before is not None:
            lines = lines.where(ledger_entry.c.id < before)
        if wanted.kind is not None:
            lines = lines.where(ledger_entry.c.kind == wanted.kind.value)
        if wanted.reservation_id is not None:
            lines = lines.where(ledger_entry.c.reservation_id == wanted.reservation_id)
        if wanted.since is not None:
            lines = lines.where(ledger_entry.c.created_at >= wanted.since)
        if wanted.until is not None:
            lines = lines.where(ledger_entry.c.created_at < wanted.until)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(lines.order_by(ledger_entry.c.id.desc()).limit(limit))).all()
            if not rows:
                await read_terms(connection, application_id)
        return [_entry(row) for row in rows]

    async def move_credit(
        self, application_id: UUID, decide: Callable[[QuotaTerms], Entry], *, now: datetime
    ) -> CreditMovement:
        async with self._engine.begin() as connection:
            await lock_terms(connection, application_id, now)
            terms = await read_terms(connection, application_id)
            entry = decide(terms)
            written = await connection.execute(
                insert(ledger_entry)
                .values(
                    id=entry.id,
                    application_id=application_id,
                    kind=entry.kind.value,
                    n=0,
                    money_debit_account=entry.transfer.money_debit.value,
                    money_credit_account=entry.transfer.money_credit.value,
                    amount=entry.amount,
                    currency=entry.currency,
                    reference=entry.reference,
                    note=entry.note,
                    created_at=entry.created_at,
                )
                .on_conflict_do_nothing(
                    index_elements=["application_id", "reference"],
                    index_where=ledger_entry.c.reference.is_not(None),
                )
                .returning(ledger_entry.c.id)
            )
            if written.first() is None:
                found = await connection.execute(
                    sa.select(ledger_entry).where(
                        ledger_entry.c.application_id == application_id,
                        ledger_entry.c.reference == entry.reference,
                    )
                )
                earlier = _entry(found.one())
                if _moved(earlier) != _moved(entry):
                    raise IdempotencyMismatch(
                        "this reference was used before for another amount",
                        field="reference",
                        fix="use a new reference for a new amount",
                    )
                return CreditMovement(earlier, terms.credit_balance, replayed=True)
            change = entry.amount if entry.transfer == PAID_IN else -entry.amount
            await connection.execute(
                quota.update()
                .where(quota.c.application_id == application_id)
                .values(credit_balance=quota.c.credit_balance + change, updated_at=now)
            )
            balance = terms.credit_balance + Money(change, entry.currency)
            return CreditMovement(entry, balance, replayed=False)


def _moved(entry: Entry) -> tuple[object, ...]:
    return entry.kind, entry.transfer, entry.amount, entry.currency


def _entry(row: sa.Row[tuple[object, ...]]) -> Entry:
    line = row._mapping
    return Entry(
        id=line["id"],
        application_id=line["application_id"],
        kind=EntryKind(line["kind"]),
        transfer=Transfer(
            debit=_account(line["debit_account"]),
            credit=_account(line["credit_account"]),
            money_debit=Account(line["money_debit_account"]),
            money_credit=Account(line["money_credit_account"]),
        ),
        n=line["n"],
        amount=line["amount"],
        currency=line["currency"],
        created_at=line["created_at"],
        reservation_id=line["reservation_id"],
        chunk_id=line["chunk_id"],
        reference=line["reference"],
        note=line["note"],
    )


def _account(name: str | None) -> Account | None:
    return None if name is None else Account(name)
