"""Statements whose plans are kept touch one partition each: a kept plan on a parent would lock every one of them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from adapters.postgres.engine import raw_connection
from adapters.postgres.partitions import ensure_partitions
from adapters.postgres.receipts import PostgresReceipts
from adapters.postgres.settle import settle
from adapters.postgres.worker_store import load
from application.dispatch.settlement import Settled, SettlementBuilder
from application.messaging.receipt_plan import Verdict
from application.messaging.record_receipts import Receipt, RecordReceipts
from domain.messaging.event import MessageEventType, Source
from domain.messaging.outcome import Accepted, NotAttempted, Rejected
from tests.integration.pipeline.workshop import Workshop

LEAVES = """
SELECT DISTINCT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND c.relispartition AND c.relkind = 'r'
"""

LEAVES_OF = LEAVES.replace("pg_backend_pid()", "$1")
WAITING = "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'stat_delta'::regclass"


async def test_loading_and_settling_lock_only_todays_partitions(shop: Workshop) -> None:
    """Seen from within the transaction, with eight days to choose from."""
    await ensure_partitions(shop.connection, shop.clock.now() - timedelta(days=3), days_ahead=3)
    app = await shop.application()
    await shop.send(app, await shop.subscriptions(app, 4))
    worker = await shop.worker()
    (chunk,) = await shop.lease_all(worker)
    async with raw_connection(shop.kept_plans) as connection, connection.transaction():
        messages = await load(connection, [chunk])
        builder = SettlementBuilder(chunk, 1, shop.clock.now(), shop.dice)
        outcomes = (Accepted(), Accepted(), Rejected("A"), NotAttempted(retry_after=1))
        for id_, outcome in zip(chunk.message_ids, outcomes, strict=True):
            builder.add(Settled(chunk, messages[id_], id_, outcome, attempted=True))
        settlements = [builder.finish(complete=True)]
        await settle(connection, worker, settlements, shop.clock.now(), shop.ids, {})
        locked = {row["relname"] for row in await connection.fetch(LEAVES)}
    assert {name.partition("_p2")[0] for name in locked} == {"message", "message_event", "sent_batch"}
    assert {name[-8:] for name in locked} == {f"{shop.clock.now():%Y%m%d}"}


async def test_receipts_lock_only_todays_partitions(shop: Workshop) -> None:
    """Seen from outside, while the last statement of the transaction waits: of the kinds that a device reports, each once."""
    await ensure_partitions(shop.connection, shop.clock.now() - timedelta(days=3), days_ahead=3)
    app = await shop.application()
    devices = await shop.subscriptions(app, 3)
    ids = (await shop.send(app, devices)).message_ids
    await shop.deliver_everything(await shop.worker())
    record = RecordReceipts(PostgresReceipts(shop.kept_plans, shop.clock, shop.ids), shop.clock)
    kinds = (MessageEventType.RECEIVED, MessageEventType.CONVERTED, MessageEventType.CLICKED)
    told = [
        Receipt(None, id_, device, kind, shop.clock.now())
        for id_, device, kind in zip(ids, devices, kinds, strict=True)
    ]
    async with raw_connection(shop.engine) as blocker, blocker.transaction():
        await blocker.execute("LOCK TABLE stat_delta IN EXCLUSIVE MODE")
        recording = asyncio.create_task(record(app, told, Source.SDK))
        while not (waiting := await shop.connection.fetchval(WAITING)):
            await asyncio.sleep(0.01)
        locked = {row["relname"] for row in await shop.connection.fetch(LEAVES_OF, waiting)}
    assert await recording == [Verdict.ACCEPTED] * 3
    assert {name.partition("_p2")[0] for name in locked} == {"message", "message_event", "content"}
    assert {name[-8:] for name in locked} == {f"{shop.clock.now():%Y%m%d}"}
