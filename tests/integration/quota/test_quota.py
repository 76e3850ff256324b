"""Terms and usage on a real database: what is set is read, what is used is true to the last movement."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.quota import PostgresQuotas
from application.quota.adjust_credit import AdjustCredit
from application.quota.commands import (
    AdjustCreditCommand,
    ListLedgerEntriesCommand,
    ReadQuotaCommand,
    SetQuotaCommand,
    SetUnitPricesCommand,
    TopUpCreditCommand,
)
from application.quota.list_ledger_entries import ListLedgerEntries
from application.quota.read_quota import QuotaView, ReadQuota
from application.quota.set_quota import SetQuota
from application.quota.set_unit_prices import SetUnitPrices
from application.quota.top_up_credit import TopUpCredit
from domain.quota.entries import BillingMode, EntryKind
from domain.quota.money import Money
from domain.shared.channels import Channel
from domain.shared.errors import Conflict, IdempotencyMismatch, InvalidInput, NotFound
from tests.integration.quota.books import Books, SetClock, ask, ids, move


class Quota:
    """The use cases over one database."""

    def __init__(self, books: Books) -> None:
        self.clock = SetClock()
        quotas, ledger = PostgresQuotas(books.engine), PostgresLedger(books.engine)
        self.set = SetQuota(quotas=quotas, clock=self.clock)
        self.price = SetUnitPrices(quotas=quotas, clock=self.clock)
        self.entries = ListLedgerEntries(ledger=ledger)
        self._read = ReadQuota(quotas=quotas, clock=self.clock)
        self._top_up = TopUpCredit(ledger=ledger, clock=self.clock, identifiers=ids)
        self.adjust = AdjustCredit(ledger=ledger, clock=self.clock, identifiers=ids)

    async def read(self, application_id: UUID) -> QuotaView:
        return await self._read(ReadQuotaCommand(application_id=application_id))

    async def top_up(
        self, application_id: UUID, amount: str, reference: str | None = None, currency: str = "KRW"
    ):
        return await self._top_up(
            TopUpCreditCommand(
                application_id=application_id, amount=Decimal(amount), currency=currency, reference=reference
            )
        )


@pytest.fixture
def quota(books: Books) -> Quota:
    return Quota(books)


async def test_an_application_that_nobody_set_terms_for_is_unlimited_and_pays_later(
    books: Books, quota: Quota
) -> None:
    application_id = await books.application(with_quota=False)
    view = await quota.read(application_id)
    assert (view.daily_quota, view.monthly_quota, view.daily_used, view.monthly_used) == (None, None, 0, 0)
    assert (view.billing_mode, view.billing_currency) == (BillingMode.POSTPAID, "KRW")
    assert view.credit_balance == view.unit_price == Money(Decimal(0))
    assert view.reset_date == datetime(2025, 1, 31, 15, tzinfo=UTC)
    assert view.monthly_reset_date == datetime(2025, 1, 31, 15, tzinfo=UTC)


async def test_what_is_set_is_read_and_what_is_not_named_stays(books: Books, quota: Quota) -> None:
    application_id = await books.application(with_quota=False)
    await quota.set(SetQuotaCommand(application_id=application_id, daily_quota=10, monthly_quota=100))
    await quota.price(
        SetUnitPricesCommand(
            application_id=application_id,
            unit_prices={Channel.PUSH: Decimal("0.1"), Channel.SMS: Decimal(9)},
        )
    )
    await quota.price(
        SetUnitPricesCommand(application_id=application_id, unit_prices={Channel.SMS: Decimal("6.5")})
    )
    await quota.set(
        SetQuotaCommand(application_id=application_id, daily_quota=None, billing_mode=BillingMode.PREPAID)
    )
    view = await quota.read(application_id)
    assert (view.daily_quota, view.monthly_quota, view.billing_mode) == (None, 100, BillingMode.PREPAID)
    assert view.unit_price == Money(Decimal("0.1"))
    assert (view.unit_prices[Channel.SMS], view.unit_prices[Channel.EMAIL]) == (Decimal("6.5"), 0)


async def test_usage_is_true_before_and_after_the_deltas_are_folded(books: Books, quota: Quota) -> None:
    application_id = await books.application(daily=20, prepaid="100", price="6.5")
    await books.reserve(request := ask(application_id, 10))
    await books.record(move(request, "settle", 3), move(request, "release", 2))
    for _ in range(2):
        view = await quota.read(application_id)
        assert (view.daily_used, view.monthly_used) == (8, 8)
        assert view.credit_balance == Money(Decimal(48))
        await books.fold()


async def test_at_local_midnight_use_begins_anew_and_at_the_month_s_end_both_do(
    books: Books, quota: Quota
) -> None:
    application_id = await books.application(daily=20, settings='{"time_zone": "America/New_York"}')
    request = ask(application_id, 10)
    await books.reserve(request)
    quota.clock.instant = datetime(2025, 2, 1, 5, tzinfo=UTC) - timedelta(seconds=1)
    view = await quota.read(application_id)
    assert (view.daily_used, view.monthly_used) == (10, 10)
    assert view.reset_date == view.monthly_reset_date == datetime(2025, 2, 1, 5, tzinfo=UTC)
    quota.clock.instant = view.reset_date
    view = await quota.read(application_id)
    assert (view.daily_used, view.monthly_used) == (0, 0)
    assert view.reset_date == datetime(2025, 2, 2, 5, tzinfo=UTC)
    assert view.monthly_reset_date == datetime(2025, 3, 1, 5, tzinfo=UTC)


async def test_a_lowered_limit_holds_from_the_next_reservation_on(books: Books, quota: Quota) -> None:
    application_id = await books.application(with_quota=False)
    assert (await books.reserve(ask(application_id, 10)))[0].granted == 10
    await quota.set(SetQuotaCommand(application_id=application_id, daily_quota=12))
    assert (await books.reserve(ask(application_id, 3)))[0].granted == 0
    assert (await books.reserve(ask(application_id, 2)))[0].granted == 2


async def test_a_reservation_keeps_the_price_it_was_made_at(books: Books, quota: Quota) -> None:
    application_id = await books.application(prepaid="100", price="10")
    await books.reserve(request := ask(application_id, 10))
    await quota.price(
        SetUnitPricesCommand(application_id=application_id, unit_prices={Channel.PUSH: Decimal(99)})
    )
    await books.record(move(request, "release", 10))
    assert (await quota.read(application_id)).credit_balance == Money(Decimal(100))
    assert (await books.check()).findings == ()


@pytest.mark.parametrize("limit", [-1, 2**31])
async def test_a_limit_that_cannot_be_is_refused_by_name(books: Books, quota: Quota, limit: int) -> None:
    application_id = await books.application()
    with pytest.raises(InvalidInput) as refused:
        await quota.set(SetQuotaCommand(application_id=application_id, monthly_quota=limit))
    assert refused.value.field == "monthly_quota"


@pytest.mark.parametrize("price", ["-0.000001", "1000000", "0.0000001", "NaN"])
async def test_a_price_that_cannot_be_is_refused_by_name(books: Books, quota: Quota, price: str) -> None:
    application_id = await books.application()
    with pytest.raises(InvalidInput) as refused:
        await quota.price(
            SetUnitPricesCommand(application_id=application_id, unit_prices={Channel.SMS: Decimal(price)})
        )
    assert refused.value.field == "unit_prices.sms"


async def test_the_currency_changes_only_while_no_money_is_in_the_other(books: Books, quota: Quota) -> None:
    fresh = await books.application()
    assert (
        await quota.set(SetQuotaCommand(application_id=fresh, billing_currency="USD"))
    ).billing_currency == "USD"
    for application_id in (await books.application(prepaid="1"), await books.application(price="1")):
        with pytest.raises(Conflict):
            await quota.set(SetQuotaCommand(application_id=application_id, billing_currency="USD"))
    charged = await books.application(price="1")
    await books.reserve(ask(charged, 1))
    await quota.price(SetUnitPricesCommand(application_id=charged, unit_prices={Channel.PUSH: Decimal(0)}))
    with pytest.raises(Conflict):
        await quota.set(SetQuotaCommand(application_id=charged, billing_currency="USD"))
    with pytest.raises(InvalidInput):
        await quota.set(SetQuotaCommand(application_id=fresh, billing_currency="WON"))


async def test_a_top_up_with_one_reference_moves_money_once_however_often_it_is_told(
    books: Books, quota: Quota
) -> None:
    application_id = await books.application(with_quota=False)
    answers = await asyncio.gather(*(quota.top_up(application_id, "1000", "invoice-1") for _ in range(5)))
    assert sorted(answer.replayed for answer in answers) == [False, True, True, True, True]
    assert {answer.entry.id for answer in answers} == {answers[0].entry.id}
    assert {answer.credit_balance for answer in answers} == {Money(Decimal(1000))}
    await quota.top_up(application_id, "500")
    await quota.top_up(application_id, "500")
    assert (await quota.read(application_id)).credit_balance == Money(Decimal(2000))
    with pytest.raises(IdempotencyMismatch):
        await quota.top_up(application_id, "1001", "invoice-1")
    assert (await books.check()).findings == ()


async def test_the_same_reference_in_two_applications_is_two_payments(books: Books, quota: Quota) -> None:
    for application_id in (await books.application(), await books.application()):
        assert not (await quota.top_up(application_id, "10", "1")).replayed


@pytest.mark.parametrize(
    ("amount", "currency", "field"),
    [
        ("0", "KRW", "amount"),
        ("-5", "KRW", "amount"),
        ("0.0000001", "KRW", "amount"),
        ("5", "USD", "currency"),
    ],
)
async def test_a_top_up_that_cannot_be_is_refused_by_name(
    books: Books, quota: Quota, amount: str, currency: str, field: str
) -> None:
    application_id = await books.application()
    with pytest.raises(InvalidInput) as refused:
        await quota.top_up(application_id, amount, currency=currency)
    assert refused.value.field == field
    assert (await quota.read(application_id)).credit_balance == Money(Decimal(0))


async def test_an_adjustment_to_the_cost_of_the_application_is_in_the_books(
    books: Books, quota: Quota
) -> None:
    application_id = await books.application(prepaid="10", price="1")
    command = AdjustCreditCommand(
        application_id=application_id, amount=Decimal(-12), currency="KRW", note="refunded"
    )
    moved = await quota.adjust(command)
    assert moved.credit_balance == Money(Decimal(-2))
    assert (await books.reserve(ask(application_id, 1)))[0].granted == 0
    assert (await books.check()).findings == ()


async def test_pages_of_entries_are_newest_first_and_meet_without_gap(books: Books, quota: Quota) -> None:
    application_id, other = await books.application(price="2"), await books.application()
    for n in range(1, 6):
        await books.reserve(ask(application_id, n), ask(other, n))
    seen: list[int] = []
    cursor = None
    while True:
        page = await quota.entries(
            ListLedgerEntriesCommand(application_id=application_id, cursor=cursor, limit=2)
        )
        seen += [entry.n for entry in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == [5, 4, 3, 2, 1]


async def test_entries_are_found_by_kind_reservation_and_time(books: Books, quota: Quota) -> None:
    application_id = await books.application(price="2")
    await books.reserve(one := ask(application_id, 5), ask(application_id, 6))
    await books.record(move(one, "settle", 5))

    async def found(**wanted: object) -> list[tuple[str, int]]:
        page = await quota.entries(ListLedgerEntriesCommand(application_id=application_id, **wanted))
        return [(entry.kind.value, entry.n) for entry in page.items]

    assert await found(kind=EntryKind.SETTLE) == [("settle", 5)]
    assert await found(reservation_id=one.reservation_id) == [("settle", 5), ("reserve", 5)]
    now = quota.clock.instant
    assert await found(since=now + timedelta(seconds=1)) == []
    assert await found(until=now) == []
    assert len(await found(since=now, until=now + timedelta(seconds=1))) == 3


async def test_an_unknown_application_is_not_found(quota: Quota) -> None:
    unknown = ids.one()
    for call in (
        quota.read(unknown),
        quota.set(SetQuotaCommand(application_id=unknown, daily_quota=1)),
        quota.top_up(unknown, "1"),
        quota.entries(ListLedgerEntriesCommand(application_id=unknown)),
    ):
        with pytest.raises(NotFound):
            await call
