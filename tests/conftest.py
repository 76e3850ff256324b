"""Fixtures for tests on real servers; nothing starts before a test asks for it."""

from __future__ import annotations

import gc
import os
import secrets
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import (
    Databases,
    apart,
    delete_streams,
    make_partitions,
    memory_root,
    nats_server,
    open_folder,
    postgres,
)

ABSENT = str(Path(__file__).with_name("absent"))
"""Modules that the product's processes must not find: a tenth of a second of every start."""


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C reach what tests start.

    A shell ignores it for what it runs in the background, and children inherit that: a suite started with `&` would
    wait in vain for processes that it interrupts.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # What tests start is as in production; xdist's own workers keep what the tests' libraries want.
    if not config.getoption("numprocesses", None):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [ABSENT, os.environ.get("PYTHONPATH")]))
    # Thousands of collected tests stay to the end: looking through them for garbage took a tenth of the suite's CPU.
    gc.set_threshold(50_000, 20, 50)


def pytest_collection_finish() -> None:
    """What was collected and imported for it is left alone by every later collection."""
    gc.freeze()


def pytest_sessionfinish() -> None:
    """What is left now goes with the process: pytest would look through all of it for garbage five times more."""
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud what nobody looked at."""
    if shutil.which("promtool") is None:
        terminalreporter.write_line(
            "NOT CHECKED: promtool is not installed (Debian: prometheus), so Prometheus itself has read neither"
            " deploy/prometheus nor what /metrics shows; the house tests have.",
            yellow=True,
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first: several processes share the files, and a long one at the end would leave the others idle."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Whole files and folders; `tests.distribution` says which."""
    from tests.distribution import ByInstallation

    return ByInstallation(config, log)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Databases]:
    """One PostgreSQL server for the session, not durable: a killed process loses nothing, a power cut may."""
    with postgres() as url:
        databases = Databases(url)
        yield databases
        databases.close()


@pytest.fixture(scope="session")
def template_database(postgres_server: Databases) -> Iterator[str]:
    """The name of a migrated database that nobody can connect to: clone it.

    It has the partitions of these days, which every process of the product makes sure of when it starts: making them is
    twenty tables' work, copying them is not.
    """
    from bootstrap.migrations import upgrade

    name = f"template_{secrets.token_hex(4)}"
    url = postgres_server.create(name)
    upgrade(url)
    apart(make_partitions(url))
    postgres_server.close_to_clients(name)
    yield name
    postgres_server.drop(name)


@pytest.fixture
def database_url(postgres_server: Databases, template_database: str) -> Iterator[str]:
    """The URL of a migrated database of this test's own, dropped afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    yield postgres_server.create(name, template=template_database)
    postgres_server.drop(name)


@pytest.fixture
def empty_database_url(postgres_server: Databases) -> Iterator[str]:
    """The URL of a database without any table, dropped afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    yield postgres_server.create(name)
    postgres_server.drop(name)


@pytest.fixture(scope="session")
def nats_url() -> Iterator[str]:
    """The URL of one NATS server with JetStream for the session: name streams after `stream_prefix`."""
    with nats_server() as url:
        yield url


@pytest.fixture
def stream_prefix(nats_url: str) -> Iterator[str]:
    """A short prefix for this test's streams and subjects; its streams are deleted afterwards."""
    prefix = f"t{secrets.token_hex(4)}"
    yield prefix
    apart(delete_streams(nats_url, prefix))


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """A new folder for servers a test starts itself (to kill them, say); other users may enter it.

    In memory where there is room: a killed process loses nothing there either, and no test here cuts the power.
    """
    with open_folder(memory_root()) as folder:
        yield folder
