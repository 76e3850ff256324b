"""Partitions: made ahead of the clock, dropped by age, never while something queued needs them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from adapters.postgres.partitions import (
    day_of,
    drop_partitions,
    ensure_partitions,
    lower_bound,
    partition_days,
    retention_floor,
)
from adapters.postgres.upkeep import tidy
from tests.integration.pipeline.workshop import Workshop

LONG_AGO = datetime(2026, 1, 10, 12, tzinfo=UTC)


async def test_partitions_are_made_from_yesterday_to_some_days_ahead_and_only_once(shop: Workshop) -> None:
    now = shop.clock.now()
    assert await ensure_partitions(shop.connection, now) == 0, "the workshop made them"
    assert await ensure_partitions(shop.connection, now, days_ahead=5) == 2
    for table in ("content", "message", "message_event"):
        days = await partition_days(shop.connection, table)
        assert days == [now.date() + timedelta(days=offset) for offset in range(-1, 6)]


async def test_a_leaf_leaves_room_for_the_update_that_every_message_gets(shop: Workshop) -> None:
    options = await shop.value(
        "SELECT reloptions FROM pg_class WHERE relname LIKE 'message_p2_______' LIMIT 1"
    )
    assert isinstance(options, list)
    assert "fillfactor=50" in options


def test_bounds_and_days_agree() -> None:
    day = datetime(2026, 11, 23, tzinfo=UTC).date()
    assert day_of(lower_bound(day)) == day
    assert day_of(UUID(int=lower_bound(day).int - (1 << 80))) == day - timedelta(days=1)


async def test_old_partitions_go_and_content_lives_a_day_longer(shop: Workshop) -> None:
    await ensure_partitions(shop.connection, LONG_AGO, days_ahead=0)
    dropped = await drop_partitions(shop.connection, LONG_AGO.date() + timedelta(days=1))
    assert dropped == [LONG_AGO.date() - timedelta(days=1), LONG_AGO.date()]
    assert (await partition_days(shop.connection, "content"))[0] == LONG_AGO.date()
    assert await retention_floor(shop.connection) == lower_bound(shop.clock.now().date() - timedelta(days=1))


async def test_a_queued_message_keeps_its_partition(shop: Workshop) -> None:
    await ensure_partitions(shop.connection, LONG_AGO, days_ahead=0)
    old = UUID(int=lower_bound(LONG_AGO.date()).int + 7)
    app = await shop.application()
    await shop.connection.execute(
        "INSERT INTO message_retry (message_id, application_id, reservation_id, due_at, channel, type, lane)"
        " VALUES ($1, $2, $1, now(), 1, 1, 0)",
        old,
        app,
    )
    dropped = await drop_partitions(shop.connection, LONG_AGO.date() + timedelta(days=5))
    assert dropped == [LONG_AGO.date() - timedelta(days=1)]


async def test_a_detach_that_a_crash_left_half_way_is_finished(shop: Workshop) -> None:
    await ensure_partitions(shop.connection, LONG_AGO, days_ahead=0)
    name = f"message_p{LONG_AGO:%Y%m%d}"
    await shop.connection.execute(
        "UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = to_regclass($1)", name
    )
    await drop_partitions(shop.connection, LONG_AGO.date())
    assert await shop.value("SELECT to_regclass($1)", name) is None


async def test_tidying_keeps_what_is_young(shop: Workshop) -> None:
    app = await shop.application()
    for key, age in (("old", 31), ("young", 29)):
        await shop.connection.execute(
            "INSERT INTO idempotency VALUES ($1, $2, 'x', 202, '{}', now() - make_interval(days => $3))",
            app,
            key,
            age,
        )
    await shop.worker()
    await shop.connection.execute("UPDATE worker SET beat_at = now() - interval '1 hour'")
    living = await shop.worker()
    await tidy(shop.connection, shop.clock.now(), 30)
    assert await shop.value("SELECT array_agg(key) FROM idempotency") == ["young"]
    assert await shop.value("SELECT array_agg(incarnation) FROM worker") == [living]
