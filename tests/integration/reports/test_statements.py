"""Statements add up to the ledger, month by month, and can be printed in both languages."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from adapters.postgres.applications import PostgresApplications
from adapters.postgres.quota import PostgresQuotas
from adapters.postgres.statements import PostgresStatements
from application.reports.commands import ReadStatementCommand
from application.reports.read_statement import ReadStatement
from domain.messaging.outcome import Accepted, Rejected
from domain.reports.statement import Statement
from domain.shared.errors import InvalidInput
from entrypoints.http.statement_page import statement_page
from tests.integration.pipeline.workshop import Workshop


async def spend(shop: Workshop) -> UUID:
    """A postpaid application that pays 6.5 won a push: seven sent, three failed, in two chunks."""
    app = await shop.application()
    await shop.connection.execute("INSERT INTO quota (application_id, updated_at) VALUES ($1, now())", app)
    await shop.connection.execute(
        "INSERT INTO unit_price (application_id, channel, unit_price) VALUES ($1, 1, 6.5)", app
    )
    worker = await shop.worker()
    for outcomes in ([Accepted()] * 4, [Accepted()] * 3 + [Rejected("BadDeviceToken")] * 3):
        await shop.send(app, await shop.subscriptions(app, len(outcomes)))
        (chunk,) = await shop.lease_all(worker)
        await shop.settle(worker, chunk, outcomes)
    return app


async def statement(shop: Workshop, app: UUID, month: datetime) -> Statement:
    read = ReadStatement(
        applications=PostgresApplications(shop.engine),
        quotas=PostgresQuotas(shop.engine),
        statements=PostgresStatements(shop.engine),
        clock=shop.clock,
    )
    return await read(ReadStatementCommand(application_id=app, year=month.year, month=month.month))


async def balances(shop: Workshop, app: UUID) -> dict[str, Decimal]:
    """Of every account, from all lines of the ledger."""
    rows = await shop.connection.fetch(
        "SELECT account, sum(amount) AS balance FROM ("
        " SELECT money_credit_account AS account, amount FROM ledger_entry WHERE application_id = $1 UNION ALL"
        " SELECT money_debit_account, -amount FROM ledger_entry WHERE application_id = $1) line GROUP BY 1",
        app,
    )
    return {row["account"]: row["balance"] for row in rows}


async def test_months_add_up_to_the_ledger(shop: Workshop) -> None:
    """What one month ends with the next begins with; charges are what was sent, and the last balances are the ledger's."""
    app = await spend(shop)
    now = shop.clock.now().astimezone(ZoneInfo("Asia/Seoul"))
    before = now.replace(day=1) - timedelta(days=3)
    await shop.connection.execute(
        "UPDATE ledger_entry SET created_at = $2 WHERE application_id = $1 AND chunk_id IN"
        " (SELECT chunk_id FROM ledger_entry WHERE application_id = $1 AND kind = 'settle' ORDER BY id LIMIT 1)",
        app,
        before,
    )
    (last,) = (await statement(shop, app, before)).currencies
    (this,) = (await statement(shop, app, now)).currencies
    assert [(one.channel, one.unit_price, one.billed) for one in last.charges] == [
        ("push", Decimal("6.5"), 4)
    ]
    assert [(one.sent, one.given_back, one.amount) for one in this.charges] == [(3, 0, Decimal("19.5"))]
    assert (last.due, this.due) == (Decimal(26), Decimal(20))
    opened = {one.account: one.opening for one in this.accounts}
    assert {one.account: one.closing for one in last.accounts}.items() <= opened.items()
    ledger = await balances(shop, app)
    assert {one.account: one.closing for one in this.accounts} == ledger
    assert last.charged + this.charged == ledger["revenue"]
    assert sum(ledger.values()) == 0


async def test_a_statement_is_a_page_in_korean_and_english(shop: Workshop) -> None:
    """The same figures, no script, and a name that is script stays text."""
    app = await spend(shop)
    await shop.connection.execute(
        "UPDATE application SET name = '<script>alert(1)</script> 가게' WHERE id = $1", app
    )
    now = shop.clock.now().astimezone(ZoneInfo("Asia/Seoul"))
    found = await statement(shop, app, now)
    assert not found.complete
    korean, english = (statement_page(found, f"{now:%Y-%m}", language) for language in ("ko", "en"))
    for page in (korean, english):
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; 가게" in page
        assert "45.5" in page
        assert "46 KRW" in page
    assert ("청구 금액: 46 KRW" in korean, 'lang="ko"' in korean) == (True, True)
    assert ("Amount charged: 46 KRW" in english, 'lang="en"' in english) == (True, True)


async def test_a_month_that_has_not_begun_is_refused(shop: Workshop) -> None:
    """By its field."""
    app = await shop.application()
    with pytest.raises(InvalidInput) as refused:
        await statement(shop, app, shop.clock.now() + timedelta(days=40))
    assert refused.value.field == "month"
