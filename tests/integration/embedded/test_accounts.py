"""Root and normal users: who the servers run as, and where their files go."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import asyncpg
import psutil
import pytest

from bootstrap.embedded import EmbeddedPostgres, FolderUnreachable
from bootstrap.embedded.accounts import Account, unprivileged_account
from bootstrap.embedded.data_folder import lent_home
from tests.integration.embedded.processes import processes_below, python

# Everything is imported before the switch: the interpreter itself may lie where the user cannot go.
AS_USER = """
import asyncio, encodings.idna, os, pwd, shutil, ssl, sys, tempfile
import concurrent.futures.thread, importlib.metadata, importlib.util, email.parser, csv, json
from pathlib import Path
import asyncpg, psutil
from bootstrap.embedded import EmbeddedServers

folder = Path(sys.argv[1])
os.environ["HOME"] = str(folder)
if os.geteuid() == 0:
    user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
assert os.geteuid() != 0

async def ask(url):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval("SELECT 6 * 7")
    finally:
        await connection.close()

for _ in range(2):
    with EmbeddedServers(folder / "servers") as servers:
        owner = psutil.Process(servers.postgres.pid).uids().effective
        print(asyncio.run(ask(servers.postgres.url)), owner == os.geteuid())
"""


def test_a_normal_user_starts_and_stops_both_servers(server_folder: Path) -> None:
    with python(AS_USER, str(server_folder)) as process:
        said, _ = process.communicate(timeout=90)
    assert said.splitlines() == ["42 True", "42 True"]
    assert process.returncode == 0
    assert processes_below(server_folder) == []


async def test_postgres_never_runs_as_root(server_folder: Path) -> None:
    with EmbeddedPostgres(server_folder / "postgres") as server:
        owner = psutil.Process(server.pid).uids()
        assert owner.effective != 0
        assert (server.home / "cluster").stat().st_uid == owner.effective
        expected = unprivileged_account()
        assert owner.effective == (os.geteuid() if expected is None else expected.uid)


async def test_a_folder_the_account_cannot_enter_gets_a_stand_in_and_keeps_its_mode(
    server_folder: Path,
) -> None:
    closed, lent = server_folder / "closed", server_folder / "lent"
    closed.mkdir(mode=0o700)
    for _ in range(2):
        with EmbeddedPostgres(closed / "postgres", fallback_roots=[lent]) as server:
            connection = await asyncpg.connect(server.url)
            await connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer")
            assert await connection.fetchval("SELECT answer FROM kept") == 42
            await connection.close()
            expected = closed / "postgres" if os.geteuid() != 0 else lent
            assert server.home.is_relative_to(expected)
    assert closed.stat().st_mode & 0o777 == 0o700


def test_a_stand_in_that_a_stranger_planted_is_refused(server_folder: Path) -> None:
    account = unprivileged_account() or _ourselves()
    elsewhere = server_folder / "elsewhere"
    elsewhere.mkdir()
    (server_folder / "planted").symlink_to(elsewhere)
    open_to_all = server_folder / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    with pytest.raises(FolderUnreachable, match="choose a data folder that other users can enter"):
        lent_home(
            server_folder / "closed", account, [server_folder / "planted", open_to_all], marker="cluster"
        )


def _ourselves() -> Account:
    entry = pwd.getpwuid(os.geteuid())
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
