"""Migrations run from code: from any folder, inside a running loop, and by one process at a time."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import asyncpg
import pytest
from alembic.util import CommandError

from bootstrap import migrations
from tests.integration.embedded.processes import python

SLOW = '''"""Create a table, slowly."""
from alembic import op
revision = "slow"
down_revision = None
def upgrade():
    op.execute("SELECT pg_sleep(0.5)")
    op.execute("CREATE TABLE slow (id integer)")
'''

NEXT = '''"""Fill the table."""
from alembic import op
revision = "next"
down_revision = "slow"
def upgrade():
    op.execute("INSERT INTO slow VALUES (1)")
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A migrations folder with the real environment and two migrations of the tests' own."""
    shutil.copy(migrations.FOLDER / "env.py", tmp_path)
    shutil.copy(migrations.FOLDER / "script.py.mako", tmp_path)
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "slow.py").write_text(SLOW)
    (tmp_path / "versions" / "next.py").write_text(NEXT)
    return tmp_path


async def test_the_checkouts_migrations_apply_and_nothing_is_pending_then(empty_database_url: str) -> None:
    assert migrations.current(empty_database_url) is None
    assert migrations.pending(empty_database_url)
    migrations.upgrade(empty_database_url)
    assert migrations.current(empty_database_url) is not None
    assert not migrations.pending(empty_database_url)
    migrations.upgrade(empty_database_url)


def test_they_are_found_from_any_working_folder(empty_database_url: str) -> None:
    script = """
import os, sys
os.chdir("/")
from bootstrap.migrations import pending
print(pending(sys.argv[1]))
"""
    with python(script, empty_database_url) as process:
        said, _ = process.communicate(timeout=60)
    assert said == "True\n"


def test_an_upgrade_can_stop_at_a_revision(empty_database_url: str, folder: Path) -> None:
    migrations.upgrade(empty_database_url, "slow", folder=folder)
    assert migrations.current(empty_database_url) == "slow"
    assert migrations.pending(empty_database_url, folder=folder)


def test_two_processes_that_migrate_at_once_both_succeed(empty_database_url: str, folder: Path) -> None:
    script = """
import sys
from pathlib import Path
from bootstrap.migrations import upgrade
sys.stdin.readline()
upgrade(sys.argv[1], folder=Path(sys.argv[2]))
"""
    processes = [python(script, empty_database_url, str(folder)) for _ in range(2)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
    assert [process.returncode for process in processes] == [0, 0]
    assert migrations.current(empty_database_url) == "next"


async def test_threads_of_one_process_take_turns(empty_database_url: str, folder: Path) -> None:
    await asyncio.gather(
        *(asyncio.to_thread(migrations.upgrade, empty_database_url, folder=folder) for _ in range(2))
    )
    connection = await asyncpg.connect(empty_database_url)
    assert await connection.fetchval("SELECT count(*) FROM slow") == 1
    await connection.close()


async def test_a_failed_migration_is_rolled_back_and_releases_the_lock(
    empty_database_url: str, folder: Path
) -> None:
    broken = folder / "versions" / "next.py"
    broken.write_text(NEXT + '    op.execute("SELECT no_such_function()")\n')
    with pytest.raises(Exception, match="no_such_function"):
        migrations.upgrade(empty_database_url, folder=folder)
    assert migrations.current(empty_database_url) == "slow"
    broken.write_text(NEXT)
    migrations.upgrade(empty_database_url, folder=folder)
    assert migrations.current(empty_database_url) == "next"
    connection = await asyncpg.connect(empty_database_url)
    assert (
        await connection.fetchval(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        == 0
    )
    await connection.close()


async def test_a_database_newer_than_the_checkout_is_not_pending_and_not_touched(
    empty_database_url: str, folder: Path
) -> None:
    migrations.upgrade(empty_database_url, folder=folder)
    (folder / "versions" / "next.py").unlink()
    assert not migrations.pending(empty_database_url, folder=folder)
    with pytest.raises(CommandError, match="next"):
        migrations.upgrade(empty_database_url, folder=folder)
    assert migrations.current(empty_database_url) == "next"
