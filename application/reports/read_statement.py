"""The monthly statement of an application, made from its ledger."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import attrs

from application.ports.applications import Applications
from application.ports.clock import Clock
from application.ports.quota import Quotas
from application.ports.statements import Moved, Opening, Statements
from application.reports.commands import ReadStatementCommand
from domain.analytics.period import month_begins, zone_of
from domain.quota.entries import Account, EntryKind
from domain.quota.money import Money
from domain.reports.statement import AccountLine, Charge, CurrencyStatement, Statement
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput


@attrs.frozen(kw_only=True)
class ReadStatement:
    applications: Applications
    quotas: Quotas
    statements: Statements
    clock: Clock

    async def __call__(self, command: ReadStatementCommand) -> Statement:
        """Raise NotFound without such an application, InvalidInput for a month that has not begun."""
        if not (2000 <= command.year <= 2199 and 1 <= command.month <= 12):
            raise InvalidInput("there is no such month", field="month", fix="send such as 2026-03")
        application = await self.applications.get(command.application_id)
        terms = await self.quotas.read(command.application_id)
        zone = application.settings.time_zone
        since, until = month_begins(command.year, command.month, zone_of(zone))
        now = self.clock.now()
        if since > now:
            raise InvalidInput(
                "this month has not begun", field="month", fix="ask for this month or one before"
            )
        openings, moved = await self.statements.lines(command.application_id, since, until)
        named = {one.currency for one in openings} | {one.currency for one in moved}
        return Statement(
            application_name=application.name,
            billing_mode=terms.billing_mode.value,
            time_zone=zone,
            since=since,
            until=until,
            made_at=now,
            complete=until <= now,
            currencies=[
                _of_currency(
                    currency,
                    [one for one in openings if one.currency == currency],
                    [one for one in moved if one.currency == currency],
                )
                for currency in sorted(named | {terms.billing_currency})
            ],
        )


def _of_currency(currency: str, openings: Sequence[Opening], moved: Sequence[Moved]) -> CurrencyStatement:
    charges = _charges(moved)
    charged = sum((one.amount for one in charges), Decimal(0))
    return CurrencyStatement(
        currency=currency,
        charges=charges,
        top_ups=_of_kind(moved, EntryKind.TOP_UP),
        adjustments=_of_kind(moved, EntryKind.ADJUSTMENT),
        accounts=_accounts(openings, moved),
        due=Money(charged, currency).rounded().amount,
    )


def _charges(moved: Sequence[Moved]) -> list[Charge]:
    signs = {EntryKind.SETTLE.value: 1, EntryKind.GIVE_BACK.value: -1}
    groups: dict[tuple[int, Decimal], list[Moved]] = {}
    for one in moved:
        if one.kind in signs:
            groups.setdefault((one.channel or 0, one.unit_price), []).append(one)
    return [
        Charge(
            Channel(channel).wire if channel else None,
            price,
            sum(one.n for one in lines if one.kind == EntryKind.SETTLE.value),
            sum(one.n for one in lines if one.kind == EntryKind.GIVE_BACK.value),
            sum((signs[one.kind] * one.amount for one in lines), Decimal(0)),
        )
        for (channel, price), lines in sorted(groups.items())
    ]


def _of_kind(moved: Sequence[Moved], kind: EntryKind) -> Decimal:
    """What came to the credit by this kind, less what left it."""
    return sum(
        (
            one.amount if one.money_credit == Account.CREDIT.value else -one.amount
            for one in moved
            if one.kind == kind.value
        ),
        Decimal(0),
    )


def _accounts(openings: Sequence[Opening], moved: Sequence[Moved]) -> list[AccountLine]:
    before = {one.account: one.balance for one in openings}
    credits: dict[str, Decimal] = {}
    debits: dict[str, Decimal] = {}
    for one in moved:
        credits[one.money_credit] = credits.get(one.money_credit, Decimal(0)) + one.amount
        debits[one.money_debit] = debits.get(one.money_debit, Decimal(0)) + one.amount
    return [
        AccountLine(
            account.value,
            before.get(account.value, Decimal(0)),
            credits.get(account.value, Decimal(0)),
            debits.get(account.value, Decimal(0)),
        )
        for account in Account
        if account.value in before or account.value in credits or account.value in debits
    ]
