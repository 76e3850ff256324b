"""After downtime: late runs are sent or marked missed as the campaign says, and never a burst of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.campaigns.downtime import (
    COUNTED,
    DEFAULT_DOWNTIME,
    ON_TIME,
    Downtime,
    DowntimePolicy,
    DueRuns,
    Missed,
    downtime_from_json,
)
from domain.campaigns.schedule import AT_ONCE, AtInstant, AtWallTime, runs_between
from domain.shared.json_values import Json
from tests.unit.campaigns.moments import at, recurring, refusal, wall

MISSED = DowntimePolicy(Downtime.MARK_MISSED)
HOUR = timedelta(hours=1)


def late(hours: float) -> DowntimePolicy:
    return DowntimePolicy(Downtime.SEND_LATE, hours * HOUR)


DOWN, UP = at("2026-05-04T02:30Z"), at("2026-05-04T08:30Z")
"""Six hours, from 11:30 to 17:30 in Seoul."""


def test_six_hours_down_and_the_campaign_wants_to_be_sent_late() -> None:
    """The noon run starts at half past five, named by the time it was due at."""
    noon = recurring("0 12 * * *", "Asia/Seoul")
    assert late(6).due(noon, since=DOWN, now=UP) == DueRuns(
        at("2026-05-04T03:00Z"), timedelta(hours=5.5), None
    )


def test_six_hours_down_and_the_run_is_too_late() -> None:
    """It is marked missed, and the next day's run comes in its own time."""
    noon = recurring("0 12 * * *", "Asia/Seoul")
    judged = late(5).due(noon, since=DOWN, now=UP)
    assert judged == DueRuns(missed=Missed(1, at("2026-05-04T03:00Z"), at("2026-05-04T03:00Z")))
    assert noon.next_after(UP) == at("2026-05-05T03:00Z")


def test_six_hours_down_and_the_campaign_does_not_want_to_be_late() -> None:
    """`mark_missed` sends nothing stale."""
    noon = recurring("0 12 * * *", "Asia/Seoul")
    assert MISSED.due(noon, since=DOWN, now=UP).run is None
    assert MISSED.due(noon, since=DOWN, now=UP).missed is not None


def test_an_hourly_campaign_makes_up_for_one_run_at_most() -> None:
    """Of six runs the latest starts, five are missed: no burst."""
    hourly = recurring("0 * * * *", "Asia/Seoul")
    judged = late(6).due(hourly, since=DOWN, now=UP)
    assert judged.run == at("2026-05-04T08:00Z")
    assert judged.is_late
    assert judged.missed == Missed(5, at("2026-05-04T03:00Z"), at("2026-05-04T07:00Z"))
    assert MISSED.due(hourly, since=DOWN, now=UP).missed == Missed(
        6, at("2026-05-04T03:00Z"), at("2026-05-04T08:00Z")
    )


def test_a_run_that_falls_on_the_return_is_on_time() -> None:
    """Whatever the policy is: the others are missed."""
    hourly = recurring("30 * * * *", "Asia/Seoul")
    for policy in (late(6), MISSED):
        judged = policy.due(hourly, since=DOWN, now=UP)
        assert (judged.run, judged.late_by, judged.is_late) == (UP, timedelta(0), False)
        assert judged.missed == Missed(5, at("2026-05-04T03:30Z"), at("2026-05-04T07:30Z"))


@pytest.mark.parametrize("policy", [late(1), MISSED])
def test_a_restart_of_five_minutes_is_not_downtime(policy: DowntimePolicy) -> None:
    """At five minutes a run is on time, a moment later it is late."""
    once = AtInstant(at("2026-05-04T03:00Z"))
    on_time = policy.due(once, since=DOWN, now=once.at + ON_TIME)
    assert (on_time.run, on_time.is_late) == (once.at, False)
    after = policy.due(once, since=DOWN, now=once.at + ON_TIME + timedelta(microseconds=1))
    assert (after.run is not None) == (policy.mode is Downtime.SEND_LATE)


def test_the_greatest_lateness_still_counts() -> None:
    """To the microsecond."""
    once = AtInstant(at("2026-05-04T03:00Z"))
    assert late(2).due(once, since=DOWN, now=once.at + 2 * HOUR).run == once.at
    assert late(2).due(once, since=DOWN, now=once.at + 2 * HOUR + timedelta(microseconds=1)).run is None


def test_a_scheduled_campaign_is_judged_like_a_recurring_one() -> None:
    """By instant or by wall time."""
    for once in (AtInstant(at("2026-05-04T03:00Z")), AtWallTime(wall("2026-05-04T12:00"), "Asia/Seoul")):
        assert late(6).due(once, since=DOWN, now=UP).run == at("2026-05-04T03:00Z")
        assert MISSED.due(once, since=DOWN, now=UP).missed == Missed(
            1, at("2026-05-04T03:00Z"), at("2026-05-04T03:00Z")
        )
        assert late(6).due(once, since=UP, now=UP + HOUR) == DueRuns()
    assert late(6).due(AT_ONCE, since=DOWN, now=UP) == DueRuns()


