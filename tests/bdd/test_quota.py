"""Steps of features/quota: limits, prices, payments and what the books say."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from pytest_bdd import given, parsers, scenarios, then, when

from application.applications.commands import UpdateApplicationCommand
from application.messaging.accept_command import AcceptResult
from application.quota.commands import (
    CheckLedgerCommand,
    ListLedgerEntriesCommand,
    ReadQuotaCommand,
    SetQuotaCommand,
    SetUnitPricesCommand,
    TopUpCreditCommand,
)
from application.quota.read_quota import QuotaView
from domain.quota.entries import BillingMode, Entry
from domain.shared.channels import Channel
from domain.shared.errors import QuotaExceeded
from tests.bdd.messages import hand_over, keep, order, send
from tests.bdd.world import World

scenarios("../../features/quota")


def set_quota(world: World, **changes: object) -> None:
    """Change the shop's terms as an operator does."""
    command = SetQuotaCommand(application_id=world.shop.id, **changes)  # type: ignore[arg-type]
    world.run(world.use_cases.set_quota()(command))


def quota(world: World) -> QuotaView:
    return world.run(world.use_cases.read_quota()(ReadQuotaCommand(application_id=world.shop.id)))


@given(parsers.re(r"the shop may send (?P<daily>\d+) messages a day(?: and (?P<monthly>\d+) a month)?"))
def limited(world: World, daily: str, monthly: str | None) -> None:
    set_quota(world, daily_quota=int(daily), monthly_quota=int(monthly) if monthly else None)


@given("the shop has no limit")
def unlimited(world: World) -> None:
    set_quota(world, daily_quota=None, monthly_quota=None)


@given(parsers.parse("the shop lives in {zone}"))
def lives_in(world: World, zone: str) -> None:
    command = UpdateApplicationCommand(application_id=world.shop.id, settings={"time_zone": zone})
    world.run(world.use_cases.update_application()(command))


@when(parsers.parse('the shop sends "{title}" to everybody, as far as the quota goes'))
def send_what_fits(world: World, title: str) -> None:
    send(world, order(world, title, list(world.phones), allow_partial=True))


@when(
    parsers.parse("{count:d} servers of the shop send a message each at the same moment"),
    target_fixture="verdicts",
)
def all_at_once(world: World, count: int) -> list[AcceptResult | BaseException]:
    command = order(world, "Hello", list(world.phones))

    async def everything() -> list[AcceptResult | BaseException]:
        calls = [hand_over(world, command) for _ in range(count)]
        return await asyncio.gather(*calls, return_exceptions=True)

    verdicts = world.run(everything())
    for verdict in verdicts:
        if isinstance(verdict, AcceptResult):
            keep(world, command, verdict)
    return verdicts


@then(parsers.parse("{accepted:d} of them are accepted and {refused:d} refused"))
def some_accepted(verdicts: list[AcceptResult | BaseException], accepted: int, refused: int) -> None:
    assert sum(isinstance(one, AcceptResult) and one.accepted == 1 for one in verdicts) == accepted
    assert sum(isinstance(one, QuotaExceeded) for one in verdicts) == refused


@then(parsers.parse("{accepted:d} messages are accepted and {refused:d} is refused"))
def partly_accepted(world: World, accepted: int, refused: int) -> None:
    (answer,) = world.answers
    assert len(answer.message_ids) == accepted
    assert [error.code for error in answer.errors] == ["quota_exceeded"] * refused


def next_midnight(world: World, zone: str) -> datetime:
    """When the shop's next day begins."""
    today = world.clock.now().astimezone(ZoneInfo(zone)).date()
    return midnight(today + timedelta(days=1), zone)


def midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))


@then("the shop is told to come back at the beginning of its next day")
def come_back(world: World) -> None:
    refusal, world.refusal = world.refusal, None
    assert isinstance(refusal, QuotaExceeded)
    assert refusal.reset_date == next_midnight(world, "Asia/Seoul")


