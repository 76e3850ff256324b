"""One bench of the client API: start an installation, send the fleet, take everything down again."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import uvloop

from bootstrap.bench.cpu import machine, resident_mb, tree_seconds
from bootstrap.bench.progress import Stages
from bootstrap.bench.tenant import Desk, apns_fields
from bootstrap.sdk_bench.connections import Connections, Headers, connections_to
from bootstrap.sdk_bench.dart import measure_sdk
from bootstrap.sdk_bench.fleet import EVENTS_PER_CALL, Device
from bootstrap.sdk_bench.timing import figures, timed
from bootstrap.settings import Settings
from bootstrap.stack import Stack

ENVIRONMENT = {
    "SIGNAL_RATE_LIMIT": "1000000",
    "SIGNAL_CLIENT_RATE_LIMIT": "1000000",
    "SIGNAL_CLIENT_REGISTRATION_RATE": "1000000",
    "SIGNAL_LOG_LEVEL": "WARNING",
}
"""The whole fleet calls from one address."""
SETTLE_SECONDS = 120.0
MESSAGES_PER_CALL = 5_000

Report = dict[str, Any]


@attrs.frozen(kw_only=True)
class SdkPlan:
    """How large the fleet is; `receipts` are reported in batches of a hundred."""

    folder: Path
    installs: int = 10_000
    clients: int = 128
    channels: int = 1_000
    receipts: int = 50_000
    sessions: int = 20
    """Of the SDK on the Dart VM; 0: leave it out."""


def run_sdk_bench(plan: SdkPlan, stages: Stages) -> Report:
    """The report. Raise RuntimeError when the installation does not start; nothing is left running or on disk."""
    own = {"data_folder": plan.folder, "port": 0, "database_url": None, "nats_url": None}
    settings = Settings().model_copy(update=own)
    found: Report = {"machine": machine()}
    try:
        with Stack(settings, environment=ENVIRONMENT) as stack:
            with stages.stage("starting PostgreSQL, NATS, simulator and roles"):
                state = stack.state
                assert state is not None
            desk = Desk(state.api_url, state.operator_key)
            uvloop.run(_fleet(plan, stack, desk, state.api_url, stages, found))
            if plan.sessions:
                with stages.stage("the SDK on the Dart VM"):
                    application = desk.call("POST", "/v1/applications", {"name": "sdk"})
                    found["sdk"] = measure_sdk(state.api_url, str(application["id"]), plan.sessions)
            found["api_rss_mb"] = {
                name: round(resident_mb(role.pid), 1) for name, role in stack.roles.items() if role.running
            }
    finally:
        shutil.rmtree(plan.folder, ignore_errors=True)
    return found


async def _fleet(
    plan: SdkPlan, stack: Stack, desk: Desk, api_url: str, stages: Stages, found: Report
) -> None:
    application = desk.call("POST", "/v1/applications", {"name": "fleet"})
    path = f"/v1/applications/{application['id']}"
    key = str(desk.call("POST", f"{path}/keys", {"label": "bench"})["api_key"])
    desk.call("PUT", f"{path}/credentials/apns", {"fields": apns_fields()})
    async with connections_to(api_url) as api:
        devices = [Device(api, str(application["id"])) for _ in range(plan.installs)]
        with stages.stage("warming up"):
            warm = [Device(api, str(application["id"])) for _ in range(min(200, plan.installs))]
            await timed([one.register for one in warm], clients=plan.clients)
        with stages.stage(f"registrations of {plan.installs} installs"):
            before = _cpu(stack)
            taken, seconds = await timed([one.register for one in devices], clients=plan.clients)
            found["register"] = {**figures(taken, seconds), **_cpu_each(before, _cpu(stack), len(devices))}
        some = devices[: plan.channels]
        with stages.stage("logins, and three channels each"):
            before = _cpu(stack)
            taken, seconds = await timed([one.log_in for one in some], clients=plan.clients)
            found["login"] = {**figures(taken, seconds), **_cpu_each(before, _cpu(stack), len(some))}
            taken, seconds = await timed([one.add_channels for one in some], clients=plan.clients)
            found["three_channels"] = figures(taken, seconds, units=3 * len(some))
        with stages.stage("first starts"):
            fresh = [Device(api, str(application["id"])) for _ in range(min(plan.channels, plan.installs))]
            taken, seconds = await timed([one.start for one in fresh], clients=plan.clients)
            found["first_start"] = figures(taken, seconds)
            found["requests_per_start"] = fresh[0].requests if fresh else 0
        with stages.stage(f"{plan.receipts} receipts"):
            server = {"authorization": f"Bearer {key}"}
            found["receipts"] = await _receipts(plan, stack, devices, server, api)


async def _receipts(
    plan: SdkPlan, stack: Stack, devices: Sequence[Device], server: Headers, api: Connections
) -> Report:
    """Messages are sent and settled first, a hundred to each of some installs; then every install reports its own."""
    reporters = devices[: max(1, plan.receipts // EVENTS_PER_CALL)]
    recipients = [{"subscription_id": one.push} for one in reporters for _ in range(EVENTS_PER_CALL)]
    sent: list[str] = []
    for start in range(0, len(recipients), MESSAGES_PER_CALL):
        some = recipients[start : start + MESSAGES_PER_CALL]
        body = {"content": {"push": {"title": "bench"}}, "recipients": some}
        sent += (await api.send(api.request("POST", "/v1/messages/batch", server, body)))["message_ids"]
    last = api.request("GET", f"/v1/messages/{sent[-1]}", server)
    deadline = time.monotonic() + SETTLE_SECONDS
    while (await api.send(last))["status"] == "pending":
        if time.monotonic() > deadline:
            raise RuntimeError("the messages to report were not settled in time")
        await asyncio.sleep(0.2)
    await asyncio.sleep(1)
    works = [
        partial(one.report, one.receipts(sent[at * EVENTS_PER_CALL : (at + 1) * EVENTS_PER_CALL]))
        for at, one in enumerate(reporters)
    ]
    before = _cpu(stack)
    taken, seconds = await timed(works, clients=min(plan.clients, 32))
    return {**figures(taken, seconds, units=len(sent)), **_cpu_each(before, _cpu(stack), len(sent))}


def _cpu(stack: Stack) -> dict[str, float]:
    """CPU seconds so far of the API, of PostgreSQL, and of the fleet, which shares the machine with both."""
    assert stack.servers is not None
    return {
        "api_us_each": tree_seconds([stack.roles["api"].pid]),
        "postgres_us_each": tree_seconds([stack.servers.postgres.pid or 0]),
        "fleet_us_each": time.process_time(),
    }


def _cpu_each(before: Mapping[str, float], after: Mapping[str, float], n: int) -> dict[str, float]:
    return {name: round((after[name] - before[name]) / n * 1e6, 1) for name in before}
