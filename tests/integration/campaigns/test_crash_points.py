"""The scheduler may die at any line of a fan-out: what was begun is undone, and everybody still gets exactly one message."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import attrs
import pytest

from adapters.postgres.campaign_fan_out import PostgresFanOut
from application.campaigns.fan_out import FanOut
from application.ports.campaign_fan_out import FanOutStep, WaveKey
from domain.campaigns.lifecycle import CampaignStatus
from domain.shared.errors import SignalError
from tests.integration.campaigns.world import CampaignWorld
from tests.integration.pipeline.workshop import ANDROID

PEOPLE = 4_000


class Died(BaseException):
    """The process is gone: nothing catches that, and its transaction is rolled back by the server."""


class DyingStep:
    """A step that dies before one of its calls."""

    def __init__(self, step: FanOutStep, calls_left: int) -> None:
        self._step = step
        self._calls_left = calls_left

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._step, name)
        if not callable(found):
            return found
        if self._calls_left == 0:
            raise Died(name)
        self._calls_left -= 1
        return found


@attrs.define
class DyingStore:
    """The real store, whose steps die after a number of calls that chance decides; some live."""

    store: PostgresFanOut
    random: random.Random
    deaths: int = 0

    async def ready(self, now: datetime, until: datetime, **bounds: int) -> Any:
        return await self.store.ready(now, until, **bounds)

    async def in_queue(self, campaign_id: UUID) -> bool:
        return await self.store.in_queue(campaign_id)

    @asynccontextmanager
    async def step(self, key: WaveKey, now: datetime) -> AsyncIterator[Any]:
        async with self.store.step(key, now) as step:
            yield step if step is None else DyingStep(step, self.random.randrange(6))


@pytest.mark.parametrize("seed", range(3))
async def test_a_fan_out_that_dies_at_seeded_points_makes_everybody_exactly_once(
    world: CampaignWorld, seed: int
) -> None:
    """It dies at random before writing contents, chunks, cursor or reservation; the ledger adds up, too."""
    world.look_ahead = 500
    app = await world.application()
    await world.subscriptions(app, PEOPLE // 2)
    await world.subscriptions(app, PEOPLE // 2, type_=ANDROID)
    campaign = await world.draft(app)
    await world.launch(app, campaign)
    store = DyingStore(PostgresFanOut(world.engine, world.ids, kept_plans=world.engine), random.Random(seed))
    fan_out: FanOut = attrs.evolve(world.fan_out, fan_out_store=store)  # type: ignore[type-var]
    worker = await world.worker()
    while (await world.recount(campaign))["successful"] < PEOPLE:
        try:
            await fan_out()
        except Died:
            store.deaths += 1
        await world.queue.release(world.clock.now())
        await world.deliver_everything(worker)
    assert store.deaths >= 4
    await world.count()
    done = await world.get(app, campaign)
    assert (done.status, done.counts.successful_count) == (CampaignStatus.SENT, PEOPLE)
    found = await world.recount(campaign)
    assert (found["n"], found["people"]) == (PEOPLE, PEOPLE)
    assert await world.ledger() == {"reserve": PEOPLE, "settle": PEOPLE}


async def test_connections_that_are_cut_in_the_middle_lose_nothing_and_repeat_nothing(
    world: CampaignWorld, database_url: str
) -> None:
    """The server ends connections at seeded moments while two schedulers work side by side."""
    chance = random.Random(20)
    app = await world.application()
    await world.subscriptions(app, 5 * PEOPLE)
    campaign = await world.draft(app)
    await world.launch(app, campaign)
    cuts = 0
    done = asyncio.Event()

    async def cut() -> None:
        nonlocal cuts
        connection = await asyncpg.connect(database_url)
        while not done.is_set() and cuts < 20:
            await asyncio.sleep(chance.uniform(0, 0.05))
            cuts += await connection.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state = 'active' AND query LIKE '%campaign_recipient r%'"
            )
        await connection.close()

    async def scheduler() -> None:
        idle = 0
        while idle < 3:
            try:
                idle = 0 if await world.fan_out() else idle + 1
            except SignalError:
                idle = 0

    cutting = asyncio.create_task(cut())
    await asyncio.gather(scheduler(), scheduler())
    done.set()
    await cutting
    assert cuts > 0
    found = await world.recount(campaign)
    assert (found["n"], found["people"]) == (5 * PEOPLE, 5 * PEOPLE)
    assert await world.value("SELECT sum(n) FROM reservation") == 5 * PEOPLE
    assert await world.value("SELECT sum(n) FROM campaign_batch") == 5 * PEOPLE
