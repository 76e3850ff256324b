"""The same work over a small and over a large table: CPU a message must stay flat."""

from __future__ import annotations

from bootstrap.bench.delivery_runs import throughput
from bootstrap.bench.progress import Stages
from bootstrap.bench.rig import Rig

PARTS = ("python", "postgres")
YARDSTICK = "simulator"
"""Does the same for each message, whatever our table holds: what it costs tells how fast the machine was just then."""
SMALL = 10_000
TOLERANCE = 0.20


async def scale(rig: Rig, rows: int, messages: int, stages: Stages) -> dict[str, object]:
    """CPU µs a message at about 10,000 rows and at `rows`; in between the table is filled through the whole path."""
    small = min(SMALL, rows)
    await _fill(rig, small, stages)
    first = await _measure(rig, messages, stages)
    await _fill(rig, rows, stages)
    second = await _measure(rig, messages, stages)
    change = {part: second[part] / max(first[part], 0.1) for part in (*PARTS, YARDSTICK)}
    beside = {part: round(change[part] / max(change[YARDSTICK], 0.01) - 1, 3) for part in PARTS}
    return {
        "messages_each": messages,
        "small": first,
        "large": second,
        "change": {part: round(one - 1, 3) for part, one in change.items()},
        "change_beside_simulator": beside,
        "flat": all(abs(one) <= TOLERANCE for one in beside.values()),
    }


async def _fill(rig: Rig, rows: int, stages: Stages) -> None:
    missing = rows - await rig.watch.rows()
    if missing > 0:
        with stages.stage(f"filling the table to {rows:,} rows", missing) as stage:
            await throughput(rig, rig.mixed, missing, stage)


async def _measure(rig: Rig, messages: int, stages: Stages) -> dict[str, float]:
    rows = await rig.watch.rows()
    with stages.stage(f"throughput at {rows:,} rows", messages) as stage:
        run = await throughput(rig, rig.mixed, messages, stage)
    return {
        "rows": float(rows),
        "rate": run.rate,
        **{part: round(run.cpu[part] * 1e6 / max(run.settled.n, 1), 1) for part in (*PARTS, YARDSTICK)},
    }
