"""Both servers together: found by others, restarted when they die, gone when their parent is."""

from __future__ import annotations

import json
import os
import signal
import stat
from pathlib import Path

import asyncpg
import nats
import psutil
import pytest

from bootstrap.embedded import EmbeddedServers, FolderInUse, RestartPolicy, Supervision, find_running
from tests.integration.embedded.processes import alive, eventually, processes_below, python

RUN = """
import select
import sys
from pathlib import Path
from bootstrap.embedded import EmbeddedServers

with EmbeddedServers(Path(sys.argv[1])) as servers:
    print("running", flush=True)
    # In steps: a signal that arrives on the way into one endless read would wait for the read to end.
    while not select.select([sys.stdin], [], [], 0.2)[0]:
        pass
"""
STOP_SECONDS = 100.0
"""Longer than a stop's own patience with both servers, after which it kills them: a loaded disk may use all of it."""


def test_a_second_starter_finds_the_first_and_nothing_after_it_stopped(server_folder: Path) -> None:
    with EmbeddedServers(server_folder) as first:
        found = find_running(server_folder)
        assert found is not None
        assert (found.database_url, found.nats_url) == (first.postgres.url, first.nats.url)
        assert (found.supervisor_pid, found.postgres_pid) == (os.getpid(), first.postgres.pid)
        with pytest.raises(FolderInUse):
            EmbeddedServers(server_folder).start()
        assert find_running(server_folder) == found
        assert stat.S_IMODE((server_folder / "running.json").stat().st_mode) == 0o600
        assert found.database_url not in repr(found)
    assert find_running(server_folder) is None
    assert processes_below(server_folder) == []


def test_a_note_whose_supervisor_is_another_process_by_now_finds_nothing(server_folder: Path) -> None:
    with EmbeddedServers(server_folder):
        note = json.loads((server_folder / "running.json").read_text())
        note["supervisor_started"] -= 100
        (server_folder / "running.json").write_text(json.dumps(note))
        assert find_running(server_folder) is None


async def test_kill_9_of_the_parent_ends_the_servers_and_the_next_start_recovers(server_folder: Path) -> None:
    with python(RUN, str(server_folder)) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "running\n"
        found = find_running(server_folder)
        assert found is not None
        connection = await asyncpg.connect(found.database_url)
        await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        parent.kill()
        parent.wait()
    assert eventually(lambda: not alive(found.postgres_pid) and not alive(found.nats_pid))
    assert eventually(lambda: processes_below(server_folder) == [])
    assert find_running(server_folder) is None
    connection.terminate()
    with EmbeddedServers(server_folder) as servers:
        connection = await asyncpg.connect(servers.postgres.url)
        assert await connection.fetchval("SELECT answer FROM kept") == 42
        await connection.close()


async def test_a_start_right_after_the_parents_death_takes_over_from_what_still_runs(
    server_folder: Path,
) -> None:
    with python(RUN, str(server_folder)) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        found = find_running(server_folder)
        assert found is not None
        # Without their watchdogs the servers live on: the next start itself must end them.
        watchdogs = [child for child in psutil.Process(parent.pid).children() if child.name() == "sh"]
        assert len(watchdogs) == 2
        for watchdog in watchdogs:
            watchdog.kill()
        parent.kill()
        parent.wait()
    assert alive(found.postgres_pid)
    assert alive(found.nats_pid)
    with EmbeddedServers(server_folder) as servers:
        assert not alive(found.postgres_pid)
        assert not alive(found.nats_pid)
        connection = await asyncpg.connect(servers.postgres.url)
        await connection.close()


def test_ctrl_c_leaves_neither_process_nor_note_nor_lock(server_folder: Path) -> None:
    with python(RUN, str(server_folder)) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        found = find_running(server_folder)
        assert found is not None
        # A terminal sends Ctrl-C to its whole session: the servers must not be in it, or they end before we do.
        assert os.getsid(parent.pid) not in (os.getsid(found.postgres_pid), os.getsid(found.nats_pid))
        parent.send_signal(signal.SIGINT)
        parent.wait(timeout=STOP_SECONDS)
    assert processes_below(server_folder) == []
    assert not (server_folder / "running.json").exists()
    with EmbeddedServers(server_folder):
        pass


def test_a_fork_of_the_parent_neither_keeps_the_lock_nor_stops_the_servers(server_folder: Path) -> None:
    fork = """
import os, sys, time
from pathlib import Path
from bootstrap.embedded import EmbeddedServers

servers = EmbeddedServers(Path(sys.argv[1]))
servers.start()
stopped, tell = os.pipe()
child = os.fork()
if child == 0:
    servers.stop()
    servers.postgres.stop()
    servers.nats.stop()
    os.write(tell, b"x")
    os.close(1)
    time.sleep(600)
os.read(stopped, 1)
print(child, servers.postgres.running and servers.nats.running, flush=True)
sys.stdin.read()
"""
    with python(fork, str(server_folder)) as parent:
        assert parent.stdout is not None
        child, running = parent.stdout.readline().split()
        assert running == "True"
        parent.kill()
        parent.wait()
        assert alive(int(child))
        assert eventually(lambda: processes_below(server_folder / "postgres") == [])
        with EmbeddedServers(server_folder):
            pass
        os.kill(int(child), signal.SIGKILL)


async def test_supervised_servers_come_back_on_their_ports_after_kill_9(server_folder: Path) -> None:
    with EmbeddedServers(server_folder, supervise=True) as servers:
        before = find_running(server_folder)
        assert before is not None
        os.kill(before.postgres_pid, signal.SIGKILL)
        os.kill(before.nats_pid, signal.SIGKILL)

        def is_back() -> bool:
            now = find_running(server_folder)
            return (
                now is not None
                and now.postgres_pid not in (before.postgres_pid, None)
                and now.nats_pid != before.nats_pid
            )

        assert eventually(is_back)
        assert servers.postgres.url == before.database_url
        connection = await asyncpg.connect(before.database_url)
        await connection.close()
        client = await nats.connect(before.nats_url)
        await client.close()
    assert processes_below(server_folder) == []


def test_a_server_that_keeps_dying_is_given_up(server_folder: Path) -> None:
    servers = EmbeddedServers(server_folder)
    servers.start()
    policy = RestartPolicy(first_pause=0.01, limit=2, window=600)
    supervision = Supervision(servers.nats, policy)
    try:
        for expected in (1, 2):
            pid = servers.nats.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            assert eventually(lambda expected=expected: supervision.restarts == expected)
        pid = servers.nats.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert supervision.gave_up.wait(20)
        assert not servers.nats.running
    finally:
        supervision.stop()
        servers.stop()


def test_missing_binaries_name_the_group_to_install_and_the_variables_to_set(server_folder: Path) -> None:
    script = """
import sys
from pathlib import Path
import asyncpg, nats, psutil, attrs
from bootstrap.embedded import BinariesMissing, EmbeddedNats, EmbeddedPostgres
sys.path[:] = [entry for entry in sys.path if not entry.endswith("site-packages")]
for server in (EmbeddedPostgres(Path(sys.argv[1]) / "a"), EmbeddedNats(Path(sys.argv[1]) / "b")):
    try:
        server.start()
    except BinariesMissing as error:
        print(error)
"""
    with python(script, str(server_folder)) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    lines = said.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert "pip install --group embedded" in line
        assert "DATABASE_URL" in line
