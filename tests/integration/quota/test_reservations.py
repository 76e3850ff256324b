"""Quotas hold to the last message under concurrency, and movements count once."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from adapters.postgres.quota import PostgresQuotas
from adapters.postgres.reservations import Grant, ReservationRequest, fold_quota_deltas, reserve
from domain.quota.ledger import Refusal
from domain.quota.windows import windows_at
from domain.shared.channels import Channel
from tests.integration.quota.books import DAY, MONTH, NOW, Books, ask, ids, move

CALLERS = 20


async def test_several_applications_overrunning_at_once_are_held_exactly(books: Books) -> None:
    """20 callers ask for more than there is, in whole and partial requests: not one too many, not one too few."""
    limits = [(997, None), (None, 1501), (600, 5000), (40, 40), (None, None)]
    applications = [await books.application(daily=daily, monthly=monthly) for daily, monthly in limits]
    granted: dict[UUID, int] = dict.fromkeys(applications, 0)
    shuffle = random.Random(7)

    async def caller() -> None:
        connection = await books.connect()
        try:
            for _ in range(12):
                group = [
                    ask(application_id, shuffle.randint(1, 12), partial=shuffle.random() < 0.5)
                    for application_id in shuffle.choices(applications, k=12)
                ]
                async with connection.transaction():
                    grants = await reserve(connection, group, now=NOW, entry_ids=ids.many)
                for request, grant in zip(group, grants, strict=True):
                    granted[request.application_id] += grant.granted
                    asked.setdefault(request.application_id, []).append(request.n)
        finally:
            await connection.close()

    asked: dict[UUID, list[int]] = {}
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    # Ask for one at a time until refused: what is left must be exactly what the counters say.
    for application_id, (daily, monthly) in zip(applications, limits, strict=True):
        limit = min((x for x in (daily, monthly) if x is not None), default=None)
        if limit is None:
            assert granted[application_id] == sum(asked[application_id])
        else:
            assert sum(asked[application_id]) > limit
            left = limit - granted[application_id]
            assert left == 0  # partial requests took the rest
            assert (await books.reserve(ask(application_id, 1)))[0].granted == 0
        assert (await books.window(application_id))[0] == granted[application_id]
        assert (await books.window(application_id, "monthly", MONTH))[0] == granted[application_id]
    assert (await books.check()).findings == ()


async def test_callers_that_reserve_settle_and_fold_at_once_never_pass_the_limit(books: Books) -> None:
    """With releases making room all the time, use never passes the limit and nobody deadlocks."""
    applications = [await books.application(daily=200, prepaid="10000", price="6.5") for _ in range(3)]
    # One without a quota row: its windows are made by several callers at once.
    applications.append(await books.application(with_quota=False))
    shuffle = random.Random(11)
    stop = asyncio.Event()

    async def caller(number: int) -> None:
        for _ in range(6):
            day = date(2025, 1, 30 + number % 2)
            group = [ask(a, shuffle.randint(1, 9), day=day) for a in shuffle.sample(applications, k=4)]
            grants = await books.reserve(*group)
            for request, grant in zip(group, grants, strict=True):
                if grant.granted:
                    released = shuffle.randint(0, grant.granted)
                    await books.record(
                        move(request, "release", released), move(request, "settle", grant.granted - released)
                    )

    async def folder() -> None:
        while not stop.is_set():
            await books.fold(7)
            await asyncio.sleep(0)

    folding = [asyncio.create_task(folder()) for _ in range(2)]
    await asyncio.gather(*(caller(number) for number in range(CALLERS)))
    stop.set()
    await asyncio.gather(*folding)
    while await books.fold():
        pass
    for application_id in applications[:3]:
        for day in (date(2025, 1, 30), date(2025, 1, 31)):
            granted, settled, released = await books.window(application_id, day=day)
            assert granted == settled + released
            assert granted - released <= 200
        assert await books.credit(application_id) >= 0
    report = await books.check()
    assert report.findings == ()
    assert report.open == 0
    assert report.granted > 0


async def test_requests_of_a_group_are_granted_whole_in_their_order(books: Books) -> None:
    application_id = await books.application(daily=10)
    grants = await books.reserve(*(ask(application_id, n) for n in (6, 5, 4, 1)))
    assert [grant.granted for grant in grants] == [6, 0, 4, 0]
    assert [grant.refused_by for grant in grants] == [None, Refusal.DAILY, None, Refusal.DAILY]
    assert [grant.daily_left for grant in grants] == [4, 4, 0, 0]


async def test_a_partial_request_gets_what_is_left(books: Books) -> None:
    application_id = await books.application(monthly=10)
    requests = [
        ask(application_id, 7),
        ask(application_id, 7, partial=True),
        ask(application_id, 1, partial=True),
    ]
    assert [grant.granted for grant in await books.reserve(*requests)] == [7, 3, 0]
    rows = await books.fetch("SELECT id, n FROM reservation ORDER BY n DESC")
    assert [tuple(row) for row in rows] == [(requests[0].reservation_id, 7), (requests[1].reservation_id, 3)]


async def test_a_refused_request_leaves_no_row(books: Books) -> None:
    application_id = await books.application(daily=3)
    await books.reserve(ask(application_id, 4))
    assert await books.fetch("SELECT FROM reservation") == []
    assert await books.fetch("SELECT FROM ledger_entry") == []
    assert await books.window(application_id) == (0, 0, 0)


async def test_an_application_without_a_quota_row_is_unlimited_and_counted(books: Books) -> None:
    application_id = await books.application(with_quota=False)
    (grant,) = await books.reserve(request := ask(application_id, 10_000))
    assert grant == Grant(request.reservation_id, 10_000, None, Decimal(0), None, None)
    assert await books.window(application_id) == (10_000, 0, 0)
    assert await books.window(application_id, "monthly", MONTH) == (10_000, 0, 0)


async def test_a_rolled_back_reservation_takes_nothing(books: Books) -> None:
    application_id = await books.application(daily=5)
    connection = await books.connect()
    transaction = connection.transaction()
    await transaction.start()
    await reserve(connection, [ask(application_id, 5)], now=NOW, entry_ids=ids.many)
    await transaction.rollback()
    await connection.close()
    assert (await books.reserve(ask(application_id, 5)))[0].granted == 5


async def test_a_prepaid_reservation_lowers_the_credit_and_is_refused_without(books: Books) -> None:
    application_id = await books.application(prepaid="100", price="6.5")
    first, second, third = await books.reserve(
        ask(application_id, 10), ask(application_id, 6), ask(application_id, 6, partial=True)
    )
    assert (first.granted, first.unit_price) == (10, Decimal("6.5"))
    assert (second.granted, second.refused_by) == (0, Refusal.CREDIT)
    assert (third.granted, third.refused_by) == (5, Refusal.CREDIT)
    assert await books.credit(application_id) == Decimal("2.5")
    assert (await books.check()).findings == ()


async def test_a_channel_without_a_price_is_free_also_when_prepaid(books: Books) -> None:
    application_id = await books.application(prepaid="0", price="6.5")
    (grant,) = await books.reserve(ask(application_id, 10, channel=Channel.SMS))
    assert (grant.granted, grant.unit_price) == (10, Decimal(0))


async def test_a_released_message_makes_room_before_its_delta_is_folded(books: Books) -> None:
    application_id = await books.application(daily=10, prepaid="65", price="6.5")
    await books.reserve(request := ask(application_id, 10))
    await books.record(move(request, "release", 4))
    assert (await books.reserve(ask(application_id, 5)))[0].granted == 0
    assert (await books.reserve(ask(application_id, 4)))[0].granted == 4
    assert (await books.reserve(ask(application_id, 1)))[0].granted == 0
    await books.fold()
    assert await books.window(application_id) == (14, 0, 4)
    assert await books.credit(application_id) == 0
    assert (await books.check()).findings == ()


async def test_a_movement_told_twice_counts_once(books: Books) -> None:
    application_id = await books.application(daily=10)
    await books.reserve(request := ask(application_id, 10))
    chunk_id = ids.one()
    settled = move(request, "settle", 6, chunk_id=chunk_id)
    assert await books.record(settled) == 1
    assert await books.record(settled, move(request, "release", 4, chunk_id=chunk_id)) == 1
    assert await books.record(settled, settled) == 0
    assert await books.fold() == 2
    assert await books.window(application_id) == (10, 6, 4)
    assert (await books.check()).findings == ()


async def test_a_duplicate_within_one_call_counts_once(books: Books) -> None:
    application_id = await books.application()
    await books.reserve(request := ask(application_id, 10))
    settled = move(request, "settle", 6)
    assert await books.record(settled, settled) == 1
    await books.fold()
    assert await books.window(application_id) == (10, 6, 0)


async def test_movements_of_another_flush_or_fence_count_again(books: Books) -> None:
    application_id = await books.application()
    await books.reserve(request := ask(application_id, 10))
    chunk_id = ids.one()
    movements = [
        move(request, "settle", 2, chunk_id=chunk_id, fence=fence, flush=flush)
        for fence in (1, 2)
        for flush in (0, 1)
    ]
    assert await books.record(*movements) == 4
    await books.fold()
    assert await books.window(application_id) == (10, 8, 0)


async def test_a_foreign_reservation_is_not_moved(books: Books) -> None:
    mine, other = await books.application(), await books.application()
    await books.reserve(request := ask(mine, 10))
    stranger = ReservationRequest(other, request.reservation_id, request.channel, 10, DAY, MONTH)
    assert await books.record(move(stranger, "settle", 1)) == 0
    assert await books.fold() == 0


async def test_what_a_channel_gives_back_returns_to_the_credit_and_the_window(books: Books) -> None:
    application_id = await books.application(prepaid="65", price="6.5")
    await books.reserve(request := ask(application_id, 10))
    await books.record(move(request, "settle", 10))
    await books.record(move(request, "give_back", 3))
    await books.fold()
    assert await books.window(application_id) == (10, 7, 3)
    assert await books.credit(application_id) == Decimal("19.5")
    assert (await books.check()).findings == ()


async def test_a_release_goes_to_the_window_it_was_reserved_in(books: Books) -> None:
    application_id = await books.application(daily=10, monthly=100)
    await books.reserve(old := ask(application_id, 10, day=date(2025, 1, 31)))
    await books.reserve(ask(application_id, 10, day=date(2025, 2, 1)))
    await books.record(move(old, "release", 4))
    await books.fold()
    assert await books.window(application_id, day=date(2025, 1, 31)) == (10, 0, 4)
    assert await books.window(application_id, day=date(2025, 2, 1)) == (10, 0, 0)
    assert await books.window(application_id, "monthly", date(2025, 1, 1)) == (10, 0, 4)
    assert await books.window(application_id, "monthly", date(2025, 2, 1)) == (10, 0, 0)


async def test_at_local_midnight_the_next_window_begins_empty(books: Books) -> None:
    """23:59:59 in Seoul is refused, a second later is granted, and the month turned with it."""
    application_id = await books.application(daily=5, monthly=5)
    midnight = datetime(2025, 1, 31, 15, tzinfo=UTC)
    before = windows_at(midnight - timedelta(seconds=1), "Asia/Seoul")
    after = windows_at(midnight, "Asia/Seoul")
    assert (await books.reserve(ask(application_id, 5, day=before.day)))[0].granted == 5
    (refused,) = await books.reserve(ask(application_id, 1, day=before.day))
    assert (refused.granted, refused.refused_by) == (0, Refusal.DAILY)
    (granted,) = await books.reserve(ask(application_id, 5, day=after.day))
    assert (granted.granted, granted.daily_left, granted.monthly_left) == (5, 0, 0)


async def test_only_one_transaction_folds_at_a_time_and_a_rolled_back_one_loses_nothing(books: Books) -> None:
    application_id = await books.application()
    await books.reserve(request := ask(application_id, 10))
    await books.record(move(request, "settle", 10))
    connection = await books.connect()
    transaction = connection.transaction()
    await transaction.start()
    assert await fold_quota_deltas(connection) == 1
    assert await books.fold() == 0
    await transaction.rollback()
    await connection.close()
    assert await books.fold() == 1
    assert await books.window(application_id) == (10, 10, 0)


async def test_a_fold_takes_no_more_than_its_limit(books: Books) -> None:
    application_id = await books.application()
    await books.reserve(request := ask(application_id, 10))
    for _ in range(3):
        await books.record(move(request, "settle", 1))
    assert [await books.fold(2), await books.fold(2), await books.fold(2)] == [2, 1, 0]
    assert await books.window(application_id) == (10, 3, 0)


@pytest.mark.parametrize(("requests", "applications"), [(1, 1), (200, 50)])
async def test_the_number_of_statements_does_not_grow(books: Books, requests: int, applications: int) -> None:
    known = [await books.application(daily=10**6) for _ in range(applications)]
    statements: list[str] = []

    def group() -> list[ReservationRequest]:
        return [ask(known[number % applications], 3) for number in range(requests)]

    async with books.transaction() as connection:

        async def count(*wanted: ReservationRequest) -> int:
            statements.clear()
            with connection.query_logger(lambda logged: statements.append(logged.query)):
                await reserve(connection, wanted, now=NOW, entry_ids=ids.many)
                await asyncio.sleep(0)  # the driver logs with its loop's next turn
            return len(statements)

        # The driver asks for the types of a connection's first statements.
        await count(ask(known[0], 1))
        assert await count(*group()) == 3
        # Somebody is refused: the deltas are read, too, and only what was granted is written.
        assert await count(ask(known[0], 10**6)) == 3
        assert await count(*group(), ask(known[0], 10**6)) == 4
    assert (await books.check()).granted == 1 + 2 * 3 * requests


async def test_the_credit_is_not_spent_twice_in_two_windows_at_once(books: Books) -> None:
    """Two months share no window row: what they share is the credit, and the second waits for the first."""
    application_id = await books.application(prepaid="65", price="6.5")
    async with books.transaction() as connection:
        await reserve(connection, [ask(application_id, 10)], now=NOW, entry_ids=ids.many)
        second = asyncio.create_task(books.reserve(ask(application_id, 10, day=date(2025, 3, 1))))
        assert await books.waits_for_a_lock(second)
    assert [grant.refused_by for grant in await second] == [Refusal.CREDIT]
    assert await books.credit(application_id) == 0


async def test_the_folder_waits_for_a_reservation_that_reads_its_windows(books: Books) -> None:
    """Between reading a window and its deltas nothing may move from one to the other, or it would be missed."""
    application_id = await books.application(daily=10)
    await books.reserve(request := ask(application_id, 10))
    await books.record(move(request, "release", 4))
    async with books.transaction() as connection:
        (refused,) = await reserve(connection, [ask(application_id, 5)], now=NOW, entry_ids=ids.many)
        assert (refused.granted, refused.daily_left) == (0, 4)
        folding = asyncio.create_task(books.fold())
        assert await books.waits_for_a_lock(folding)
    assert await folding == 1
    assert await books.window(application_id) == (10, 0, 4)


async def test_a_lowered_limit_waits_for_the_reservation_before_it(books: Books) -> None:
    application_id = await books.application(daily=10)
    async with books.transaction() as connection:
        await reserve(connection, [ask(application_id, 9)], now=NOW, entry_ids=ids.many)
        setting = asyncio.create_task(
            PostgresQuotas(books.engine).change(
                application_id, lambda terms: terms.change(daily_quota=5), now=NOW
            )
        )
        assert await books.waits_for_a_lock(setting)
    assert (await setting).daily_quota == 5
    assert (await books.reserve(ask(application_id, 1)))[0].granted == 0
