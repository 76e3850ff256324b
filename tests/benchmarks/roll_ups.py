"""What the hourly figures cost PostgreSQL: its processor time a message with them and without, the folding included.

    python -m tests.benchmarks.roll_ups

prints JSON. Both ways take turns on one server, so that what else the machine does falls on both. `each` is how many messages
share a transaction: one (a quiet installation, or single sends), a few, and a full flush.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil

from adapters.postgres import accepted_messages, receipts, settle
from adapters.postgres.engine import raw_connection
from adapters.postgres.folding import fold
from adapters.postgres.receipts import PostgresReceipts
from application.messaging.record_receipts import Receipt, RecordReceipts
from bootstrap.migrations import upgrade
from domain.messaging.event import MessageEventType, Source
from domain.messaging.outcome import Accepted
from tests.integration.pipeline.workshop import Workshop, open_workshop
from tests.servers import Databases, postgres

COUNTRIES = ("KR", "US", "JP")
VERSIONS = ("1.0.0", "1.1.0")
ROUNDS = 6
STEPS = ("accept", "settle", "receipts")


class Meter:
    """Nanoseconds that the server's processes ran (the scheduler's own count; procfs' ticks are too coarse)."""

    def __init__(self, postmaster: int) -> None:
        self._postmaster = psutil.Process(postmaster)
        self.spent: dict[str, float] = {}

    def _now(self) -> int:
        found = 0
        for process in (self._postmaster, *self._postmaster.children()):
            try:
                found += int(Path(f"/proc/{process.pid}/schedstat").read_text(encoding="ascii").split()[0])
            except (OSError, psutil.NoSuchProcess):
                continue
        return found

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        before = self._now()
        yield
        self.spent[name] = self.spent.get(name, 0.0) + self._now() - before


@contextmanager
def without_figures() -> Iterator[None]:
    """The same path, its statements for the figures left out."""

    async def nothing(*_: object, **__: object) -> None:
        return

    names = ((accepted_messages, "insert_deltas"), (settle, "write_statistics"), (receipts, "write_tally"))
    kept = [(module, name, getattr(module, name)) for module, name in names]
    try:
        for module, name, _ in kept:
            setattr(module, name, nothing)
        yield
    finally:
        for module, name, own in kept:
            setattr(module, name, own)


async def play(shop: Workshop, app: UUID, devices: list[UUID], each: int, meter: Meter) -> None:
    """The way of as many messages as there are devices, `each` of them a transaction."""
    worker = await shop.worker()
    record = RecordReceipts(PostgresReceipts(shop.kept_plans, shop.clock, shop.ids), shop.clock)
    ids: list[UUID] = []
    with meter.step("accept"):
        for at in range(0, len(devices), each):
            ids += (await shop.send(app, devices[at : at + each])).message_ids
    chunks = await shop.lease_all(worker)
    with meter.step("settle"):
        for chunk in chunks:
            await shop.settle(worker, chunk, [Accepted()] * len(chunk.message_ids))
    moment = datetime.now(UTC)
    with meter.step("receipts"):
        for at in range(0, len(ids), each):
            told = [
                Receipt(None, id_, device, MessageEventType.RECEIVED, moment)
                for id_, device in zip(ids[at : at + each], devices[at : at + each], strict=True)
            ]
            await record(app, told, Source.SDK)


async def compared(shop: Workshop, each: int, n: int, postmaster: int) -> dict[str, Any]:
    """Microseconds a message of each step, and the share that the figures add to all of them."""
    app = await shop.application()
    devices = await shop.subscriptions(app, n)
    for at, device in enumerate(devices):
        await shop.connection.execute(
            "UPDATE subscription SET country_code = $2, app_version = $3 WHERE id = $1",
            device,
            COUNTRIES[at % len(COUNTRIES)],
            VERSIONS[at % len(VERSIONS)],
        )
    with_them, without = Meter(postmaster), Meter(postmaster)
    await play(shop, app, devices, each, Meter(postmaster))  # plans are made, caches are filled
    for _ in range(ROUNDS):
        await play(shop, app, devices, each, with_them)
        with with_them.step("fold"):
            async with raw_connection(shop.engine) as connection, connection.transaction():
                await fold(connection)
        with without_figures():
            await play(shop, app, devices, each, without)
        async with raw_connection(shop.engine) as connection, connection.transaction():
            await fold(connection)
    per = 1e3 * ROUNDS * n
    fold_us = with_them.spent["fold"] / per
    figures = {
        name: {"with_us": with_them.spent[name] / per, "without_us": without.spent[name] / per}
        for name in STEPS
    }
    added = fold_us + sum(one["with_us"] - one["without_us"] for one in figures.values())
    return {
        "each": each,
        **{name: {key: round(value, 2) for key, value in one.items()} for name, one in figures.items()},
        "fold_us": round(fold_us, 2),
        "added_share": round(added / sum(one["without_us"] for one in figures.values()), 4),
    }


async def measure(url: str) -> list[dict[str, Any]]:
    """Every size of a transaction."""
    async with open_workshop(url) as shop:
        postmaster = psutil.Process(await shop.connection.fetchval("SELECT pg_backend_pid()")).ppid()
        return [await compared(shop, each, n, postmaster) for each, n in ((1, 60), (20, 200), (400, 2_000))]


def main() -> None:
    with postgres() as server:
        databases = Databases(server)
        name = f"bench_{secrets.token_hex(4)}"
        url = databases.create(name)
        upgrade(url)
        print(json.dumps(asyncio.run(measure(url)), indent=2))
        databases.close()


if __name__ == "__main__":
    main()
