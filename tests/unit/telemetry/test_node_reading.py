"""A process's figures as people read them: what stands, what it does a second, and what the last five minutes were."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest

from adapters.telemetry.folded import Distribution
from adapters.telemetry.measures import ProcessMeasures
from adapters.telemetry.node_reading import NodeReadings
from application.operations.read_health import jobs_together, together
from application.ports.health import JobReading, ProviderReading
from application.ports.measures import Figure


@attrs.define
class Machine:
    """Two processors and a clock that a test turns."""

    at: float = 0.0
    busy: float = 100.0
    read: float = 0.0

    def clock(self) -> float:
        return self.at

    def figures(self) -> Iterator[Figure | Distribution]:
        yield Figure("signal_node_cpus", 2)
        yield Figure("signal_node_cpu_seconds_total", self.busy, ("user",))
        yield Figure("signal_node_cpu_seconds_total", 5_000.0 + self.at, ("idle",))
        yield Figure("signal_node_disk_bytes_total", self.read, ("read",))


def test_rates_are_of_the_time_since_the_last_look() -> None:
    """Three processor seconds in five, of two processors, are 30 percent; the first look has no rate."""
    machine = Machine()
    readings = NodeReadings([machine.figures], machine.clock)
    assert readings.now().cpu_share is None
    machine.at, machine.busy, machine.read = 5.0, 103.0, 10_240.0
    found = readings.now()
    assert found.cpu_share == pytest.approx(0.3)
    assert found.disk_rate == pytest.approx(2_048.0)
    assert found.network_rate == 0.0


def test_providers_and_jobs_are_those_of_the_last_five_minutes() -> None:
    """What a young process did counts from its beginning; after five minutes of silence nothing is left of it."""
    machine, measures = Machine(), ProcessMeasures()
    readings = NodeReadings([machine.figures, measures.figures, measures.distributions], machine.clock)
    measures.sent("push", "fcm", {"accepted": 8, "deferred": 1, "rejected": 1}, {100: 10}, 0.5)
    measures.ran("tidy", 2.0, failed=True)
    found = readings.now()
    assert found.providers == (
        ProviderReading(
            channel="push", provider="fcm", accepted=8, errored=1, refused=1, mean_seconds=pytest.approx(0.1)
        ),
    )
    assert found.jobs == (JobReading(job="tidy", runs=1, failures=1, mean_seconds=2.0),)
    for second in range(5, 400, 5):
        machine.at = float(second)
        found = readings.now()
    assert found.providers == ()
    assert found.jobs == ()


def test_processes_together_weigh_as_much_as_they_did() -> None:
    """Ninety sends of 0.1 s and ten of 1.1 s took 0.2 s in the mean; one without sends says nothing."""
    slow = ProviderReading(channel="sms", provider="nhn", accepted=10, errored=0, refused=0, mean_seconds=1.1)
    quick = attrs.evolve(slow, accepted=80, errored=10, mean_seconds=0.1)
    silent = attrs.evolve(slow, accepted=0, mean_seconds=None)
    (found,) = together([slow, quick, silent])
    assert (found.accepted, found.errored) == (90, 10)
    assert found.mean_seconds == pytest.approx(0.2)
    jobs = jobs_together([JobReading(job="fold", runs=n, failures=n, mean_seconds=n) for n in (1, 3)])
    assert jobs == [JobReading(job="fold", runs=4, failures=4, mean_seconds=2.5)]
