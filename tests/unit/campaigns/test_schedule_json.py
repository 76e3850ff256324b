"""Schedules as JSON: what is read, what comes back out, and what is refused by which name."""

from __future__ import annotations

import pytest

from domain.campaigns.schedule import AT_ONCE, AtInstant, AtWallTime, Recurring, schedule_from_json
from domain.shared.json_values import Json
from tests.unit.campaigns.moments import at, refusal, wall

NOW = at("2026-03-01T00:00Z")
WEEKLY: dict[str, Json] = {"type": "recurring", "cron": "0 9 * * MON", "time_zone": "Asia/Seoul"}


@pytest.mark.parametrize(
    "given",
    [
        {"type": "immediate"},
        {"type": "scheduled", "at": "2026-12-24T09:00:00Z"},
        {"type": "scheduled", "at": "2026-12-24T18:00:00", "time_zone": "Asia/Seoul"},
        WEEKLY,
        {**WEEKLY, "starts_at": "2026-06-01T00:00:00Z", "ends_at": "2026-12-31T15:00:00Z"},
    ],
    ids=str,
)
def test_a_schedule_survives_the_way_to_the_database_and_back(given: dict[str, Json]) -> None:
    """And writes exactly what it read."""
    schedule = schedule_from_json(given, now=NOW)
    assert schedule.to_json() == given
    assert schedule_from_json(schedule.to_json(), now=None) == schedule


