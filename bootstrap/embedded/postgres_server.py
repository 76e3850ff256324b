"""PostgreSQL as a child process: cluster creation, settings, crash recovery, a generated password."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg

from bootstrap.embedded.accounts import Account, identity, unprivileged_account
from bootstrap.embedded.binaries import postgres_programs, runnable_by
from bootstrap.embedded.child_process import ChildProcess, Command
from bootstrap.embedded.data_folder import FALLBACK_ROOTS, password, reachable_home, write_private
from bootstrap.embedded.embedded_server import EmbeddedServer
from bootstrap.embedded.errors import StartFailed
from bootstrap.embedded.leftovers import end, working_in
from bootstrap.embedded.ports import LOOPBACK

USER: Final = "signal"
DATABASE: Final = "signal"

# For a development machine with two cores; any of them can be overridden by the `settings` argument.
SETTINGS: Final[Mapping[str, str]] = {
    "shared_buffers": "256MB",
    "max_connections": "100",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "min_wal_size": "128MB",
    "checkpoint_completion_target": "0.9",
    "wal_compression": "off",
    "random_page_cost": "1.1",
    "jit": "off",
    # Day partitions: a query over a month of them locks each one and its indexes.
    "max_locks_per_transaction": "256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "automata-signal",
}

# A power cut loses or corrupts data; a killed process does not. For tests only.
NOT_DURABLE: Final[Mapping[str, str]] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}

_TRANSIENT: Final = (
    "Address already in use",
    "pre-existing shared memory block",
    "could not create any TCP/IP sockets",
)
_SOCKET_PATH_LIMIT: Final = 103 - len("/.s.PGSQL.65535.lock")


class EmbeddedPostgres(EmbeddedServer):
    """PostgreSQL 18 on 127.0.0.1, user and database `signal`, SCRAM with a password kept in a file (0600).

    Started by root it runs as an unprivileged account; where that cannot enter the folder, the cluster lies
    in a stand-in (see `data_folder`) and `home` tells where.
    """

    name = "PostgreSQL"

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
        fallback_roots: Sequence[Path] = FALLBACK_ROOTS,
    ) -> None:
        """Describe the server; `settings` are server parameters by name, stronger than the defaults here."""
        super().__init__(folder, port=port)
        self._settings = {**SETTINGS, **({} if durable else NOT_DURABLE), **(settings or {})}
        self._fallback_roots = tuple(fallback_roots)
        self._home = self._folder
        self._programs = Path()
        self._account: Account | None = None
        self._password = ""

    @property
    def home(self) -> Path:
        """Return the folder that really holds the cluster."""
        return self._home

    @property
    def url(self) -> str:
        """Return `postgresql://signal:<password>@127.0.0.1:<port>/signal`."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Return the address of another database of this server."""
        port = self._require_port()
        return f"postgresql://{USER}:{self._password}@{LOOPBACK}:{port}/{quote(database, safe='')}"

    @property
    def _cluster(self) -> Path:
        return self._home / "cluster"

    def _prepare(self) -> None:
        programs = postgres_programs()
        self._account = unprivileged_account()
        self._home = reachable_home(self._folder, self._account, self._fallback_roots, marker="cluster")
        self._account = unprivileged_account(existing=self._cluster)
        self._programs = runnable_by(programs, self._account)
        self._password = password(self._folder / "postgres.password")
        if self._cluster.exists():
            self._end_leftovers()
        else:
            self._create_cluster()

    def _end_leftovers(self) -> None:
        lock_file = self._cluster / "postmaster.pid"
        if not lock_file.exists():
            return
        processes = working_in(self._cluster, "postgres")
        owner = _first_line(lock_file)
        # An orphaned postmaster ends its own children; without one they end by themselves, or are ended here.
        end(self.name, [process for process in processes if process.pid == owner], signal.SIGINT)
        end(self.name, working_in(self._cluster, "postgres"), signal.SIGTERM, patience=2.0)
        # Nobody is left: its pid is dead, or now belongs to a stranger in whom PostgreSQL would believe.
        lock_file.unlink(missing_ok=True)

    def _create_cluster(self) -> None:
        # Made under another name and renamed when complete: a crash leaves no half-made cluster behind.
        draft = self._home / "cluster.draft"
        secret = self._home / "initdb.password"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        write_private(secret, self._password)
        if self._account is not None:
            self._account.give(draft)
            self._account.give(secret)
        try:
            self._run_initdb(draft, secret)
        finally:
            secret.unlink(missing_ok=True)
        draft.rename(self._cluster)

    def _run_initdb(self, draft: Path, secret: Path) -> None:
        """Raise StartFailed when it fails; whatever interrupts it ends its own children, too."""
        initdb = subprocess.Popen(
            [
                str(self._programs / "initdb"),
                f"--pgdata={draft}",
                f"--username={USER}",
                f"--pwfile={secret}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--no-sync",
                "--no-instructions",
                # The password is random, so stretching it buys nothing and costs every connection.
                "--set=scram_iterations=64",
            ],
            cwd=self._home,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            **identity(self._account),
        )
        try:
            told, _ = initdb.communicate(timeout=120)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(initdb.pid, signal.SIGKILL)
            initdb.communicate()
            raise
        if initdb.returncode != 0:
            raise StartFailed(self.name, f"initdb ended with code {initdb.returncode}", told[-2000:])

    def _command(self) -> Command:
        socket_folder = str(self._cluster) if len(str(self._cluster)) <= _SOCKET_PATH_LIMIT else ""
        settings = {
            **self._settings,
            "port": str(self._port),
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": socket_folder,
        }
        argv = [str(self._programs / "postgres"), "-D", str(self._cluster)]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        return Command(
            name=self.name,
            argv=argv,
            folder=self._cluster,
            log=self._folder / "postgres.log",
            gentle=signal.SIGINT,  # "fast": ends the sessions, writes a checkpoint
            final=signal.SIGQUIT,  # "immediate": recovers at the next start
            account=self._account,
        )

    def _answers(self, child: ChildProcess) -> bool:
        try:
            lines = (self._cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        # Line 1 is the postmaster's pid, line 8 its state (PostgreSQL's miscadmin.h, LOCK_FILE_LINE_*).
        if len(lines) < 8 or lines[0].strip() != str(child.pid) or lines[7].strip() != "ready":
            return False
        # A thread of its own, because the caller's may already run an event loop.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, self._connects()).result()

    async def _connects(self) -> bool:
        try:
            try:
                connection = await asyncpg.connect(self.url, timeout=10, ssl=False)
            except asyncpg.InvalidCatalogNameError:
                connection = await asyncpg.connect(self.url_of("postgres"), timeout=10, ssl=False)
                await connection.execute(f"CREATE DATABASE {DATABASE}")
        except (ConnectionError, asyncpg.CannotConnectNowError):
            return False
        except asyncpg.InvalidPasswordError:
            raise StartFailed(
                self.name,
                f"the password in {self._folder / 'postgres.password'} is not the one of the cluster in"
                f" {self._cluster}; restore that file, or remove both to begin anew",
            ) from None
        with contextlib.suppress(asyncpg.PostgresError, OSError):
            await connection.close(timeout=5)
        return True

    def _is_transient(self, log: str) -> bool:
        return any(sign in log for sign in _TRANSIENT)


def _first_line(path: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(path.read_text(encoding="utf-8").splitlines()[0])
    return None
