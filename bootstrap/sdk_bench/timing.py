"""How long calls took, and how many there were a second."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator

Figures = dict[str, float]


def figures(milliseconds: Iterable[float], seconds: float, *, units: int | None = None) -> Figures:
    """Rates and percentiles; `units` counts what is done a second when a call does more than one thing."""
    sorted_ms = sorted(milliseconds)
    done = len(sorted_ms) if units is None else units
    return {
        "n": done,
        "calls": len(sorted_ms),
        "seconds": round(seconds, 2),
        "per_second": round(done / seconds, 1) if seconds else 0.0,
        "p50_ms": percentile(sorted_ms, 0.50),
        "p95_ms": percentile(sorted_ms, 0.95),
        "p99_ms": percentile(sorted_ms, 0.99),
    }


def percentile(sorted_ms: list[float], share: float) -> float:
    """The nearest rank; 0 of nothing."""
    if not sorted_ms:
        return 0.0
    rank = max(1, math.ceil(share * len(sorted_ms)))
    return round(sorted_ms[rank - 1], 2)


async def timed(works: Iterable[Callable[[], Awaitable[None]]], *, clients: int) -> tuple[list[float], float]:
    """Run every work, so many at once; answers the milliseconds of each and the seconds of all."""
    taken: list[float] = []
    queue: Iterator[Callable[[], Awaitable[None]]] = iter(works)

    async def work() -> None:
        for one in queue:
            started = time.perf_counter()
            await one()
            taken.append((time.perf_counter() - started) * 1000)

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(work())
    return taken, time.perf_counter() - started
