"""Scheduler and a worker die in the middle of a campaign: everybody gets it once, nobody is missing, the counters are true.

CHAOS_MOMENTS and CHAOS_RECIPIENTS say how many moments are tried and how large each campaign is; `make chaos-campaigns`
tries twenty with 50,000 recipients.
"""

from __future__ import annotations

import os

import pytest

from tests.chaos.campaigns import play_campaign
from tests.chaos.harness import Installation

MOMENTS = int(os.environ.get("CHAOS_MOMENTS", "1"))
RECIPIENTS = int(os.environ.get("CHAOS_RECIPIENTS", "24000"))
"""More than two batches of fan-out on each route, so that there is something between them to lose."""


@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", range(MOMENTS))
async def test_scheduler_and_worker_killed_in_a_campaign_with_a_pause(
    installation: Installation, seed: int
) -> None:
    """Only what the worker's providers had and PostgreSQL had not is sent twice."""
    result = await play_campaign(installation, seed, RECIPIENTS)
    assert result.status == "sent"
    assert not result.unexplained()
