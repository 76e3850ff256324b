"""Accepting alone: how much is stored durably in how little time, in batches, singly, and against quotas."""

from __future__ import annotations

import asyncio
import time

from bootstrap.bench.progress import Stage
from bootstrap.bench.rig import PARTS, Rig
from bootstrap.bench.spread import per_message, spread
from bootstrap.bench.tenant import Desk, Tenant

BURST_BATCH = 10_000
BURST_CLIENTS = 4
QUOTA_APPLICATIONS = 5
OVERRUN = 3
"""Times its quota that each application tries to send."""


async def burst(rig: Rig, messages: int, stage: Stage) -> dict[str, object]:
    """`messages` accepted durably through the batch API while the workers are stopped: what was accepted is stored,
    and nothing of it is delivered before the last call is answered.
    """
    workers = [role for name, role in rig.stack.roles.items() if name.startswith("worker")]
    for worker in workers:
        worker.ask_to_stop()
    await asyncio.gather(*(asyncio.to_thread(worker.wait) for worker in workers))
    marks = []
    batch = min(BURST_BATCH, max(1, messages // BURST_CLIENTS))
    job = rig.job(rig.mixed, total=messages, per_call=batch, clients=BURST_CLIENTS)
    async with rig.sampling():
        load = await rig.load(job, stage.at, before=lambda: marks.append(rig.cpu()))
    marks.append(rig.cpu())
    stored = await rig.watch.rows(load.started_at, time.time() + 1)
    for worker in workers:
        worker.start()
    return {
        "accepted": load.accepted,
        "stored": stored,
        "seconds": round(load.seconds, 3),
        "rate": round(load.accepted / load.seconds, 1),
        "refused_calls": load.refused,
        "per_call": batch,
        "clients": BURST_CLIENTS,
        "call_ms": spread(load.call_ms),
        "cpu_us_per_message": {
            part: per_message(marks[1][part] - marks[0][part], load.accepted) for part in PARTS
        },
        "cores_busy": {part: round((marks[1][part] - marks[0][part]) / load.seconds, 2) for part in PARTS},
        "load_generator_cpu_us_per_message": per_message(load.cpu_seconds, load.accepted),
    }


async def singles(rig: Rig, clients: int, messages: int, stage: Stage) -> dict[str, object]:
    """Single sends from many clients at once; how many share a transaction, counted in PostgreSQL."""
    clients = min(clients, messages)
    job = rig.job(rig.mixed, total=messages, per_call=1, clients=clients)
    async with rig.sampling():
        load = await rig.load(job, stage.at)
        stored, transactions = await rig.watch.accepted(load.started_at, time.time() + 1)
        await rig.watch.until_settled(lambda _: None)
    return {
        "clients": clients,
        "messages": load.accepted,
        "transactions": transactions,
        "mean_group": round(stored / max(transactions, 1), 1),
        "rate": round(load.accepted / load.seconds, 1),
        "refused_calls": load.refused,
        "call_ms": spread(load.call_ms),
    }


async def quotas(rig: Rig, desk: Desk, quota: int, stage: Stage) -> dict[str, object]:
    """Several applications try to send three times their quota at the same moment, in batches and singly."""
    tenants: list[Tenant] = []
    for number in range(QUOTA_APPLICATIONS):
        tenant = await asyncio.to_thread(desk.open_tenant, f"quota {number}", ios=50, android=50)
        await asyncio.to_thread(desk.set_quota, tenant, quota)
        tenants.append(tenant)
    offered = quota * OVERRUN
    in_batches = rig.job(
        *tenants,
        total=offered * len(tenants) // 2,
        per_call=37,
        clients=4 * len(tenants),
        allow_partial=True,
    )
    singly = rig.job(*tenants, total=offered * len(tenants) // 2, per_call=1, clients=8 * len(tenants))
    loads = await asyncio.gather(rig.load(in_batches, stage.at), rig.load(singly, lambda _: None))
    await rig.watch.until_settled(lambda _: None)
    accepted = [sum(load.accepted_each[number] for load in loads) for number in range(len(tenants))]
    used = [await asyncio.to_thread(desk.used_today, tenant) for tenant in tenants]
    refused: dict[str, int] = {}
    for load in loads:
        for status, n in load.refused.items():
            refused[status] = refused.get(status, 0) + n
    return {
        "applications": len(tenants),
        "quota": quota,
        "offered_each": offered,
        "accepted": accepted,
        "used": used,
        "refused_calls": refused,
        "exact": accepted == used == [quota] * len(tenants),
    }
