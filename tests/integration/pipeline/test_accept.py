"""Accepting: what is stored, what is refused, and that neighbours in a group never pay for one another."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from application.messaging.accept_command import AcceptMessages, AcceptResult, MessageRequest, Target
from application.messaging.accept_group import Call
from domain.shared.channels import Channel, Lane
from domain.shared.errors import (
    Forbidden,
    IdempotencyInProgress,
    IdempotencyMismatch,
    InvalidInput,
    QuotaExceeded,
)
from tests.integration.pipeline.workshop import ANDROID, PUSH, Workshop, command


async def test_a_batch_is_rows_content_once_and_chunks_of_one_type_and_at_most_500(shop: Workshop) -> None:
    app = await shop.application()
    ios = await shop.subscriptions(app, 700)
    android = await shop.subscriptions(app, 300, type_=ANDROID)
    result = await shop.send(app, [*ios, *android])
    assert result.accepted == 1000
    assert (
        await shop.value("SELECT count(*) FROM message WHERE id = ANY($1::uuid[])", result.message_ids)
        == 1000
    )
    assert await shop.value("SELECT count(*) FROM content") == 1
    chunks = await shop.connection.fetch("SELECT type, n, state, message_ids FROM dispatch_chunk")
    assert sorted((row["type"], row["n"]) for row in chunks) == [(1, 200), (1, 500), (2, 300)]
    assert {one for row in chunks for one in row["message_ids"]} == set(result.message_ids)
    assert {ring.chunk_id for ring in shop.bells.rings} == {
        row["id"] for row in await shop.connection.fetch("SELECT id FROM dispatch_chunk WHERE state = 1")
    }


async def test_the_ids_answered_belong_to_the_targets_named(shop: Workshop) -> None:
    app = await shop.application()
    subscriptions = await shop.subscriptions(app, 5)
    result = await shop.send(app, subscriptions)
    rows = await shop.connection.fetch("SELECT id, subscription_id FROM message")
    found = {row["id"]: row["subscription_id"] for row in rows}
    pairs = zip(result.message_ids, result.indexes, strict=True)
    assert all(found[id_] == subscriptions[index] for id_, index in pairs)


async def test_another_applications_subscription_is_as_unknown_as_none(shop: Workshop) -> None:
    mine, theirs = await shop.application(), await shop.application()
    (foreign,) = await shop.subscriptions(theirs, 1)
    (own,) = await shop.subscriptions(mine, 1)
    result = await shop.send(mine, [foreign, shop.ids.one(), own])
    assert [(error.index, error.code) for error in result.errors] == [
        (0, "subscription_not_found"),
        (1, "subscription_not_found"),
    ]
    assert result.accepted == 1
    assert await shop.value("SELECT count(*) FROM message") == 1


async def test_an_external_id_reaches_every_subscribed_subscription_of_the_user(shop: Workshop) -> None:
    app = await shop.application()
    user = await shop.user(app, "ann")
    await shop.subscriptions(app, 2, user=user)
    await shop.subscriptions(app, 1, user=user, status=-2)
    targets = [
        Target(0, external_id="ann", channels=(Channel.PUSH,)),
        Target(1, external_id="bob", channels=(Channel.PUSH,)),
    ]
    result = await shop.accept_use_case()(AcceptMessages(app, [MessageRequest(targets, PUSH)]))
    assert list(result.indexes) == [0, 0]
    assert [(error.index, error.code) for error in result.errors] == [(1, "no_subscription")]
    assert await shop.value("SELECT bool_and(user_targeted AND user_id = $1) FROM message", user) is True


async def test_a_repeated_key_answers_the_first_result_and_writes_nothing(shop: Workshop) -> None:
    app = await shop.application()
    subscriptions = await shop.subscriptions(app, 3)
    first = await shop.send(app, subscriptions, idempotency_key="k", request_hash=b"1")
    again = await shop.send(app, subscriptions, idempotency_key="k", request_hash=b"1")
    assert again.replayed
    assert list(again.message_ids) == list(first.message_ids)
    assert await shop.value("SELECT count(*) FROM message") == 3
    with pytest.raises(IdempotencyMismatch):
        await shop.send(app, subscriptions[:1], idempotency_key="k", request_hash=b"2")


async def test_the_same_key_of_two_applications_is_two_keys(shop: Workshop) -> None:
    for _ in range(2):
        app = await shop.application()
        result = await shop.send(
            app, await shop.subscriptions(app, 1), idempotency_key="k", request_hash=b"1"
        )
        assert not result.replayed


async def test_a_key_that_another_transaction_holds_is_in_progress(shop: Workshop) -> None:
    app = await shop.application()
    (one,) = await shop.subscriptions(app, 1)
    store = shop.group._store
    async with store.begin() as transaction:
        assert list(await transaction.lock_keys([(app, "k")])) == [True]
        with pytest.raises(IdempotencyInProgress):
            await shop.send(app, [one], idempotency_key="k", request_hash=b"1")


async def test_the_same_key_twice_in_one_group_is_accepted_once(shop: Workshop) -> None:
    app = await shop.application()
    (one,) = await shop.subscriptions(app, 1)
    call = await _call(shop, command(app, [one], idempotency_key="k", request_hash=b"1"))
    first, second = await shop.group([call, call])
    assert isinstance(first, AcceptResult)
    assert isinstance(second, AcceptResult)
    assert (first.replayed, second.replayed) == (False, True)
    assert list(first.message_ids) == list(second.message_ids)
    assert await shop.value("SELECT count(*) FROM message") == 1


async def test_a_value_that_postgresql_refuses_fails_its_own_call_only(shop: Workshop) -> None:
    app = await shop.application()
    subscriptions = await shop.subscriptions(app, 4)
    calls = [await _call(shop, command(app, [one])) for one in subscriptions]
    calls[2] = await _call(
        shop, command(app, [subscriptions[2]], idempotency_key="a\x00b", request_hash=b"1")
    )
    answers = await shop.group(calls)
    assert [isinstance(answer, InvalidInput) for answer in answers] == [False, False, True, False]
    assert await shop.value("SELECT count(*) FROM message") == 3


async def test_a_call_that_does_not_fit_the_quota_is_refused_whole(shop: Workshop) -> None:
    app = await shop.application()
    await _quota(shop, app, daily=5)
    subscriptions = await shop.subscriptions(app, 6)
    with pytest.raises(QuotaExceeded) as refused:
        await shop.send(app, subscriptions)
    assert refused.value.reset_date > shop.clock.now()
    assert await shop.value("SELECT count(*) FROM message") == 0
    assert await shop.value("SELECT count(*) FROM ledger_entry") == 0
    partial = await shop.send(app, subscriptions, allow_partial=True)
    assert partial.accepted == 5
    assert [(error.index, error.code) for error in partial.errors] == [(5, "quota_exceeded")]
    assert await shop.value("SELECT sum(granted - released) FROM quota_window WHERE kind = 'daily'") == 5


async def test_a_large_call_that_does_not_fit_leaves_nothing_and_the_next_one_reserves_first(
    shop: Workshop,
) -> None:
    """It writes before it reserves; refused, all of it is rolled back, and no row is written in vain right after."""
    app = await shop.application()
    await _quota(shop, app, daily=100)
    subscriptions = await shop.subscriptions(app, 101)
    accept = shop.accept_use_case(window=0.0)
    pages = "SELECT sum(pg_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'message'::regclass"
    sizes = [await shop.value(pages)]
    for _ in range(2):
        with pytest.raises(QuotaExceeded):
            await accept(command(app, subscriptions))
        sizes.append(await shop.value(pages))
    assert sizes[0] == 0, "nothing was written before"
    assert sizes[1] == sizes[2] > 0  # type: ignore[operator]
    assert await shop.value("SELECT count(*) FROM message") == 0
    assert await shop.value("SELECT count(*) FROM reservation") == 0
    assert (await accept(command(app, subscriptions[:100]))).accepted == 100


async def test_singles_of_a_group_share_chunk_and_reservation_and_those_over_quota_are_refused(
    shop: Workshop,
) -> None:
    app = await shop.application()
    await _quota(shop, app, daily=3)
    subscriptions = await shop.subscriptions(app, 5)
    calls = [await _call(shop, command(app, [one], single=True)) for one in subscriptions]
    answers = await shop.group(calls)
    assert [isinstance(answer, AcceptResult) for answer in answers] == [True, True, True, False, False]
    assert await shop.value("SELECT count(*) FROM dispatch_chunk") == 1
    assert await shop.value("SELECT count(*) FROM reservation") == 1
    assert await shop.value("SELECT lane FROM dispatch_chunk") == int(Lane.TRANSACTIONAL)


async def test_what_a_shared_reservation_cannot_use_is_given_back(shop: Workshop) -> None:
    app = await shop.application()
    await _quota(shop, app, daily=3)
    subscriptions = await shop.subscriptions(app, 4)
    calls = [
        await _call(shop, command(app, subscriptions[:2])),
        await _call(shop, command(app, subscriptions[2:])),
    ]
    answers = await shop.group(calls)
    assert [isinstance(answer, AcceptResult) for answer in answers] == [True, False]
    await shop.queue.fold()
    assert await shop.value("SELECT granted - released FROM quota_window WHERE kind = 'daily'") == 2


async def test_five_hundred_concurrent_singles_share_few_transactions(shop: Workshop) -> None:
    app = await shop.application()
    subscriptions = await shop.subscriptions(app, 500)
    accept = shop.accept_use_case()
    await asyncio.gather(*(accept(command(app, [one], single=True)) for one in subscriptions))
    transactions = await shop.value("SELECT count(DISTINCT xmin::text) FROM message")
    assert isinstance(transactions, int)
    assert 500 / transactions >= 10


async def test_a_scheduled_message_is_held_until_its_time(shop: Workshop) -> None:
    app = await shop.application()
    subscriptions = await shop.subscriptions(app, 1)
    await shop.send(app, subscriptions, send_at=shop.clock.now() + timedelta(hours=2))
    assert shop.bells.rings == []
    assert await shop.queue.release(shop.clock.now()) == []
    assert len(await shop.queue.release(shop.clock.now() + timedelta(hours=2, seconds=1))) == 1


async def test_a_scheduled_message_is_reserved_on_the_day_it_goes_out(shop: Workshop) -> None:
    app = await shop.application(time_zone="Asia/Seoul")
    when = shop.clock.now() + timedelta(days=3)
    await shop.send(app, await shop.subscriptions(app, 1), send_at=when)
    day = await shop.value("SELECT day FROM reservation")
    assert str(day) == str((when + timedelta(hours=9)).date())


async def test_an_inactive_application_is_refused(shop: Workshop) -> None:
    app = await shop.application()
    subscriptions = await shop.subscriptions(app, 1)
    await shop.connection.execute("UPDATE application SET is_active = false WHERE id = $1", app)
    with pytest.raises(Forbidden):
        await shop.send(app, subscriptions)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"ttl_seconds": 0}, "ttl_seconds"),
        ({"ttl_seconds": 10**9}, "ttl_seconds"),
        ({"content": {}}, "content"),
        ({"content": {Channel.PUSH: {"title": "a\x00"}}}, "content.push.title"),
        ({"content": {Channel.PUSH: {"title": "a", "titel": "a"}}}, "content.push.titel"),
        ({"content": {Channel.EMAIL: {"subject": "a"}}}, "content.email"),
    ],
)
async def test_bad_input_names_its_field_and_changes_nothing(
    shop: Workshop, options: dict[str, object], field: str
) -> None:
    app = await shop.application()
    subscriptions = await shop.subscriptions(app, 1)
    with pytest.raises(InvalidInput) as refused:
        await shop.send(app, subscriptions, **options)
    assert refused.value.field == field
    assert await shop.value("SELECT count(*) FROM reservation") == 0


async def _quota(shop: Workshop, app: object, daily: int) -> None:
    await shop.connection.execute(
        "INSERT INTO quota (application_id, daily_quota, updated_at) VALUES ($1, $2, now())", app, daily
    )


async def _call(shop: Workshop, command_: AcceptMessages) -> Call:
    profile = await shop.profiles.of(command_.application_id)
    assert profile is not None
    return Call(command_, profile)
