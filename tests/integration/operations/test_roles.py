"""Parts of a process on real servers that are broken under them: none ends silently, and each goes on when it can again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from bootstrap.metrics import LookedUp
from bootstrap.node import Node, open_node
from bootstrap.node_report import telling_of
from bootstrap.roles import run_scheduler, run_worker
from bootstrap.run_role import _end_in_time, _whole
from bootstrap.settings import EXIT_WITH_PARENT, Settings
from bootstrap.stack.role_process import RoleProcess
from bootstrap.stack.stack import Stack
from tests.integration.pipeline.lossy_proxy import lossy
from tests.integration.pipeline.workshop import Workshop

PATIENCE = 30


def settings(folder: Path, database_url: str, nats_url: str, prefix: str) -> Settings:
    return Settings.model_validate(
        {
            "database_url": database_url,
            "nats_url": nats_url,
            "SIGNAL_NATS_PREFIX": prefix,
            "SIGNAL_DATA_FOLDER": folder,
            "SIGNAL_METRICS_PORT": 0,
        }
    )


async def until(true: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await true():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(part: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncIterator[asyncio.Task[None]]:
    """A part of a process until the block's end, which it must live to see."""
    stopping = asyncio.Event()

    async def whole() -> None:
        await part(stopping)

    task = asyncio.create_task(whole())
    try:
        yield task
        assert not task.done(), task.exception()
    finally:
        stopping.set()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def node_settings(tmp_path: Path, database_url: str, nats_url: str, stream_prefix: str) -> Settings:
    return settings(tmp_path, database_url, nats_url, stream_prefix)