@then(parsers.parse("its quota begins anew at midnight in {zone}"))
def begins_anew(world: World, zone: str) -> None:
    view = quota(world)
    assert view.reset_date == next_midnight(world, zone)
    first = world.clock.now().astimezone(ZoneInfo(zone)).date().replace(day=1)
    assert view.monthly_reset_date == midnight((first + timedelta(days=31)).replace(day=1), zone)


@when("the shop's next day has begun")
def next_day(world: World) -> None:
    world.clock.ahead += next_midnight(world, "Asia/Seoul") - world.clock.now()


@then(
    parsers.parse("the shop has used {day:d} of its day and {month:d} of its month, unless a month has begun")
)
def used_of_both(world: World, day: int, month: int) -> None:
    view = quota(world)
    first_of_month = world.clock.now().astimezone(ZoneInfo("Asia/Seoul")).day == 1
    assert (view.daily_used, view.monthly_used) == (day, day if first_of_month else month)


@then(parsers.parse("the shop has used {day:d} of its day"))
def used_today(world: World, day: int) -> None:
    assert quota(world).daily_used == day


# Money


@given(parsers.parse("a push costs the shop {price} KRW"))
@when(parsers.parse("a push costs the shop {price} KRW"))
def costs(world: World, price: str) -> None:
    command = SetUnitPricesCommand(application_id=world.shop.id, unit_prices={Channel.PUSH: Decimal(price)})
    world.run(world.use_cases.set_unit_prices()(command))


@given("the shop pays in advance")
def prepaid(world: World) -> None:
    set_quota(world, billing_mode=BillingMode.PREPAID)


@given("the shop pays afterwards")
def postpaid(world: World) -> None:
    set_quota(world, billing_mode=BillingMode.POSTPAID)


@given(parsers.parse("the shop has paid in {amount} KRW in advance"))
def paid_in(world: World, amount: str) -> None:
    prepaid(world)
    pay(world, None, amount)


@when(parsers.parse('payment "{number}" of {amount} KRW arrives'))
def pay(world: World, number: str | None, amount: str) -> None:
    command = TopUpCreditCommand(
        application_id=world.shop.id, amount=Decimal(amount), currency="KRW", reference=number
    )
    world.attempt(world.use_cases.top_up_credit()(command))


@when(parsers.parse("the credit of the shop is {amount} KRW"))
@then(parsers.parse("the credit of the shop is {amount} KRW"))
def credit_is(world: World, amount: str) -> None:
    command = ReadQuotaCommand(application_id=world.shop.id)

    async def holds() -> bool:
        view = await world.use_cases.read_quota()(command)
        return view.credit_balance.amount == Decimal(amount) and view.credit_balance.currency == "KRW"

    world.until(holds, f"the credit never was {amount} KRW")


@then("the books show")
def books_show(world: World, datatable: list[list[str]]) -> None:
    command = ListLedgerEntriesCommand(application_id=world.shop.id)
    page = world.run(world.use_cases.list_ledger_entries()(command))
    assert [booked(entry) for entry in reversed(page.items)] == [
        (what, int(n), debit, credit, Decimal(amount)) for what, n, debit, credit, amount in datatable[1:]
    ]


def booked(entry: Entry) -> tuple[str, int, str, str, Decimal]:
    moved = entry.transfer
    return entry.kind.value, entry.n, moved.money_debit.value, moved.money_credit.value, entry.amount


@then(
    parsers.parse(
        "the books balance with {granted:d} messages accepted, {settled:d} paid, {released:d} given back and {open:d} open"
    )
)
def books_balance(world: World, granted: int, settled: int, released: int, open: int) -> None:
    report = world.run(world.use_cases.check_ledger()(CheckLedgerCommand(application_id=world.shop.id)))
    assert report.findings == ()
    assert (report.granted, report.settled, report.released, report.open) == (
        granted,
        settled,
        released,
        open,
    )
