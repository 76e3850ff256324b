"""Pacing: a rate that holds across workers, and a slow-down that everyone obeys."""

from __future__ import annotations

import asyncio

import pytest

from adapters.postgres.pacing import PostgresPacing
from tests.integration.pipeline.workshop import Workshop


async def test_slots_of_two_workers_never_overlap(shop: Workshop) -> None:
    first, second = PostgresPacing(shop.engine), PostgresPacing(shop.engine)
    waits = await asyncio.gather(
        *(pacing.reserve("p", 500, 500.0) for pacing in (first, second, first, second))
    )
    starts = sorted(wait for wait, _ in waits)
    assert starts == pytest.approx([0.0, 1.0, 2.0, 3.0], abs=0.2)
    assert {gap for _, gap in waits} == {1 / 500.0}


async def test_buckets_do_not_know_one_another(shop: Workshop) -> None:
    pacing = PostgresPacing(shop.engine)
    await pacing.reserve("p", 1000, 100.0)
    assert (await pacing.reserve("q", 1, 100.0))[0] < 1.0


async def test_a_slowed_bucket_starts_no_earlier(shop: Workshop) -> None:
    pacing = PostgresPacing(shop.engine)
    await pacing.reserve("p", 1, 1000.0)
    await pacing.slow_down("p", 30.0)
    await pacing.slow_down("p", 5.0)
    assert (await pacing.reserve("p", 1, 1000.0))[0] == pytest.approx(30.0, abs=2.0)
