"""Workers die, freeze and drain while messages flow: nothing is lost, and only what was on its way is sent twice."""

from __future__ import annotations

from tests.chaos.breakage import nothing, workers_killed
from tests.chaos.harness import WORKERS, Installation
from tests.chaos.scenario import play


async def test_without_any_failure_nothing_is_lost_and_nothing_sent_twice(installation: Installation) -> None:
    """The audit agrees with itself on a calm day."""
    result = await play(installation, 1, nothing)
    assert not result.unexplained()
    assert not result.audit.duplicates


async def test_all_workers_killed(installation: Installation) -> None:
    """Started again, they take over what they left; only what the providers had and PostgreSQL had not comes twice."""
    result = await play(installation, 2, workers_killed(WORKERS, again=True))
    assert not result.unexplained()
