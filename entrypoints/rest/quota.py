"""Quota: limits, prices, credit and the ledger of an application."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from application.quota.commands import (
    ListLedgerEntriesCommand,
    ReadQuotaCommand,
    SetQuotaCommand,
    SetUnitPricesCommand,
    TopUpCreditCommand,
)
from application.quota.read_quota import QuotaView
from domain.applications.scopes import Scope
from domain.quota.entries import BillingMode, Entry, EntryKind
from domain.shared.channels import Channel
from domain.shared.unset import UNSET as UNCHANGED
from entrypoints.http.decoding import In, Out, utc
from entrypoints.http.route import Access, Call, Reply, Route
from entrypoints.http.wire import (
    Amount,
    BillingModeName,
    ChannelName,
    Currency,
    PageQuery,
    SignedAmount,
    Timestamp,
    amount,
    decimal,
)
from entrypoints.rest.use_cases import RestUseCases

Count = Annotated[int, Meta(ge=0, le=2_147_483_647, description="Messages; null: unlimited")]
KindName = Literal["reserve", "settle", "release", "give_back", "top_up", "adjustment"]
Note = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]


class QuotaOut(Out):
    """Limits, and what is used of them in the present day and month of the application's time zone."""

    id: UUID
    application_id: UUID
    daily_quota: int | None
    monthly_quota: int | None
    daily_used: int
    monthly_used: int
    reset_date: Annotated[Timestamp, Meta(description="When daily_used begins anew")]
    monthly_reset_date: Timestamp
    billing_mode: BillingModeName
    billing_currency: str
    unit_price: Annotated[SignedAmount, Meta(description="Of a push")]
    unit_prices: dict[str, SignedAmount]
    credit_balance: SignedAmount
    time_zone: str


class QuotaIn(In):
    """What is left out stays; null is unlimited."""

    daily_quota: Count | UnsetType | None = UNSET
    monthly_quota: Count | UnsetType | None = UNSET
    billing_mode: BillingModeName | UnsetType = UNSET
    billing_currency: Currency | UnsetType = UNSET


class UnitPricesIn(In):
    """Price of one message per channel, in the billing currency; channels that are left out keep theirs."""

    unit_prices: Annotated[dict[ChannelName, Amount], Meta(min_length=1)]


class TopUpIn(In):
    """Credit to add."""

    amount: Amount
    currency: Currency = "KRW"
    reference: (
        Annotated[Note, Meta(description="The payment's own number; a repeat with it moves nothing")]
        | UnsetType
    ) = UNSET
    note: Note | UnsetType = UNSET


class EntryOut(Out):
    """One line of the ledger: messages and money, each moved from one account to another."""

    id: UUID
    application_id: UUID
    kind: KindName
    n: int
    debit_account: str | None
    credit_account: str | None
    amount: SignedAmount
    currency: str
    money_debit_account: str
    money_credit_account: str
    reservation_id: UUID | None
    chunk_id: UUID | None
    reference: str | None
    note: str | None
    created_at: Timestamp


class EntryPage(Out):
    """Newest first."""

    items: list[EntryOut]
    next_cursor: str | None


class TopUpOut(Out):
    """The line that was written, and the balance after it; `repeated` when the reference was used before."""

    entry: EntryOut
    credit_balance: SignedAmount
    billing_currency: str
    repeated: bool


class LedgerQuery(PageQuery):
    """Which lines; what is left out is any."""

    kind: KindName | None = None
    reservation_id: UUID | None = None
    since: Timestamp | None = None
    until: Timestamp | None = None


def _quota_out(view: QuotaView) -> QuotaOut:
    return QuotaOut(
        id=view.id,
        application_id=view.application_id,
        daily_quota=view.daily_quota,
        monthly_quota=view.monthly_quota,
        daily_used=view.daily_used,
        monthly_used=view.monthly_used,
        reset_date=view.reset_date,
        monthly_reset_date=view.monthly_reset_date,
        billing_mode=view.billing_mode.value,
        billing_currency=view.billing_currency,
        unit_price=amount(view.unit_price.amount),
        unit_prices={channel.wire: amount(price) for channel, price in view.unit_prices.items()},
        credit_balance=amount(view.credit_balance.amount),
        time_zone=view.time_zone,
    )


def _entry_out(one: Entry) -> EntryOut:
    moved = one.transfer
    return EntryOut(
        id=one.id,
        application_id=one.application_id,
        kind=one.kind.value,
        n=one.n,
        debit_account=None if moved.debit is None else moved.debit.value,
        credit_account=None if moved.credit is None else moved.credit.value,
        amount=amount(one.amount),
        currency=one.currency,
        money_debit_account=moved.money_debit.value,
        money_credit_account=moved.money_credit.value,
        reservation_id=one.reservation_id,
        chunk_id=one.chunk_id,
        reference=one.reference,
        note=one.note,
        created_at=one.created_at,
    )


