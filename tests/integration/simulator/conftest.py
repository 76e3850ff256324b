"""One simulator process for the folder, put back to its beginnings before every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.simulator.harness import ApnsKeyPair, ServiceAccountPair, Simulator, simulator


@pytest.fixture(scope="session")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The process that all tests of this folder share."""
    with simulator(tmp_path_factory.mktemp("simulator")) as running:
        yield running


@pytest.fixture
def sim(simulator_process: Simulator) -> Simulator:
    """The simulator without records, keys, devices or script."""
    simulator_process.reset()
    return simulator_process


@pytest.fixture(scope="session")
def apns_key() -> ApnsKeyPair:
    """A key for provider tokens."""
    return ApnsKeyPair()


@pytest.fixture(scope="session")
def service_account() -> ServiceAccountPair:
    """An account for access tokens."""
    return ServiceAccountPair()
