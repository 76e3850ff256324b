"""Monthly statements: as figures, and as a page to print."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal
from uuid import UUID

from application.reports.commands import ReadStatementCommand
from domain.applications.scopes import Scope
from domain.reports.statement import AccountLine, Charge, CurrencyStatement, Statement
from entrypoints.http.decoding import In, Out
from entrypoints.http.route import Access, Call, Reply, Route
from entrypoints.http.statement_page import PAGE_HEADERS, statement_page
from entrypoints.http.wire import BillingModeName, SignedAmount, Timestamp, amount
from entrypoints.rest.use_cases import RestUseCases


class ChargeOut(Out):
    """Messages of one channel at one price; channel null: its reservation is no longer kept."""

    channel: str | None
    unit_price: SignedAmount
    sent: int
    given_back: int
    billed: int
    amount: SignedAmount


class AccountOut(Out):
    """One account of the ledger in that month."""

    account: str
    opening: SignedAmount
    credits: SignedAmount
    debits: SignedAmount
    closing: SignedAmount


class CurrencyOut(Out):
    """Everything in one currency. `charged` is exact, `due` rounded to the currency."""

    currency: str
    charges: list[ChargeOut]
    charged: SignedAmount
    due: SignedAmount
    top_ups: SignedAmount
    adjustments: SignedAmount
    accounts: list[AccountOut]


class StatementOut(Out):
    """A month in the application's time zone; every line of the ledger falls into exactly one."""

    application_id: UUID
    application_name: str
    billing_mode: BillingModeName
    time_zone: str
    since: Timestamp
    until: Timestamp
    made_at: Timestamp
    complete: bool
    currencies: list[CurrencyOut]


class StatementPageQuery(In):
    """In which language."""

    language: Literal["ko", "en"] = "ko"


def _command(call: Call) -> ReadStatementCommand:
    year, month = call.path["month"].split("-")
    return ReadStatementCommand(application_id=call.application_id, year=int(year), month=int(month))


async def read_statement(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/applications/{application_id}/statements/{month}"""
    found = await use_cases.read_statement(_command(call))
    return Reply(_out(call.application_id, found))


async def print_statement(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/applications/{application_id}/statements/{month}/page"""
    found = await use_cases.read_statement(_command(call))
    page = statement_page(found, call.path["month"], call.query.language)
    return Reply(headers=PAGE_HEADERS, stream=_once(page), media_type="text/html; charset=utf-8")


async def _once(page: str) -> AsyncIterator[bytes]:
    yield page.encode()


def _out(application_id: UUID, one: Statement) -> StatementOut:
    return StatementOut(
        application_id=application_id,
        application_name=one.application_name,
        billing_mode=one.billing_mode,  # type: ignore[arg-type]
        time_zone=one.time_zone,
        since=one.since,
        until=one.until,
        made_at=one.made_at,
        complete=one.complete,
        currencies=[_currency_out(currency) for currency in one.currencies],
    )


def _currency_out(one: CurrencyStatement) -> CurrencyOut:
    return CurrencyOut(
        currency=one.currency,
        charges=[_charge_out(charge) for charge in one.charges],
        charged=amount(one.charged),
        due=amount(one.due),
        top_ups=amount(one.top_ups),
        adjustments=amount(one.adjustments),
        accounts=[_account_out(account) for account in one.accounts],
    )


def _charge_out(one: Charge) -> ChargeOut:
    return ChargeOut(
        channel=one.channel,
        unit_price=amount(one.unit_price),
        sent=one.sent,
        given_back=one.given_back,
        billed=one.billed,
        amount=amount(one.amount),
    )


def _account_out(one: AccountLine) -> AccountOut:
    return AccountOut(
        account=one.account,
        opening=amount(one.opening),
        credits=amount(one.credits),
        debits=amount(one.debits),
        closing=amount(one.closing),
    )


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="GET",
        path="/v1/applications/{application_id}/statements/{month}",
        name="read_statement",
        tag="quota",
        summary="The statement of a month, from the ledger",
        access=Access.PATH,
        scope=Scope.QUOTA_READ,
        replies={200: StatementOut},
        handler=read_statement,
    ),
    Route(
        method="GET",
        path="/v1/applications/{application_id}/statements/{month}/page",
        name="print_statement",
        tag="quota",
        summary="The same as a page to print, in Korean or English",
        access=Access.PATH,
        scope=Scope.QUOTA_READ,
        query=StatementPageQuery,
        replies={200: None},
        files=("text/html",),
        handler=print_statement,
    ),
)
