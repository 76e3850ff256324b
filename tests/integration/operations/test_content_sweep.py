"""What messages said is removed where an application keeps it shorter; the messages stay, and so does everybody else's."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from adapters.postgres.content_sweep import PostgresRetention, sweep_contents
from adapters.postgres.partitions import ensure_partitions, lower_bound
from tests.integration.pipeline.workshop import Workshop

MESSAGE = """
INSERT INTO message (id, application_id, subscription_id, content_id, chunk_id, reservation_id, channel, type, lane, status, variables)
VALUES ($1, $2, $1, $1, $1, $1, 1, 1, 0, 1, 'sealed')
"""
CHUNK = """
INSERT INTO dispatch_chunk (id, application_id, reservation_id, min_id, max_id, channel, type, lane, state, message_ids, created_at)
VALUES ($1::uuid, $2, $1::uuid, $1::uuid, $1::uuid, 1, 1, 0, 0, ARRAY[$1::uuid], now())
"""


async def old_messages(shop: Workshop, application: UUID, *, days: int, n: int) -> list[UUID]:
    """Each with a content of its own and sealed variables, so many days old."""
    moment = shop.clock.now() - timedelta(days=days)
    await ensure_partitions(shop.connection, moment, days_ahead=0)
    start = lower_bound(moment.date()).int
    ids = [UUID(int=start + (shop.ids.one().int & (2**62 - 1))) for _ in range(n)]
    for id_ in ids:
        await shop.connection.execute(
            "INSERT INTO content (id, application_id, channel, body) VALUES ($1, $2, 1, '{}')",
            id_,
            application,
        )
        await shop.connection.execute(MESSAGE, id_, application)
    return ids


async def said(shop: Workshop, ids: list[UUID]) -> tuple[int, int, int]:
    """(messages, contents, sealed variables) that are left of these."""
    row = await shop.connection.fetchrow(
        "SELECT (SELECT count(*) FROM message WHERE id = ANY($1)), (SELECT count(*) FROM content WHERE id = ANY($1)),"
        " (SELECT count(variables) FROM message WHERE id = ANY($1))",
        ids,
    )
    assert row is not None
    return row[0], row[1], row[2]


async def test_old_contents_go_and_messages_stay(shop: Workshop) -> None:
    """Older than the setting says, of this application alone, in bounded spans that are taken up where they ended."""
    ours, theirs = await shop.application(content_retention_days=30), await shop.application()
    old = await old_messages(shop, ours, days=40, n=8)
    young = await old_messages(shop, ours, days=20, n=2)
    foreign = await old_messages(shop, theirs, days=40, n=2)
    rounds = 0
    while await sweep_contents(shop.connection, shop.clock.now(), rows_at_once=3, spans_at_once=2):
        rounds += 1
    assert rounds > 1
    assert await said(shop, old) == (8, 0, 0)
    assert await said(shop, young) == (2, 2, 2)
    assert await said(shop, foreign) == (2, 2, 2)
    until = await PostgresRetention(shop.engine).swept_until(ours)
    assert until is not None
    assert until.date() == (shop.clock.now() - timedelta(days=30)).date()
    assert await PostgresRetention(shop.engine).swept_until(theirs) is None


async def test_what_is_still_to_be_sent_keeps_its_words(shop: Workshop) -> None:
    """A message in the queue, and everything younger than it, is left alone until it has gone."""
    ours = await shop.application(content_retention_days=30)
    waiting = await old_messages(shop, ours, days=40, n=1)
    later = await old_messages(shop, ours, days=38, n=1)
    await shop.connection.execute(CHUNK, waiting[0], ours)
    assert await sweep_contents(shop.connection, shop.clock.now()) == 0
    assert await said(shop, waiting + later) == (2, 2, 2)
    await shop.connection.execute("DELETE FROM dispatch_chunk")
    assert await sweep_contents(shop.connection, shop.clock.now()) == 4
