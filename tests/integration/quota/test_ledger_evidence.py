"""The proof passes on honest books and names what was planted in dishonest ones."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.messaging.lifecycle import Status
from domain.quota.proof import Rule
from tests.integration.quota.books import NOW, Books, ask, ids, move


async def honest(books: Books) -> tuple[UUID, UUID]:
    """A prepaid and a postpaid application with movements of every kind, half of them folded."""
    prepaid = await books.application(daily=100, prepaid="1000", price="6.5")
    postpaid = await books.application(monthly=100, price="6.5")
    for application_id in (prepaid, postpaid):
        await books.reserve(request := ask(application_id, 20), ask(application_id, 5))
        await books.record(move(request, "settle", 10), move(request, "release", 4))
        await books.fold()
        await books.record(move(request, "settle", 2), move(request, "give_back", 3))
    return prepaid, postpaid


async def found(books: Books, *, with_messages: bool = False) -> set[Rule]:
    return {finding.rule for finding in (await books.check(with_messages=with_messages)).findings}


async def test_honest_books_pass(books: Books) -> None:
    prepaid, _ = await honest(books)
    report = await books.check()
    assert report.findings == ()
    assert report.balanced
    assert (report.applications, report.windows) == (2, 4)
    assert (report.granted, report.settled, report.released, report.open) == (50, 18, 14, 18)
    assert (await books.check(prepaid)).granted == 25


async def test_empty_books_pass(books: Books) -> None:
    assert (await books.check(with_messages=True)).balanced


async def test_nothing_is_written_by_the_check(books: Books) -> None:
    await honest(books)
    before = await books.fetch("SELECT count(*) FROM quota_delta")
    await books.check()
    assert await books.fetch("SELECT count(*) FROM quota_delta") == before


@pytest.mark.parametrize(
    ("damage", "rules"),
    [
        (
            "DELETE FROM ledger_entry WHERE id = (SELECT min(id::text)::uuid FROM ledger_entry WHERE kind = 'reserve')",
            {Rule.WINDOW_GRANTED, Rule.WINDOW_OPEN, Rule.RESERVATION_RESERVED, Rule.MESSAGES_RESERVED, Rule.MONEY_HELD, Rule.CREDIT_BALANCE},
        ),
        (
            "DELETE FROM ledger_entry WHERE kind = 'settle' AND n = 2",
            {Rule.WINDOW_SETTLED},
        ),
        (
            "DELETE FROM ledger_entry WHERE kind = 'release'",
            {Rule.WINDOW_RELEASED, Rule.CREDIT_BALANCE},
        ),
        ("UPDATE quota_window SET granted = granted + 1 WHERE kind = 'daily'", {Rule.WINDOW_GRANTED}),
        ("UPDATE quota_window SET settled = settled - 1 WHERE kind = 'monthly'", {Rule.WINDOW_SETTLED}),
        ("DELETE FROM quota_delta WHERE id = (SELECT max(id) FROM quota_delta)", {Rule.WINDOW_SETTLED, Rule.WINDOW_RELEASED}),
        ("DELETE FROM quota_window WHERE kind = 'daily'", {Rule.WINDOW_GRANTED, Rule.WINDOW_SETTLED, Rule.WINDOW_RELEASED}),
        ("UPDATE quota SET credit_balance = credit_balance + 0.000001 WHERE billing_mode = 'prepaid'", {Rule.CREDIT_BALANCE}),
        ("UPDATE ledger_entry SET amount = amount + 1 WHERE kind = 'settle' AND n = 2", {Rule.ENTRY_AMOUNT, Rule.MONEY_HELD, Rule.MONEY_REVENUE}),
        ("UPDATE ledger_entry SET money_credit_account = 'cash' WHERE kind = 'settle' AND n = 2", {Rule.ENTRY_ACCOUNTS, Rule.MONEY_REVENUE}),
        ("UPDATE ledger_entry SET n = 21, amount = 21 * 6.5 WHERE kind = 'settle' AND n = 10", {Rule.WINDOW_SETTLED, Rule.WINDOW_OPEN, Rule.RESERVATION_EXCEEDED}),
        ("UPDATE ledger_entry SET n = 13, amount = 13 * 6.5 WHERE kind = 'give_back'", {Rule.WINDOW_SETTLED, Rule.WINDOW_RELEASED, Rule.RESERVATION_GIVEN_BACK, Rule.CREDIT_BALANCE}),
        ("DELETE FROM reservation WHERE n = 5", {Rule.RESERVATION_MISSING, Rule.WINDOW_GRANTED, Rule.MESSAGES_RESERVED, Rule.MONEY_HELD}),
    ],
)  # fmt: skip
async def test_planted_damage_is_found(books: Books, damage: str, rules: set[Rule]) -> None:
    await honest(books)
    assert await found(books) == set()
    await books.fetch(damage)
    assert await found(books) == rules


async def test_damage_is_reported_where_it_is(books: Books) -> None:
    prepaid, postpaid = await honest(books)
    await books.fetch(
        "UPDATE quota_window SET granted = 26 WHERE application_id = $1 AND kind = 'daily'", prepaid
    )
    (finding,) = (await books.check()).findings
    assert (finding.rule, finding.application_id) == (Rule.WINDOW_GRANTED, prepaid)
    assert (finding.subject, finding.expected, finding.found) == ("daily 2025-01-31", "25", "26")
    assert (await books.check(postpaid)).balanced


async def test_the_open_part_of_a_reservation_is_its_messages_that_are_not_final(books: Books) -> None:
    application_id = await books.application()
    await books.reserve(request := ask(application_id, 4))
    statuses = [Status.PENDING, Status.ERRORED, Status.SUCCESSFUL, Status.FAILED]
    for status in statuses:
        await books.fetch(
            "INSERT INTO message (id, application_id, subscription_id, content_id, chunk_id, reservation_id, channel,"
            " type, lane, status) VALUES ($1, $2, $1, $1, $1, $3, 1, 1, 0, $4)",
            ids.one(), application_id, request.reservation_id, int(status),
        )  # fmt: skip
    assert await found(books, with_messages=True) == {Rule.OPEN_MESSAGES}
    await books.record(move(request, "settle", 1), move(request, "release", 1))
    assert await found(books, with_messages=True) == set()
    await books.fetch("UPDATE message SET status = 1 WHERE status = 3")
    report = await books.check(with_messages=True)
    assert [(f.rule, f.expected, f.found) for f in report.findings] == [(Rule.OPEN_MESSAGES, "2", "1")]
    assert (await books.check()).balanced


async def test_a_waiting_message_without_any_reservation_is_found(books: Books) -> None:
    application_id = await books.application()
    await books.fetch(
        "INSERT INTO message (id, application_id, subscription_id, content_id, chunk_id, reservation_id, channel,"
        " type, lane, status, send_at) VALUES ($1, $2, $1, $1, $1, $1, 1, 1, 0, 0, $3)",
        ids.one(), application_id, NOW,
    )  # fmt: skip
    assert await found(books, with_messages=True) == {Rule.RESERVATION_MISSING}


async def test_more_damage_than_is_listed_is_said(books: Books) -> None:
    application_id = await books.application()
    await books.reserve(*(ask(application_id, 1) for _ in range(1001)))
    await books.fetch("DELETE FROM ledger_entry")
    report = await books.check()
    assert (len(report.findings), report.truncated) == (1000, True)
