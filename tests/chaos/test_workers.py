"""Workers die, freeze and drain while 20,000 messages flow: nothing is lost, and only what was on its way is sent twice."""

from __future__ import annotations

from tests.chaos.breakage import (
    all_workers_killed,
    nothing,
    one_worker_killed,
    worker_drained,
    worker_frozen,
)
from tests.chaos.harness import Installation
from tests.chaos.scenario import play


async def test_all_workers_killed(installation: Installation) -> None:
    """Back again, they take over what they left; only what providers had and PostgreSQL had not is sent twice."""
    result = await play(installation, 2, all_workers_killed)
    assert not result.unexplained()


async def test_one_worker_killed_and_the_other_takes_over(installation: Installation) -> None:
    """Its leases go to the other one, and nothing that was settled or waits for its retry is sent again."""
    result = await play(installation, 3, one_worker_killed)
    assert not result.unexplained()


async def test_without_any_failure_nothing_is_sent_twice(installation: Installation) -> None:
    """The audit agrees with itself on a calm day."""
    result = await play(installation, 1, nothing)
    assert not result.unexplained()


async def test_a_worker_drained_by_sigterm_sends_nothing_twice(installation: Installation) -> None:
    """Within 25 seconds it has settled or handed back everything, and ended by itself."""
    result = await play(installation, 9, worker_drained)
    assert not result.unexplained()


async def test_a_worker_frozen_for_a_while_sends_nothing_twice(installation: Installation) -> None:
    """It is still the one that holds its leases when it is continued."""
    result = await play(installation, 10, worker_frozen)
    assert not result.unexplained()
