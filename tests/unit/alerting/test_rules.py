"""The rules say what is wrong, from exactly the threshold on, and name the same trouble in the same words."""

from __future__ import annotations

from uuid import UUID

import attrs
import pytest

from domain.alerting.policy import Policy
from domain.alerting.rules import CampaignState, Figures, Rate, Usage, Waiting, findings, of_installation

POLICY = Policy()
CAMPAIGN = CampaignState(
    UUID(int=7), "Sale", False, None, total=1_000, successful=100, failed=0, rate=5.0, waiting_seconds=0.0
)


def kinds(figures: Figures, policy: Policy = POLICY) -> list[str]:
    return [one.kind for one in findings(figures, policy)]


@pytest.mark.parametrize(
    ("rate", "found"),
    [
        (Rate("iOSPush", 80, 20, 0), ["error_rate"]),
        (Rate("iOSPush", 81, 19, 0), []),
        (Rate("iOSPush", 39, 10, 0), []),
        (Rate("iOSPush", 40, 5, 5), ["error_rate"]),
    ],
)
def test_the_error_rate_is_a_share_of_enough_attempts(rate: Rate, found: list[str]) -> None:
    """A fifth of at least fifty, failed and errored together."""
    assert kinds(Figures(long_rates=(rate,))) == found


def test_an_outage_is_what_a_provider_could_not_take() -> None:
    """Errored, not refused; while it lasts the error rate says nothing besides."""
    down = Rate("Email", 4, 0, 16)
    assert kinds(Figures(short_rates=(down,), long_rates=(Rate("Email", 100, 0, 100),))) == [
        "provider_outage"
    ]
    assert kinds(Figures(short_rates=(Rate("Email", 4, 16, 0),))) == []
    assert kinds(Figures(short_rates=(Rate("Email", 0, 0, 19),))) == []


def test_waiting_is_judged_by_lane() -> None:
    """What is bulk may wait longer."""
    waiting = (Waiting("iOSPush", "transactional", 120), Waiting("iOSPush", "bulk", 120))
    (found,) = findings(Figures(waiting=waiting), POLICY)
    assert found.fingerprint == "queue_delayed:iOSPush:transactional"
    assert kinds(Figures(waiting=(Waiting("iOSPush", "bulk", 1_800),))) == ["queue_delayed"]


def test_each_threshold_of_a_quota_is_news_once() -> None:
    """80 and 95 of a hundred, not 100; the next day is another trouble."""
    used = Usage("daily", "2026-01-05", 96, 100)
    found = [one.fingerprint for one in findings(Figures(usage=(used,)), POLICY)]
    assert found == ["quota_threshold:daily:2026-01-05:80", "quota_threshold:daily:2026-01-05:95"]
    next_day = attrs.evolve(used, starts_on="2026-01-06", used=80)
    assert [one.fingerprint for one in findings(Figures(usage=(next_day,)), POLICY)] == [
        "quota_threshold:daily:2026-01-06:80"
    ]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"waiting_seconds": 900.0}, []),
        ({"waiting_seconds": 900.0, "rate": 0.0}, ["campaign_stalled"]),
        ({"waiting_seconds": 899.0, "rate": 0.0}, []),
        ({"failed": 43}, ["campaign_failing"]),
        ({"failed": 42}, []),
        ({"is_failed": True, "failed": 500}, ["campaign_failed"]),
    ],
)
def test_campaigns_that_stand_or_fail(changes: dict[str, object], found: list[str]) -> None:
    """Standing is waiting without progress; failing is a share; what failed is told once and alone."""
    assert kinds(Figures(campaigns=(attrs.evolve(CAMPAIGN, **changes),))) == found


def test_the_installation_needs_workers_and_an_outlet() -> None:
    """No worker matters when something is due; events that wait for minutes do."""
    none = list(of_installation(fresh_workers=0, due_chunks=0, outbox_seconds=0))
    assert none == []
    found = of_installation(fresh_workers=0, due_chunks=3, outbox_seconds=300)
    assert [one.kind for one in found] == ["no_workers", "events_delayed"]