def test_down_across_the_change_of_clocks() -> None:
    """In Berlin, 02:30 was skipped while nothing ran: it was due at 03:00, and is made up for once."""
    nightly = recurring("30 2 * * *", "Europe/Berlin")
    judged = late(6).due(nightly, since=at("2026-03-29T00:00Z"), now=at("2026-03-29T06:00Z"))
    assert (judged.run, judged.missed) == (at("2026-03-29T01:00Z"), None)
    judged = late(6).due(nightly, since=at("2026-10-25T00:00Z"), now=at("2026-10-25T06:00Z"))
    assert (judged.run, judged.missed) == (at("2026-10-25T00:30Z"), None)


def test_nothing_is_due_before_its_time_or_twice() -> None:
    """`since` is exclusive, `now` inclusive; a clock that went back finds nothing."""
    noon = recurring("0 12 * * *", "Asia/Seoul")
    due = at("2026-05-04T03:00Z")
    assert late(1).due(noon, since=DOWN, now=due - timedelta(microseconds=1)) == DueRuns()
    assert late(1).due(noon, since=DOWN, now=due).run == due
    assert late(1).due(noon, since=due, now=due + HOUR) == DueRuns()
    assert late(1).due(noon, since=UP, now=DOWN) == DueRuns()


def test_years_of_minutes_are_counted_up_to_a_limit() -> None:
    """The last is right all the same."""
    judged = MISSED.due(
        recurring("* * * * *", "UTC"), since=at("2024-01-01T00:00Z"), now=at("2026-01-01T00:00:30Z")
    )
    assert judged.run == at("2026-01-01T00:00Z")
    assert judged.missed == Missed(COUNTED, at("2024-01-01T00:01Z"), at("2025-12-31T23:59Z"), exact=False)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 20_000), min_size=2, max_size=12),
    st.sampled_from([late(0.25), late(3), late(24), MISSED]),
    st.sampled_from(["*/10 * * * *", "0 * * * *", "30 2 * * *", "0 9 * * MON"]),
)
def test_over_any_sequence_of_looks_every_run_is_judged_once(
    minutes: list[int], policy: DowntimePolicy, cron: str
) -> None:
    """It started or it was missed, each look starts one at most, and none is later than allowed."""
    schedule, start = recurring(cron, "Europe/Berlin"), at("2026-03-20T00:00Z")
    looks = sorted({start + timedelta(minutes=one) for one in minutes})
    started, missed = [], 0
    since = start
    for now in looks:
        judged = policy.due(schedule, since=since, now=now)
        if judged.run is not None:
            assert judged.late_by == now - judged.run <= policy.tolerance
            started.append(judged.run)
        missed += judged.missed.count if judged.missed else 0
        since = now
    everything = list(runs_between(schedule, start, since, limit=10_000))
    assert len(started) + missed == len(everything)
    assert set(started) <= set(everything)
    assert started == sorted(set(started))


@pytest.mark.parametrize(
    "given_",
    [{"policy": "mark_missed"}, {"policy": "send_late", "max_lateness_seconds": 21_600}],
    ids=str,
)
def test_a_policy_survives_the_way_to_the_database_and_back(given_: dict[str, Json]) -> None:
    """And writes what it read."""
    assert downtime_from_json(given_).to_json() == given_


def test_an_hour_late_is_the_default() -> None:
    """For a campaign that says nothing, and for `send_late` alone."""
    assert downtime_from_json({"policy": "send_late"}) == DEFAULT_DOWNTIME == late(1)


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        (7, "downtime"),
        ({}, "downtime.policy"),
        ({"policy": "skip"}, "downtime.policy"),
        ({"policy": "send_late", "max_lateness_seconds": 0}, "downtime.max_lateness_seconds"),
        ({"policy": "send_late", "max_lateness_seconds": -1}, "downtime.max_lateness_seconds"),
        ({"policy": "send_late", "max_lateness_seconds": 1.5}, "downtime.max_lateness_seconds"),
        ({"policy": "send_late", "max_lateness_seconds": True}, "downtime.max_lateness_seconds"),
        ({"policy": "send_late", "max_lateness_seconds": "6h"}, "downtime.max_lateness_seconds"),
        ({"policy": "send_late", "max_lateness_seconds": 31 * 86_400}, "downtime.max_lateness_seconds"),
        ({"policy": "mark_missed", "max_lateness_seconds": 60}, "downtime.max_lateness_seconds"),
        ({"policy": "mark_missed", "burst": True}, "downtime.burst"),
    ],
    ids=str,
)
def test_an_unusable_policy_is_refused_by_name(given_: Json, field: str) -> None:
    """With the fix."""
    assert refusal(lambda: downtime_from_json(given_)).field == field
