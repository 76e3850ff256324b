"""API, scheduler, NATS and PostgreSQL die while 20,000 messages flow: nothing is lost, and nothing is sent twice."""

from __future__ import annotations

from tests.chaos.breakage import api_and_scheduler_killed, nats_killed_and_wiped, postgres_killed
from tests.chaos.harness import Installation
from tests.chaos.scenario import play


async def test_the_api_and_then_the_scheduler_killed(installation: Installation) -> None:
    """Whoever was not answered repeats the request under its key, and is told what the first one did; then what was
    released goes on, and the rest waits for the scheduler to come back."""
    result = await play(installation, 4, api_and_scheduler_killed)
    assert not result.unexplained()


async def test_nats_killed_and_later_its_data_deleted(installation: Installation) -> None:
    """Doorbells that nobody heard are rung again, and the queue is rebuilt from PostgreSQL: NATS held nothing that must survive."""
    result = await play(installation, 6, nats_killed_and_wiped)
    assert not result.unexplained()


async def test_postgresql_killed(installation: Installation) -> None:
    """Workers keep their outcomes until it is back; a commit whose answer was lost is not guessed."""
    result = await play(installation, 8, postgres_killed)
    assert not result.unexplained()
