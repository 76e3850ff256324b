"""One bench: start an installation, measure what the plan asks for, take everything down again."""

from __future__ import annotations

import asyncio
import shutil
import subprocess

import uvloop

from bootstrap.bench.accept_runs import burst, quotas, singles
from bootstrap.bench.baseline_run import baseline
from bootstrap.bench.campaign_runs import campaigns
from bootstrap.bench.cpu import machine, versions
from bootstrap.bench.dashboard_runs import dashboard
from bootstrap.bench.delivery_runs import paced, ramp, throughput
from bootstrap.bench.export_runs import exports
from bootstrap.bench.plan import Plan
from bootstrap.bench.progress import Stages
from bootstrap.bench.rig import ENVIRONMENT, POSTGRES_SETTINGS, Rig
from bootstrap.bench.scale_run import scale
from bootstrap.bench.segment_runs import SEGMENT_SETTINGS, segment_counts
from bootstrap.bench.tenant import Desk, Tenant
from bootstrap.bench.watch import Watch
from bootstrap.embedded.binaries import nats_server
from bootstrap.settings import Settings
from bootstrap.stack import Stack, StackState

WARM_UP = 2_000
"""Messages before anything is measured: connections, plans and caches are there in a node that runs."""
RAMP_FIRST, RAMP_STEP = 1_000.0, 1_000.0
SCALE_MESSAGES = 50_000

Report = dict[str, object]


def run_bench(plan: Plan, stages: Stages) -> Report:
    """The report. Raise RuntimeError when the installation does not start; nothing is left running or on disk."""
    own = {"data_folder": plan.folder, "port": 0, "database_url": None, "nats_url": None}
    settings = Settings().model_copy(update=own)
    found: Report = {"machine": machine()}
    try:
        servers = {**POSTGRES_SETTINGS, **(SEGMENT_SETTINGS if plan.segments else {})}
        with Stack(settings, environment=ENVIRONMENT, postgres_settings=servers) as stack:
            with stages.stage("starting PostgreSQL, NATS, simulator and roles"):
                state = stack.state
                assert state is not None
            desk = Desk(state.api_url, state.operator_key)
            mixed, ios = _tenants(desk, plan.subscriptions, stages)
            uvloop.run(_measure(plan, stack, state, desk, (mixed, ios), stages, found))
    finally:
        shutil.rmtree(plan.folder, ignore_errors=True)
    return found


def _tenants(desk: Desk, subscriptions: int, stages: Stages) -> tuple[Tenant, Tenant]:
    """(half iOS half Android, iOS only) of so many subscriptions each."""
    with stages.stage("registering subscriptions", 2 * subscriptions) as stage:
        half = subscriptions // 2
        mixed = desk.open_tenant("bench", ios=half, android=subscriptions - half, advance=stage.advance)
        return mixed, desk.open_tenant("bench iOS", ios=subscriptions, android=0, advance=stage.advance)


async def _measure(
    plan: Plan,
    stack: Stack,
    state: StackState,
    desk: Desk,
    tenants: tuple[Tenant, Tenant],
    stages: Stages,
    found: Report,
) -> None:
    watch = await Watch.open(state.database_url)
    rig = Rig(stack, state, watch, *tenants)
    try:
        warm_up = min(WARM_UP, plan.messages)
        with stages.stage("warming up", 2 * warm_up) as stage:
            for tenant in tenants:
                await throughput(rig, tenant, warm_up, stage)
        if plan.scale:
            found["flatness"] = await scale(rig, plan.rows, min(SCALE_MESSAGES, plan.messages), stages)
        if plan.segments:
            found["segments"] = await segment_counts(state.database_url, plan.rows, stages)
        if plan.dashboard:
            found["dashboard"] = await dashboard(plan, rig, stages)
        if plan.main:
            await _main(plan, rig, stages, found)
        if plan.main or plan.singles:
            with stages.stage(f"single sends, {plan.clients} clients", plan.single_messages) as stage:
                found["group_commit"] = await singles(rig, plan.clients, plan.single_messages, stage)
        if plan.quota:
            with stages.stage("quotas overrun") as stage:
                found["quota"] = await quotas(rig, desk, plan.quota_each, stage)
        if plan.ramp:
            with stages.stage("ramp") as stage:
                steps = ramp(rig, RAMP_FIRST, RAMP_STEP, plan.ramp_last, plan.seconds, stage)
                found["ramp"] = await steps
        if plan.main or plan.burst is not None:
            with stages.stage("burst: accepting with the workers stopped", plan.burst_messages) as stage:
                found["burst"] = await burst(rig, plan.burst_messages, stage)
        if plan.export:
            found["exports"] = await exports(rig, desk, plan.rows, stages)
        if plan.campaign:
            found["campaign"] = await campaigns(plan, rig, desk, stages)
        found["connections_max"] = rig.peaks.connections
        workers = [most for name, most in rig.peaks.rss_mb.items() if name.startswith("worker")]
        found["rss_mb_max"] = round(max(workers, default=0.0), 1)
        found["rss_mb_max_of_roles"] = {name: round(most, 1) for name, most in rig.peaks.rss_mb.items()}
        servers = {"postgresql": await watch.server_version(), "nats-server": await _nats_version()}
        found["versions"] = versions(servers)
    finally:
        await watch.close()


async def _main(plan: Plan, rig: Rig, stages: Stages, found: Report) -> None:
    with stages.stage("throughput: half iOS, half Android", plan.messages) as stage:
        run = await throughput(rig, rig.mixed, plan.messages, stage)
    found["messages"] = plan.messages
    found["rate"] = run.rate
    found["cpu_us_per_message"] = run.report()["cpu_us_per_message"]
    found["throughput"] = run.report()
    with stages.stage("the same, iOS only, for the ratio", plan.alike_messages) as stage:
        alike = await throughput(rig, rig.ios, plan.alike_messages, stage)
    found["throughput_ios"] = alike.report()
    with stages.stage("baseline: stock aioapns, a message at a time", plan.baseline_messages) as stage:
        theirs = await baseline(rig, plan.baseline_messages, stage)
    found["baseline"] = theirs
    rate = float(str(theirs["rate"]))
    found["baseline_rate"] = rate
    found["ratio"] = round(alike.rate / rate, 2)
    found["cpu_ratio"] = round(_total_us(theirs) / max(_total_us(alike.report()), 0.1), 2)
    total = round(plan.paced_rate * plan.paced_seconds)
    with stages.stage(f"paced: {plan.paced_rate:,.0f} messages/s", total) as stage:
        _, at_rate = await paced(rig, plan.paced_rate, plan.paced_seconds, stage)
    found["paced"] = at_rate
    found["latency_ms"] = at_rate["latency_ms"]


def _total_us(run: Report) -> float:
    """CPU µs a message of everything: unlike a rate it hardly depends on what else the machine does."""
    parts = run["cpu_us_per_message"]
    assert isinstance(parts, dict)
    return float(sum(parts.values()))


async def _nats_version() -> str:
    answer = await asyncio.to_thread(
        subprocess.run, [str(nats_server()), "--version"], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip().rpartition("v")[2]