async def read_quota(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/applications/{application_id}/quota"""
    return Reply(_quota_out(await use_cases.read_quota(ReadQuotaCommand(application_id=call.application_id))))


async def set_quota(use_cases: RestUseCases, call: Call) -> Reply:
    """PUT /v1/applications/{application_id}/quota"""
    body: QuotaIn = call.body
    view = await use_cases.set_quota(
        SetQuotaCommand(
            application_id=call.application_id,
            daily_quota=UNCHANGED if body.daily_quota is UNSET else body.daily_quota,
            monthly_quota=UNCHANGED if body.monthly_quota is UNSET else body.monthly_quota,
            billing_mode=UNCHANGED if body.billing_mode is UNSET else BillingMode(body.billing_mode),
            billing_currency=UNCHANGED if body.billing_currency is UNSET else body.billing_currency,
        )
    )
    return Reply(_quota_out(view))


async def set_unit_prices(use_cases: RestUseCases, call: Call) -> Reply:
    """PUT /v1/applications/{application_id}/quota/unit-prices"""
    body: UnitPricesIn = call.body
    view = await use_cases.set_unit_prices(
        SetUnitPricesCommand(
            application_id=call.application_id,
            unit_prices={
                Channel.from_wire(name, field=f"unit_prices.{name}"): decimal(
                    text, field=f"unit_prices.{name}"
                )
                for name, text in body.unit_prices.items()
            },
        )
    )
    return Reply(_quota_out(view))


async def top_up_credit(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/applications/{application_id}/credits"""
    body: TopUpIn = call.body
    movement = await use_cases.top_up_credit(
        TopUpCreditCommand(
            application_id=call.application_id,
            amount=decimal(body.amount, field="amount"),
            currency=body.currency,
            reference=None if body.reference is UNSET else body.reference,
            note=None if body.note is UNSET else body.note,
        )
    )
    return Reply(
        TopUpOut(
            entry=_entry_out(movement.entry),
            credit_balance=amount(movement.credit_balance.amount),
            billing_currency=movement.credit_balance.currency,
            repeated=movement.replayed,
        ),
        status=200 if movement.replayed else 201,
    )


async def list_ledger(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/applications/{application_id}/ledger"""
    query: LedgerQuery = call.query
    page = await use_cases.list_ledger_entries(
        ListLedgerEntriesCommand(
            application_id=call.application_id,
            kind=None if query.kind is None else EntryKind(query.kind),
            reservation_id=query.reservation_id,
            since=None if query.since is None else utc(query.since, field="since"),
            until=None if query.until is None else utc(query.until, field="until"),
            cursor=query.cursor,
            limit=query.limit,
        )
    )
    return Reply(EntryPage(items=[_entry_out(one) for one in page.items], next_cursor=page.next_cursor))


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="GET",
        path="/v1/applications/{application_id}/quota",
        name="read_quota",
        tag="quota",
        summary="Read limits, use, prices and credit",
        access=Access.PATH,
        scope=Scope.QUOTA_READ,
        replies={200: QuotaOut},
        handler=read_quota,
    ),
    Route(
        method="PUT",
        path="/v1/applications/{application_id}/quota",
        name="set_quota",
        tag="quota",
        summary="Set limits, billing mode and currency",
        access=Access.PATH,
        scope=Scope.QUOTA_WRITE,
        body=QuotaIn,
        replies={200: QuotaOut},
        errors=frozenset({409}),
        handler=set_quota,
    ),
    Route(
        method="PUT",
        path="/v1/applications/{application_id}/quota/unit-prices",
        name="set_unit_prices",
        tag="quota",
        summary="Set what a message costs, per channel",
        access=Access.PATH,
        scope=Scope.QUOTA_WRITE,
        body=UnitPricesIn,
        replies={200: QuotaOut},
        errors=frozenset({409}),
        handler=set_unit_prices,
    ),
    Route(
        method="POST",
        path="/v1/applications/{application_id}/credits",
        name="top_up_credit",
        tag="quota",
        summary="Add prepaid credit",
        description="With a `reference` the money moves once, however often the call is repeated.",
        access=Access.PATH,
        scope=Scope.QUOTA_WRITE,
        body=TopUpIn,
        replies={200: TopUpOut, 201: TopUpOut},
        errors=frozenset({409}),
        handler=top_up_credit,
    ),
    Route(
        method="GET",
        path="/v1/applications/{application_id}/ledger",
        name="list_ledger",
        tag="quota",
        summary="List ledger entries, newest first",
        access=Access.PATH,
        scope=Scope.QUOTA_READ,
        query=LedgerQuery,
        replies={200: EntryPage},
        handler=list_ledger,
    ),
)
