"""The dashboard over a month of messages: how long the overview takes, how late it is, and what many open ones cost."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import msgspec
from pydantic import SecretStr

from adapters.crypto.one_time_codes import STEP_SECONDS, code_at
from application.operators.commands import AcceptInvitationCommand, InviteCommand, SignInCommand
from bootstrap.bench.dashboard_load import DAYS, load_month
from bootstrap.bench.load import CONTENT
from bootstrap.bench.plan import Plan
from bootstrap.bench.progress import Stage, Stages
from bootstrap.bench.rig import Rig
from bootstrap.bench.spread import spread
from bootstrap.demo.json_client import JsonClient, json_client
from bootstrap.node import open_node
from bootstrap.settings import Settings
from domain.operators.roles import Role

WARM_UP = 5
PASSWORD = "nobody but the bench knows this"  # noqa: S105
EMAIL = "bench@example.com"
_SETTLED_AT = (
    "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 AS at FROM message WHERE id = $1"
)

Report = dict[str, object]


async def dashboard(plan: Plan, rig: Rig, stages: Stages) -> Report:
    """Fill the month of an application, then look at its overview; milliseconds and per cent of a core."""
    id = rig.mixed.application_id
    with stages.stage(f"a month of {plan.rows:,} messages", plan.rows) as stage:
        started = time.monotonic()
        connection = await asyncpg.connect(
            rig.state.database_url, server_settings={"application_name": "bench"}
        )
        try:
            figures = await load_month(connection, UUID(id), plan.rows, stage.advance)
        finally:
            await connection.close()
        loaded = round(time.monotonic() - started, 1)
    found: Report = {"messages": plan.rows, "days": DAYS, "rows_of_figures": figures, "load_seconds": loaded}
    cookie = {"cookie": f"signal_session={await sign_in(plan, rig)}", "accept-language": "ko"}
    start = f"/dashboard/apps/{id}"
    async with json_client(rig.state.api_url, cookie, connections=4) as pages:
        for name, path in (("overview", start), ("analytics", f"{start}/analytics"), ("campaigns", f"{start}/analytics/compare?by=campaign_id")):  # fmt: skip
            times = plan.pages if name == "overview" else plan.pages // 5
            with stages.stage(f"page: {name}", WARM_UP + times) as stage:
                found[f"{name}_ms"] = await _timed(pages, path, times, stage)
    async with json_client(
        rig.state.api_url, {"authorization": f"Bearer {rig.mixed.api_key}"}, connections=2
    ) as sender:
        with stages.stage("from settlement to page", plan.looks) as stage:
            found["live_ms"] = await _latencies(plan, rig, sender, start, cookie, stage)
        with stages.stage(f"{plan.dashboards} open dashboards"):
            found["watching"] = await _watched(plan, rig, sender, start, cookie)
    return found


async def sign_in(plan: Plan, rig: Rig) -> str:
    """A viewer's session: the cookie's value."""
    own = {
        "data_folder": plan.folder,
        "database_url": SecretStr(rig.state.database_url),
        "nats_url": SecretStr(rig.state.nats_url),
    }
    async with open_node(Settings().model_copy(update=own), "command") as node:
        invited = await node.use_cases.invite_operator()(
            InviteCommand(role=Role.VIEWER, email=EMAIL, actor="bench")
        )
        key = (await node.use_cases.read_invitation()(invited.secret)).code_key
        if (left := STEP_SECONDS - time.time() % STEP_SECONDS) < 5:
            await asyncio.sleep(left)  # the code of the step before must still be good
        step = int(time.time()) // STEP_SECONDS
        await node.use_cases.accept_invitation()(
            AcceptInvitationCommand(
                secret=invited.secret,
                email=EMAIL,
                name="bench",
                password=PASSWORD,
                code=code_at(key, step - 1),
                peer="::1",
            )
        )
        signed_in = await node.use_cases.sign_in()(
            SignInCommand(email=EMAIL, password=PASSWORD, code=code_at(key, step), peer="::1")
        )
        return signed_in.secret


async def _timed(pages: JsonClient, path: str, times: int, stage: Stage) -> dict[str, float]:
    taken: list[float] = []
    for _ in range(WARM_UP + times):
        started = time.perf_counter()
        await pages.call("GET", path)
        taken.append((time.perf_counter() - started) * 1000)
        stage.advance(1)
    return spread(taken[WARM_UP:])


async def _latencies(
    plan: Plan, rig: Rig, sender: JsonClient, start: str, cookie: dict[str, str], stage: Stage
) -> dict[str, float]:
    """Milliseconds between the commit that settled a message and the moment when an open page has the figure."""
    late: list[float] = []
    async with watching(rig.state.api_url, f"{start}/live", cookie) as figures:
        shown = str((await anext(figures))["sent"])
        for number in range(plan.looks):
            await asyncio.sleep(0.2 + 0.8 * number / plan.looks)
            sent = await sender.call("POST", "/v1/messages", _message(rig, number))
            async for told in figures:
                if told["sent"] != shown:
                    break
            seen = time.time()
            shown = told["sent"]
            row = await rig.watch.row(_SETTLED_AT, UUID(sent.body["message_ids"][0]))
            late.append((seen - row["at"]) * 1000)
            stage.advance(1)
    return spread(late)


async def _watched(plan: Plan, rig: Rig, sender: JsonClient, start: str, cookie: dict[str, str]) -> Report:
    """CPU of the API while a message a second arrives: with nobody looking, and with many open overviews."""
    idle = await _share_of_a_core(plan, rig, sender)
    events = 0

    async def look() -> None:
        nonlocal events
        async with watching(rig.state.api_url, f"{start}/live", cookie) as figures:
            async for _ in figures:
                events += 1

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(look()) for _ in range(plan.dashboards)]
        await asyncio.sleep(3)
        events = 0
        busy = await _share_of_a_core(plan, rig, sender)
        for task in tasks:
            task.cancel()
    return {
        "dashboards": plan.dashboards,
        "seconds": plan.seconds,
        "events": events,
        "api_percent_of_a_core_without": idle,
        "api_percent_of_a_core": busy,
    }


async def _share_of_a_core(plan: Plan, rig: Rig, sender: JsonClient) -> float:
    before, started = rig.cpu_of_roles()["api"], time.monotonic()
    number = 0
    while time.monotonic() < started + plan.seconds:
        await sender.call("POST", "/v1/messages", _message(rig, number))
        await asyncio.sleep(1)
        number += 1
    return round(100 * (rig.cpu_of_roles()["api"] - before) / (time.monotonic() - started), 2)


def _message(rig: Rig, number: int) -> dict[str, object]:
    ids = rig.mixed.subscription_ids
    return {"subscription_id": ids[number % len(ids)], "content": CONTENT}


@contextlib.asynccontextmanager
async def watching(
    url: str, path: str, headers: dict[str, str]
) -> AsyncIterator[AsyncIterator[dict[str, str]]]:
    """What a stream of server-sent events tells, as a browser would be told; it comes again when the stream ends."""
    address = urlsplit(url)
    writers: list[asyncio.StreamWriter] = []

    async def told() -> AsyncGenerator[dict[str, str], None]:
        while True:
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            writers.append(writer)
            lines = [f"GET {path} HTTP/1.1", f"host: {address.netloc}", *(f"{name}: {value}" for name, value in headers.items())]  # fmt: skip
            writer.write("\r\n".join([*lines, "", ""]).encode())
            while line := await reader.readline():
                if line.startswith(b"data: "):
                    yield msgspec.json.decode(line[6:], type=dict[str, str])

    events = told()
    try:
        yield events
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await events.aclose()
        for writer in writers:
            writer.close()
