"""Brings a database to the schema of this checkout, with Alembic and without its command line.

The functions block, and may be called with or without a running event loop. They need a direct connection:
the lock that keeps two migrating processes apart is a session's, which a transaction pooler would lose.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

Result = TypeVar("Result")

FOLDER: Final = Path(__file__).resolve().parent.parent / "migrations"

# Alembic keeps the running migration in module globals: one at a time in a process.
_one_at_a_time: Final = threading.Lock()


def configuration(database_url: str, *, folder: Path = FOLDER) -> Config:
    """Return Alembic's configuration for a `postgresql://` URL, as asyncpg understands it."""
    config = Config()
    # ConfigParser would take a percent sign for the start of an interpolation.
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = _plain(database_url)
    return config


def upgrade(database_url: str, revision: str = "head", *, folder: Path = FOLDER) -> None:
    """Apply every migration up to `revision`; a process that is doing the same is waited for.

    Raises alembic's CommandError when the database is at a revision this checkout does not know, and
    TimeoutError when another process migrates for more than ten minutes.
    """
    config = configuration(database_url, folder=folder)
    with _one_at_a_time:
        _apart(lambda: command.upgrade(config, revision))


def current(database_url: str) -> str | None:
    """Return the revision the database is at, or None when it was never migrated."""
    revisions = _apart(lambda: asyncio.run(_revisions(_plain(database_url))))
    return ",".join(revisions) or None


def pending(database_url: str, *, folder: Path = FOLDER) -> bool:
    """Tell whether this checkout has migrations that the database lacks.

    False for a database at a revision unknown here: it is newer, and migrations expand before they contract,
    so this program can go on with it while a deployment is under way.
    """
    scripts = ScriptDirectory.from_config(configuration(database_url, folder=folder))
    applied = _apart(lambda: asyncio.run(_revisions(_plain(database_url))))
    try:
        scripts.get_revisions(applied)
    except CommandError:
        return False
    return set(scripts.get_heads()) != set(applied)


async def _revisions(database_url: str) -> list[str]:
    connection = await asyncpg.connect(database_url, timeout=30)
    try:
        rows = await connection.fetch("SELECT version_num FROM alembic_version ORDER BY 1")
    except asyncpg.UndefinedTableError:
        return []
    finally:
        await connection.close()
    return [str(row["version_num"]) for row in rows]


def _plain(database_url: str) -> str:
    """Drop SQLAlchemy's driver from the scheme: asyncpg itself reads the URL, with all its parameters."""
    return database_url.replace("postgresql+asyncpg://", "postgresql://", 1)


def _apart(work: Callable[[], Result]) -> Result:
    """Run the work in a thread without an event loop, because the caller's may have one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()
