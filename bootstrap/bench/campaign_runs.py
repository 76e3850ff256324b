"""Campaigns: what rendering costs, whether a pace is kept, what single sends feel of a campaign, and how fast fan-out is."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from adapters.templating.engine import LiquidTemplating
from bootstrap.bench.fan_out_runs import EVERYBODY, LAUNCH_SECONDS, PERSONAL, fan_out
from bootstrap.bench.plan import Plan
from bootstrap.bench.progress import Stage, Stages
from bootstrap.bench.rendering_runs import rendering
from bootstrap.bench.rig import Rig
from bootstrap.bench.spread import spread
from bootstrap.bench.tenant import Desk, Tenant
from bootstrap.bench.watch import Stalled, lowest_id
from bootstrap.demo.json_client import json_client

ROUNDS = 5_000
PACE = 500
SINGLES_A_SECOND = 50.0
SINGLES_CLIENTS = 32
UNDER_WAY = 0.02
"""Of the recipients: so many are settled before single sends are measured beside the campaign."""
POLL_SECONDS = 0.25
WORKERS_SECONDS = 30.0
SETTLED_SECONDS = 30.0
OVER = ("sent", "failed", "canceled")
_WORKERS = "SELECT count(*) AS n FROM worker WHERE beat_at > now() - interval '4 seconds'"
_SETTLED = "SELECT count(*) AS n FROM message WHERE campaign_id = $1 AND id >= $2 AND status NOT IN (0, 3)"
_IDS = "SELECT array_agg(id) AS ids FROM message WHERE campaign_id = $1 AND id >= $2"
_SINGLE_IDS = "SELECT array_agg(id) AS ids FROM message WHERE campaign_id IS NULL AND id BETWEEN $1 AND $2"


async def campaigns(plan: Plan, rig: Rig, desk: Desk, stages: Stages) -> dict[str, object]:
    """The part of the report that is about campaigns; fan-out last, for it stops the workers for good."""
    found: dict[str, object] = {}
    with stages.stage("rendering"):
        found["rendering"] = await asyncio.to_thread(rendering, LiquidTemplating(), ROUNDS)
    with stages.stage(f"pacing: {PACE}/s, two workers", plan.subscriptions) as stage:
        found["pacing"] = await pacing(rig, desk, stage)
    found["transactional"] = await transactional(plan, rig, desk, stages)
    found["fan_out"] = await fan_out(rig, desk, plan.rows, stages)
    return found


class Launched:
    """A campaign for everybody of a tenant."""

    def __init__(self, rig: Rig, desk: Desk, key: str, campaign_id: UUID, recipients: int) -> None:
        self._rig, self._desk, self._key = rig, desk, key
        self.id = campaign_id
        self.since = lowest_id(time.time() - 60)
        self.recipients = recipients

    @classmethod
    async def of(cls, rig: Rig, desk: Desk, tenant: Tenant, **plan: object) -> Launched:
        """Create and launch it."""
        body = {"name": "bench", **PERSONAL, "targeting_criteria": EVERYBODY, **plan}
        draft = await asyncio.to_thread(desk.call, "POST", "/v1/campaigns", body, tenant.api_key)
        path = f"/v1/campaigns/{draft['id']}/launch"
        done = await asyncio.to_thread(desk.call, "POST", path, {}, tenant.api_key, seconds=LAUNCH_SECONDS)
        return cls(rig, desk, tenant.api_key, UUID(draft["id"]), int(done["total_recipients"]))

    async def read(self) -> dict[str, Any]:
        return await asyncio.to_thread(self._desk.call, "GET", f"/v1/campaigns/{self.id}", None, self._key)

    async def settled(self) -> int:
        """Messages with a final outcome, counted."""
        return int((await self._rig.watch.row(_SETTLED, self.id, self.since))["n"])

    async def reaches(self, n: int, stage: Stage) -> None:
        """Wait until so many are settled. Raise Stalled when nothing moves."""
        await self._until(stage, lambda settled, _: settled >= n)

    async def over(self, stage: Stage) -> str:
        """Wait for its end; the status. Raise Stalled when nothing moves."""
        await self._until(stage, lambda _, status: status in OVER)
        return str((await self.read())["status"])

    async def _until(self, stage: Stage, holds: Any) -> None:
        most, since = -1, time.monotonic()
        while True:
            settled, status = await self.settled(), (await self.read())["status"]
            stage.at(settled)
            if holds(settled, status) or status in OVER:
                return
            if settled > most:
                most, since = settled, time.monotonic()
            elif time.monotonic() - since > LAUNCH_SECONDS / 5:
                raise Stalled(f"campaign {self.id} is {status} with {settled} settled and nothing moves")
            await asyncio.sleep(POLL_SECONDS)


async def pacing(rig: Rig, desk: Desk, stage: Stage) -> dict[str, object]:
    """The largest one-second window of a paced campaign at the simulator, with two workers."""
    before = int((await rig.watch.row(_WORKERS))["n"])
    second = rig.stack.add_role("worker-bulk", rig.stack.role_environment)
    try:
        await _until_workers(rig, before + 1)
        began = time.monotonic()
        async with rig.sampling():
            launched = await Launched.of(rig, desk, rig.mixed, pacing={"per_second": PACE})
            status = await launched.over(stage)
        seconds = time.monotonic() - began
    finally:
        second.ask_to_stop()
        await asyncio.to_thread(second.wait)
        del rig.stack.roles[second.name]
    row = await rig.watch.row(_IDS, launched.id, launched.since)
    arrived = sorted((await _arrivals(rig, row["ids"] or ())).values())
    largest = largest_window(arrived)
    span = arrived[-1] - arrived[0] if len(arrived) > 1 else 0.0
    return {
        "per_second": PACE,
        "workers": 2,
        "recipients": launched.recipients,
        "status": status,
        "arrived": len(arrived),
        "seconds": round(seconds, 3),
        "rate": round((len(arrived) - 1) / span, 1) if span else 0.0,
        "largest_window": largest,
        "largest_window_ratio": round(largest / PACE, 3),
    }


async def _until_workers(rig: Rig, n: int) -> None:
    until = time.monotonic() + WORKERS_SECONDS
    while (await rig.watch.row(_WORKERS))["n"] < n:
        if time.monotonic() > until:
            raise RuntimeError("the second worker did not start")
        await asyncio.sleep(POLL_SECONDS)


async def _arrivals(rig: Rig, ids: Iterable[UUID]) -> dict[UUID, float]:
    """When the simulator first heard of each of these messages, in Unix seconds."""
    wanted = {str(one): one for one in ids}
    assert rig.state.simulator_control is not None
    async with json_client(rig.state.simulator_control, connections=1) as control:
        lines = (await control.call("GET", "/control/deliveries")).body
    found: dict[UUID, float] = {}
    for line in lines.splitlines():
        one = msgspec.json.decode(line)
        if (id_ := wanted.get(one["message_id"])) is not None:
            found[id_] = float(one["first_at"])
    return found


def largest_window(moments: Sequence[float], seconds: float = 1.0) -> int:
    """The most of these ascending moments that lie within any such span."""
    return max(
        (place - bisect_left(moments, at - seconds) + 1 for place, at in enumerate(moments)), default=0
    )


async def transactional(plan: Plan, rig: Rig, desk: Desk, stages: Stages) -> dict[str, object]:
    """Single sends on an idle system, then the same while a campaign of the same application runs."""
    n = plan.campaign_recipients
    with stages.stage("registering the campaign's audience", n) as stage:
        tenant = await asyncio.to_thread(
            desk.open_tenant, "bench campaign", ios=n // 2, android=n - n // 2, advance=stage.advance
        )
    singles = max(10, round(SINGLES_A_SECOND * min(2 * plan.seconds, n / 1_000)))
    with stages.stage("single sends, idle", singles) as stage:
        idle = await _singles(rig, tenant, singles, stage)
    began = time.time()
    async with rig.sampling():
        launched = await Launched.of(rig, desk, tenant)
        with stages.stage("the campaign's beginning") as stage:
            await launched.reaches(round(UNDER_WAY * launched.recipients), stage)
        with stages.stage("single sends beside a campaign", singles) as stage:
            before = await launched.settled()
            busy = await _singles(rig, tenant, singles, stage)
            after = await launched.settled()
        with stages.stage("the campaign's end", launched.recipients) as stage:
            status = await launched.over(stage)
        seconds = time.time() - began
        await rig.watch.until_settled(lambda _: None)
    return {
        "singles": singles,
        "singles_per_second": SINGLES_A_SECOND,
        "idle": idle,
        "busy": busy,
        "p99_ratio": {
            name: round(float(busy[name]["p99"]) / max(float(idle[name]["p99"]), 0.1), 2)
            for name in ("call_ms", "to_provider_ms", "latency_ms")
        },
        "campaign": {
            "recipients": launched.recipients,
            "status": status,
            "seconds": round(seconds, 3),
            "rate": round(launched.recipients / seconds, 1),
            "settled_when_singles_began": before,
            "settled_when_singles_ended": after,
        },
    }


async def _singles(rig: Rig, tenant: Tenant, n: int, stage: Stage) -> dict[str, Any]:
    """How long calls took, and how long it took from acceptance to the provider and to settlement."""
    job = rig.job(tenant, total=n, per_call=1, clients=min(SINGLES_CLIENTS, n), rate=SINGLES_A_SECOND)
    load = await rig.load(job, stage.at)
    until, patience = time.time() + 1, time.monotonic() + SETTLED_SECONDS
    # Those that take longest must not be missing.
    while True:
        await asyncio.sleep(POLL_SECONDS)
        settled = await rig.watch.settled(load.started_at, until, beside_campaigns=True)
        if settled.n >= load.accepted or time.monotonic() > patience:
            break
    row = await rig.watch.row(_SINGLE_IDS, lowest_id(load.started_at), lowest_id(until))
    arrived = await _arrivals(rig, row["ids"] or ())
    to_provider = [1_000 * at - (id_.int >> 80) for id_, at in arrived.items()]
    return {
        "accepted": load.accepted,
        "settled": settled.n,
        "refused_calls": load.refused,
        "call_ms": spread(load.call_ms),
        "to_provider_ms": spread(to_provider),
        "latency_ms": settled.latency_ms,
    }
