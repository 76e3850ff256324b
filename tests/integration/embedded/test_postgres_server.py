"""PostgreSQL as our child: it keeps its data through every kind of end, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
from pathlib import Path

import asyncpg
import psutil
import pytest

from bootstrap.embedded import EmbeddedPostgres, FolderInUse, StartFailed
from tests.integration.embedded.processes import alive, eventually, processes_below


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


async def value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_it_serves_sql_and_leaves_no_process_after_stop(server_folder: Path) -> None:
    server = EmbeddedPostgres(server_folder / "postgres")
    url = await asyncio.to_thread(server.start)
    assert str(await value(url, "SHOW server_version")).startswith("18")
    assert processes_below(server_folder)
    await asyncio.to_thread(server.stop)
    assert server.pid is None
    assert processes_below(server_folder) == []


async def test_data_and_password_survive_a_clean_restart(server_folder: Path) -> None:
    with EmbeddedPostgres(server_folder / "postgres") as server:
        await execute(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    with EmbeddedPostgres(server_folder / "postgres") as server:
        assert await value(server.url, "SELECT answer FROM kept") == 42


async def test_after_kill_9_the_server_is_reaped_and_starts_again_on_the_same_port(
    server_folder: Path,
) -> None:
    with EmbeddedPostgres(server_folder / "postgres") as server:
        url, pid = server.url, server.pid
        assert pid is not None
        await execute(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: not server.running)
        assert not psutil.pid_exists(pid)
        assert await asyncio.to_thread(server.start) == url
        assert server.pid != pid
        assert await value(url, "SELECT answer FROM kept") == 42


async def test_a_session_that_outlives_its_killed_server_does_not_block_the_next_start(
    server_folder: Path,
) -> None:
    with EmbeddedPostgres(server_folder / "postgres") as server:
        busy = await asyncpg.connect(server.url)
        backend = await busy.fetchval("SELECT pg_backend_pid()")
        os.kill(backend, signal.SIGSTOP)  # it cannot notice that its server is gone
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        assert eventually(lambda: not server.running)
        await asyncio.to_thread(server.start)
        assert await value(server.url, "SELECT 1") == 1
        assert not alive(backend)
        busy.terminate()


async def test_a_second_server_on_the_same_folder_is_refused_and_the_first_goes_on(
    server_folder: Path,
) -> None:
    with EmbeddedPostgres(server_folder / "postgres") as first:
        with pytest.raises(FolderInUse, match=str(os.getpid())):
            EmbeddedPostgres(server_folder / "postgres").start()
        assert await value(first.url, "SELECT 1") == 1


async def test_the_password_is_needed_and_only_its_owner_can_read_it(server_folder: Path) -> None:
    with EmbeddedPostgres(server_folder / "postgres") as server:
        wrong = f"postgresql://signal:wrong@127.0.0.1:{server.port}/signal"
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(wrong)
        file = server_folder / "postgres" / "postgres.password"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.read_text() not in repr(server)
        assert not any(file.read_text() in word for word in psutil.Process(server.pid).cmdline())


async def test_settings_can_be_overridden_and_durability_is_on_unless_asked(server_folder: Path) -> None:
    with EmbeddedPostgres(server_folder / "safe", settings={"work_mem": "7MB"}) as safe:
        assert await value(safe.url, "SHOW work_mem") == "7MB"
        assert await value(safe.url, "SHOW fsync") == "on"
        assert await value(safe.url, "SHOW max_locks_per_transaction") == "256"
    with EmbeddedPostgres(server_folder / "fast", durable=False) as fast:
        assert await value(fast.url, "SHOW fsync") == "off"


def test_a_setting_the_server_rejects_is_reported_in_its_own_words(server_folder: Path) -> None:
    server = EmbeddedPostgres(server_folder / "postgres", settings={"shared_buffers": "plenty"})
    with pytest.raises(StartFailed, match='invalid value for parameter "shared_buffers"'):
        server.start()
    assert processes_below(server_folder) == []
    with EmbeddedPostgres(server_folder / "postgres"):
        pass


def test_a_lost_password_file_is_named_in_the_error(server_folder: Path) -> None:
    with EmbeddedPostgres(server_folder / "postgres"):
        pass
    (server_folder / "postgres" / "postgres.password").unlink()
    with pytest.raises(StartFailed, match="restore that file"):
        EmbeddedPostgres(server_folder / "postgres").start()
    assert processes_below(server_folder) == []


async def test_a_given_port_is_the_one_it_listens_on(server_folder: Path) -> None:
    with EmbeddedPostgres(server_folder / "one") as server:
        port = server.port
    with EmbeddedPostgres(server_folder / "two", port=port) as server:
        assert server.port == port
        assert await value(server.url, "SHOW port") == str(port)


def test_a_port_someone_else_listens_on_is_an_error_that_names_the_reason(server_folder: Path) -> None:
    with EmbeddedPostgres(server_folder / "one") as first:
        with pytest.raises(StartFailed, match="Address already in use"):
            EmbeddedPostgres(server_folder / "two", port=first.port).start()
        assert first.running
