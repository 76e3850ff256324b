"""Credit and the ledger of an application: topping up, and every line that was written."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from application.quota.commands import ListLedgerEntriesCommand, TopUpCreditCommand
from domain.applications.scopes import Scope
from domain.quota.entries import Entry, EntryKind
from entrypoints.http.decoding import In, Out, utc
from entrypoints.http.route import Access, Call, Reply, Route
from entrypoints.http.wire import Amount, Currency, PageQuery, SignedAmount, Timestamp, amount, decimal
from entrypoints.rest.use_cases import RestUseCases

KindName = Literal["reserve", "settle", "release", "give_back", "top_up", "adjustment"]
Note = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]


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
