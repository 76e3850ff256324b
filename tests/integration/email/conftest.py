"""Fixtures for e-mail tests: the simulator, a catcher of what it posts, and a pipeline that sends mail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.integration.email.post_office import Catcher, PostOffice, open_post_office
from tests.integration.simulator.harness import Simulator, simulator


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The process that all tests of this folder share; `sim` puts it back to its beginnings."""
    with simulator(tmp_path_factory.mktemp("providers")) as running:
        yield running


@pytest.fixture
def sim(simulated: Simulator) -> Simulator:
    """As it started."""
    simulated.reset()
    return simulated


@pytest.fixture
def catcher() -> Iterator[Catcher]:
    """An HTTP server that keeps what is posted to it."""
    with Catcher() as running:
        yield running


@pytest_asyncio.fixture
async def office(database_url: str, sim: Simulator, tmp_path: Path) -> AsyncIterator[PostOffice]:
    """An application whose mail goes through the simulator's SMTP server."""
    async with open_post_office(database_url, sim) as opened:
        yield opened
