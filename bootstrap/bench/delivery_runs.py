"""From accept to settled: as fast as it goes, at a given rate, and at rates that rise until it is too much."""

from __future__ import annotations

import time

import attrs

from bootstrap.bench.load import Job
from bootstrap.bench.progress import Stage
from bootstrap.bench.rig import MACHINE, PARTS, LoadResult, Rig
from bootstrap.bench.spread import per_message, spread
from bootstrap.bench.tenant import Tenant
from bootstrap.bench.watch import Settled

BATCH = 1_000
"""Recipients of a call when it goes as fast as it can."""
CLIENTS = 4
PACED_BATCH = 250
"""Recipients of a call when the rate is given: arrivals are spread, as traffic is."""
PACED_CLIENTS = 32
ENOUGH = 0.95
"""A rate is sustained when so much of it was settled in its time."""


@attrs.frozen
class Delivered:
    """One run."""

    load: LoadResult
    settled: Settled
    cpu: dict[str, float]
    roles: dict[str, float]
    measured_seconds: float
    """How long CPU was counted: a little longer than the messages took."""

    @property
    def seconds(self) -> float:
        """From the first byte of the first call to the commit that settled the last message."""
        return max(self.settled.last - self.load.started_at, 1e-3)

    @property
    def rate(self) -> float:
        """Messages a second, end to end."""
        return round(self.settled.n / self.seconds, 1)

    @property
    def cores(self) -> dict[str, float]:
        """How many cores the installation kept busy, and how many something else did: the bench or a stranger."""
        ours = sum(self.cpu[part] for part in PARTS)
        others = max(0.0, self.cpu[MACHINE] - ours)
        return {
            "ours": round(ours / self.measured_seconds, 2),
            "others": round(others / self.measured_seconds, 2),
        }

    def report(self) -> dict[str, object]:
        """As every run reports itself."""
        n = self.settled.n
        return {
            "messages": self.load.accepted,
            "settled": n,
            "refused_calls": self.load.refused,
            "seconds": round(self.seconds, 3),
            "accept_seconds": round(self.load.seconds, 3),
            "rate": self.rate,
            "cores_busy": self.cores,
            "latency_ms": self.settled.latency_ms,
            "cpu_us_per_message": {part: per_message(self.cpu[part], n) for part in PARTS},
            "cpu_us_per_message_of_roles": {name: per_message(s, n) for name, s in self.roles.items()},
            "load_generator_cpu_us_per_message": per_message(self.load.cpu_seconds, n),
        }


async def deliver(rig: Rig, job: Job, stage: Stage) -> Delivered:
    """Run a job until everything is settled, published and folded; CPU is counted until then."""
    marks: list[tuple[dict[str, float], dict[str, float], float]] = []

    def mark() -> None:
        marks.append((rig.cpu(), rig.cpu_of_roles(), time.monotonic()))

    async with rig.sampling():
        load = await rig.load(job, lambda n: stage.at(n // 2), before=mark)
        await rig.watch.until_settled(lambda owed: stage.at(load.accepted - owed // 2))
        await rig.watch.until_published()
    mark()
    settled = await rig.watch.settled(load.started_at, time.time() + 1)
    (before, roles_before, began), (after, roles_after, ended) = marks
    return Delivered(
        load,
        settled,
        {part: after[part] - before[part] for part in (*PARTS, MACHINE)},
        {name: roles_after[name] - roles_before.get(name, 0.0) for name in roles_after},
        ended - began,
    )


async def throughput(rig: Rig, tenant: Tenant, messages: int, stage: Stage) -> Delivered:
    """Everything as fast as the API answers; delivery runs at the same time on the same cores."""
    batch = min(BATCH, max(1, messages // CLIENTS))
    return await deliver(rig, rig.job(tenant, total=messages, per_call=batch, clients=CLIENTS), stage)


async def paced(rig: Rig, rate: float, seconds: float, stage: Stage) -> tuple[Delivered, dict[str, object]]:
    """A steady rate; (run, report)."""
    total = max(1, round(rate * seconds))
    batch = min(PACED_BATCH, max(2, total // 10))
    job = rig.job(rig.mixed, total=total, per_call=batch, clients=PACED_CLIENTS, rate=rate)
    run = await deliver(rig, job, stage)
    found = run.report()
    found["offered"] = round(rate, 1)
    found["per_call"] = batch
    found["call_ms"] = spread(run.load.call_ms)
    return run, found


async def ramp(
    rig: Rig, first: float, step: float, last: float, seconds: float, stage: Stage
) -> list[object]:
    """Rates from `first` by `step` until one is not sustained or `last` was; one report each."""
    steps: list[object] = []
    rate = first
    while rate <= last:
        stage.rename(f"ramp: {rate:,.0f} messages/s")
        run, found = await paced(rig, rate, seconds, stage)
        calls = sum(run.load.statuses.values())
        lost = run.load.accepted - run.settled.n
        steps.append(
            {
                "offered": round(rate, 1),
                "achieved": run.rate,
                "latency_ms": run.settled.latency_ms,
                "call_ms": found["call_ms"],
                "error_rate": round((sum(run.load.refused.values()) + lost) / max(calls, 1), 6),
                "cpu_us_per_message": found["cpu_us_per_message"],
            }
        )
        if run.settled.n < ENOUGH * rate * (run.seconds - run.settled.latency_ms["mean"] / 1000):
            break
        rate += step
    return steps
