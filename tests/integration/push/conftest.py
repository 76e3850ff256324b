"""The providers' double for this folder, put back to its beginnings before every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.channels.push import ApnsCase, FcmCase
from tests.integration.simulator.harness import Simulator, simulator


@pytest.fixture(scope="session")
def push_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The process that all tests of this folder share."""
    with simulator(tmp_path_factory.mktemp("push")) as running:
        yield running


@pytest.fixture
def apns(push_simulator: Simulator) -> ApnsCase:
    """iOS, accepting everything."""
    push_simulator.reset()
    return ApnsCase(push_simulator)


@pytest.fixture
def fcm(push_simulator: Simulator) -> FcmCase:
    """Android, accepting everything."""
    push_simulator.reset()
    return FcmCase(push_simulator)
