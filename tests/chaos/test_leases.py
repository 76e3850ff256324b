"""A worker wakes up after others took its leases over: it writes nothing; without a fence the audit finds what it did."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bootstrap.stack.role_process import RoleProcess
from tests.chaos.breakage import worker_frozen_and_taken_over
from tests.chaos.harness import WORKERS, Installation, WorkerEnded
from tests.chaos.scenario import SLOW, play

SEEDS = range(11, 17)


async def test_a_frozen_worker_that_was_taken_over_writes_nothing(installation: Installation) -> None:
    """It wakes up while another one delivers its chunks: the fence refuses its settlements."""
    result = await play(installation, 11, worker_frozen_and_taken_over, **SLOW)
    assert result.leased >= len(result.started) > 0, "there was something to get wrong"
    assert not result.unexplained()


@pytest.fixture
def unfenced(installation: Installation) -> Iterator[Installation]:
    """The installation with two workers that send and settle what they no longer hold."""
    roles, environment = installation.stack.roles, installation.stack.role_environment
    fenced = {label: roles[label] for label in WORKERS}
    for process in fenced.values():
        process.ask_to_stop()
    for label, process in fenced.items():
        process.wait()
        roles[label] = RoleProcess(label, ["-m", "tests.chaos.unfenced_worker"], environment, process.log)
        roles[label].start()
    yield installation
    for label, process in fenced.items():
        roles[label].ask_to_stop()
        roles[label].wait()
        roles[label] = process
        process.start()


@pytest.mark.timeout(360)
async def test_the_audit_notices_workers_without_a_fence(unfenced: Installation) -> None:
    """The woken worker sends and settles what another one is sending: messages are sent once more.

    It takes a moment in which the other worker is in the middle of them, so several moments are tried.
    """
    for seed in SEEDS:
        try:
            result = await play(unfenced, seed, worker_frozen_and_taken_over, **SLOW)
        except (WorkerEnded, TimeoutError) as stumbled:
            # One that wrote what is not its own may stumble over its own rows, and end or get stuck.
            print(f"seed {seed}: {stumbled!r}")
            for label in WORKERS:
                unfenced.stack.roles[label].kill()
                unfenced.stack.roles[label].start()
            continue
        if result.audit.unexplained(result.started):
            return
    raise AssertionError("nothing was sent twice without an explanation: the fence would not be needed")