def test_each_type_becomes_its_own_schedule() -> None:
    """A zone makes the time a wall time."""
    assert schedule_from_json({"type": "immediate"}, now=NOW) is AT_ONCE
    instant = schedule_from_json({"type": "scheduled", "at": "2026-12-24T18:00+09:00"}, now=NOW)
    assert instant == AtInstant(at("2026-12-24T09:00Z"))
    local = schedule_from_json(
        {"type": "scheduled", "at": "2026-12-24T18:00", "time_zone": "Asia/Seoul"}, now=NOW
    )
    assert local == AtWallTime(wall("2026-12-24T18:00"), "Asia/Seoul")
    assert isinstance(schedule_from_json(WEEKLY, now=NOW), Recurring)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (None, "schedule"),
        ([], "schedule"),
        ("immediate", "schedule"),
        ({}, "schedule.type"),
        ({"type": "sometimes"}, "schedule.type"),
        ({"type": ["immediate"]}, "schedule.type"),
        ({"type": "immediate", "when": 1}, "schedule.when"),
        ({"type": "immediate", "at": "2026-12-24T09:00:00Z"}, "schedule.at"),
        ({"type": "immediate", "cron": "0 9 * * *"}, "schedule.cron"),
        ({"type": "scheduled"}, "schedule.at"),
        ({"type": "scheduled", "at": "2026-12-24T09:00:00Z", "cron": "0 9 * * *"}, "schedule.cron"),
        # Neither an instant without an offset nor a wall time with one.
        ({"type": "scheduled", "at": "2026-12-24T09:00:00"}, "schedule.at"),
        ({"type": "scheduled", "at": "2026-12-24T09:00:00Z", "time_zone": "Asia/Seoul"}, "schedule.at"),
        ({"type": "scheduled", "at": 1790000000}, "schedule.at"),
        ({"type": "scheduled", "at": "tomorrow"}, "schedule.at"),
        ({"type": "scheduled", "at": "2026-02-30T09:00:00Z"}, "schedule.at"),
        ({"type": "scheduled", "at": "2026-12-24T24:30:00Z"}, "schedule.at"),
        ({"type": "scheduled", "at": "2026-12-24T09:00:00+25:00"}, "schedule.at"),
        ({"type": "scheduled", "at": "20261224T090000Z"}, "schedule.at"),
        ({"type": "scheduled", "at": "9999-12-31T23:59:59-12:00"}, "schedule.at"),
        ({"type": "scheduled", "at": "0001-01-01T00:00:00+12:00"}, "schedule.at"),
        ({"type": "scheduled", "at": "２０２６-12-24T09:00:00Z"}, "schedule.at"),
        # In the past, now, and far away.
        ({"type": "scheduled", "at": "2026-02-28T23:59:59Z"}, "schedule.at"),
        ({"type": "scheduled", "at": "2026-03-01T00:00:00Z"}, "schedule.at"),
        ({"type": "scheduled", "at": "2026-03-01T09:00", "time_zone": "Asia/Seoul"}, "schedule.at"),
        ({"type": "scheduled", "at": "2062-12-24T09:00:00Z"}, "schedule.at"),
        ({"type": "scheduled", "at": "2026-12-24T09:00", "time_zone": "Asia/Soul"}, "schedule.time_zone"),
        ({"type": "scheduled", "at": "2026-12-24T09:00", "time_zone": 9}, "schedule.time_zone"),
        ({"type": "scheduled", "at": "2026-12-24T09:00", "time_zone": ""}, "schedule.time_zone"),
        ({"type": "recurring"}, "schedule.cron"),
        ({"type": "recurring", "cron": "0 9 * * MON"}, "schedule.time_zone"),
        ({"type": "recurring", "time_zone": "Asia/Seoul"}, "schedule.cron"),
        ({**WEEKLY, "at": "2026-12-24T09:00:00Z"}, "schedule.at"),
        ({**WEEKLY, "cron": "0 9 * *"}, "schedule.cron"),
        ({**WEEKLY, "cron": "0 9 31 2 *"}, "schedule.cron"),
        ({**WEEKLY, "cron": ["0 9 * * *"]}, "schedule.cron"),
        ({**WEEKLY, "cron": "0 9 * * MON\n"}, "schedule.cron"),
        ({**WEEKLY, "time_zone": "KST"}, "schedule.time_zone"),
        ({**WEEKLY, "starts_at": "2026-06-01", "ends_at": None}, "schedule.starts_at"),
        ({**WEEKLY, "starts_at": "2030-06-01T00:00:00Z"}, "schedule.starts_at"),
        ({**WEEKLY, "ends_at": "2026-02-28T00:00:00Z"}, "schedule.ends_at"),
        (
            {**WEEKLY, "starts_at": "2026-06-02T00:00:00Z", "ends_at": "2026-06-01T00:00:00Z"},
            "schedule.ends_at",
        ),
        # No Monday between the bounds.
        ({**WEEKLY, "starts_at": "2026-06-02T00:00:00Z", "ends_at": "2026-06-06T00:00:00Z"}, "schedule.cron"),
        ({**WEEKLY, "schedule.cron" * 20: 1}, "schedule." + ("schedule.cron" * 20)[:64]),
    ],
    ids=str,
)
def test_an_unusable_schedule_is_refused_by_name(given: Json, field: str) -> None:
    """With the fix, and without any other exception."""
    assert refusal(lambda: schedule_from_json(given, now=NOW)).field == field


def test_the_errors_bear_the_name_under_which_the_schedule_was_sent() -> None:
    """Also inside another object."""
    refused = refusal(
        lambda: schedule_from_json({"type": "scheduled"}, now=NOW, field="campaign.timing.schedule")
    )
    assert refused.field == "campaign.timing.schedule.at"


def test_what_was_stored_is_read_although_it_is_over_by_now() -> None:
    """A campaign of last year can still be shown."""
    over = {"type": "scheduled", "at": "2020-01-01T00:00:00Z"}
    assert schedule_from_json(over, now=None) == AtInstant(at("2020-01-01T00:00Z"))
    ended = schedule_from_json({**WEEKLY, "ends_at": "2020-01-01T00:00:00Z"}, now=None)
    assert ended.next_after(NOW) is None


def test_a_wall_time_that_clocks_skip_is_accepted() -> None:
    """It runs when the gap ends."""
    given: Json = {"type": "scheduled", "at": "2026-03-29T02:30", "time_zone": "Europe/Berlin"}
    assert schedule_from_json(given, now=NOW).next_after(NOW) == at("2026-03-29T01:00Z")