async def test_a_scheduler_whose_steps_fail_goes_on_with_the_others(
    shop: Workshop, node_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Tables of retries, webhooks and exports are gone: what was accepted is still released, and so are they again later."""
    gone = ("message_retry", "webhook_delivery", "export")
    async with open_node(node_settings, "scheduler") as node:
        for table in gone:
            await shop.connection.execute(f"ALTER TABLE {table} RENAME TO {table}_gone")
        async with running(lambda stopping: run_scheduler(node, stopping)):

            async def all_failed() -> bool:
                failed = {
                    record.args[0]
                    for record in caplog.records
                    if isinstance(record.args, tuple) and record.args
                }
                return {"the step 'retried'", "delivering webhooks", "writing exports"} <= failed

            await until(all_failed)
            await shop.connection.execute("INSERT INTO system_state VALUES ('hold', '{}', now())")
            app = await shop.application()
            await shop.send(app, await shop.subscriptions(app, 1))
            await shop.connection.execute("DELETE FROM system_state WHERE name = 'hold'")
            await until(lambda: shop.value("SELECT true FROM dispatch_chunk WHERE state = 1"))
            for table in gone:
                await shop.connection.execute(f"ALTER TABLE {table}_gone RENAME TO {table}")
            await until(lambda: _succeeded(node, "retried", "writing_exports"))


async def _succeeded(node: Node, *jobs: str) -> bool:
    """Whether each has run without failing."""
    measures = node.infrastructure.measures()
    runs = {
        one.labels: one.buckets[-1][1] for one in measures.distributions() if one.name == "signal_job_seconds"
    }
    failures = {
        one.labels: one.value for one in measures.figures() if one.name == "signal_job_failures_total"
    }
    return all(runs.get((job,), 0) > failures.get((job,), 0) for job in jobs)


async def test_a_worker_hears_on_after_it_could_not_load_all_that_it_may_hold(
    shop: Workshop, node_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """4,000 messages whose chunks fail in loading take no room from the next one."""
    async with open_node(node_settings, "worker") as node:
        ring = node.infrastructure.doorbells().ring
        await node.infrastructure.doorbells().ensure_stream()
        app = await shop.application()
        await shop.send(app, await shop.subscriptions(app, 4_000))
        await shop.connection.execute("ALTER TABLE subscription RENAME COLUMN token_environment TO elsewhere")
        async with running(lambda stopping: run_worker(node, stopping)):
            await ring(shop.bells.rings)

            async def all_failed() -> bool:
                return sum("cannot be loaded" in record.msg for record in caplog.records) >= 8

            await until(all_failed)
            await shop.connection.execute(
                "ALTER TABLE subscription RENAME COLUMN elsewhere TO token_environment"
            )
            shop.bells.rings.clear()
            another = await shop.application()
            await shop.send(another, await shop.subscriptions(another, 501))
            await ring(shop.bells.rings)
            # None of these tokens was sealed by this node's key: that they ended means that they were looked at.
            waiting = "SELECT count(*) = 0 FROM message WHERE application_id = $1 AND status = 0"
            await until(lambda: shop.value(waiting, another))


async def test_a_process_tells_of_itself_again_after_it_could_not(
    shop: Workshop, node_settings: Settings
) -> None:
    """The table has another shape for a while, which is no error of the connection."""
    async with open_node(node_settings, "scheduler") as node:
        await shop.connection.execute("ALTER TABLE node_report RENAME COLUMN reading TO elsewhere")
        async with telling_of(node, "scheduler"):
            await asyncio.sleep(0.3)
            await shop.connection.execute("ALTER TABLE node_report RENAME COLUMN elsewhere TO reading")
            await until(lambda: shop.value("SELECT true FROM node_report WHERE role = 'scheduler'"))


async def test_figures_that_cannot_be_read_hide_no_others(shop: Workshop, node_settings: Settings) -> None:
    """Nor do they end the looking."""
    async with open_node(node_settings, "scheduler") as node:
        await node.infrastructure.event_stream().ensure()
        await shop.connection.execute("ALTER TABLE channel_pause RENAME TO elsewhere")
        looked_up = LookedUp(
            {"postgres": node.infrastructure.gauges(), "nats": node.infrastructure.stream_figures()}
        )
        await looked_up.refresh()
        names = {sample.name for sample in looked_up.samples()}
        assert "signal_nats_stream_messages" in names
        assert "signal_paused_routes" not in names


async def test_a_process_ends_when_its_connection_to_nats_is_lost_for_good(
    tmp_path: Path, database_url: str, nats_url: str, stream_prefix: str
) -> None:
    """With an exit code that has a supervisor start it again, as soon as that helps: it would live on and hear nothing."""
    async with lossy(nats_url) as proxy:
        environment = {
            "DATABASE_URL": database_url,
            "NATS_URL": proxy.url,
            "SIGNAL_NATS_PREFIX": stream_prefix,
            "SIGNAL_DATA_FOLDER": str(tmp_path),
            "SIGNAL_METRICS_PORT": "0",
            EXIT_WITH_PARENT: "1",
        }
        role = RoleProcess(
            "worker", ["-m", "bootstrap.role", "worker"], environment, tmp_path / "logs" / "worker.log"
        )
        role.start()
        try:

            async def started() -> bool:
                return "started" in role.last_words()

            await until(started)
            proxy.refuse = True
            proxy.say(b"-ERR 'Authorization Violation'\r\n")

            async def noticed() -> bool:
                return "lost for good" in role.last_words(100)

            await until(noticed)
            assert role.running, "what works without NATS goes on until there is a use in ending"
            proxy.refuse = False

            async def ended() -> bool:
                return not role.running

            await until(ended)
            assert role.wait() == 1
        finally:
            role.kill()


async def test_a_part_that_ends_by_itself_ends_the_process() -> None:
    """Without having been asked to: its process would live on without it. When it was asked to stop, that is its end."""
    stopping = asyncio.Event()

    async def part(node: Node, stopping: asyncio.Event) -> None:
        return

    with pytest.raises(RuntimeError, match="part ended by itself"):
        await _whole(part, cast(Node, None), stopping)
    stopping.set()
    await _whole(part, cast(Node, None), stopping)


async def test_a_part_that_does_not_end_is_cut_off() -> None:
    """It waits for something that does not come; the others end as they please."""
    stopping = asyncio.Event()
    stuck = asyncio.create_task(asyncio.Event().wait())
    ends = asyncio.create_task(stopping.wait())
    stopping.set()
    async with asyncio.timeout(PATIENCE):
        await _end_in_time([stuck, ends], stopping, 0.05)
        await asyncio.wait([stuck])
    assert stuck.cancelled()
    assert not ends.cancelled()


async def test_a_role_that_cannot_be_started_again_is_tried_again(tmp_path: Path) -> None:
    """There is no room for its log, say: the thread that looks after the roles goes on looking."""
    logs = tmp_path / "logs"
    stack = Stack(
        Settings.model_validate({"SIGNAL_DATA_FOLDER": tmp_path}), roles=(), simulator=False, supervise=True
    )
    role = RoleProcess("sleeper", ["-c", "import time; time.sleep(60)"], {}, logs / "sleeper.log")
    logs.write_text("a file where the folder of the logs should be")
    stack.roles["sleeper"] = role
    stack.watch()
    try:
        await asyncio.sleep(0.5)
        logs.unlink()

        async def runs() -> bool:
            return role.running

        await until(runs)
    finally:
        stack.stop()
        role.kill()
