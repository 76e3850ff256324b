"""Plans: read from JSON, written as JSON, changed as a whole, refused with the field that is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.campaigns.plan import CampaignType
from domain.campaigns.plan_json import MEMBERS, changed_plan, plan_from_json, plan_to_json
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
FULL: dict[str, Any] = {
    "name": "Spring",
    "targeting_criteria": {"include": [{"everyone": True}]},
    "title": "Hi {{name}}",
    "body": "there",
    "data": {"deep": {"link": 1}},
    "content": {"email": {"subject": "Hi", "html": "<p>there</p>"}},
    "strict": True,
    "variables": {"city": "Seoul"},
    "schedule": {"type": "recurring", "cron": "0 9 * * MON", "time_zone": "Asia/Seoul"},
    "downtime": {"policy": "mark_missed"},
    "local_delivery": {"time": "09:00", "fallback_time_zone": "Asia/Seoul"},
    "quiet_hours": {"from": "21:00", "to": "08:00"},
    "expires_after_seconds": 3600,
    "pacing": {"per_second": 500},
    "frequency_caps": [{"messages": 3, "window_seconds": 86_400}],
    "priority": "essential",
    "dedupe": "one_per_user",
    "advertising": True,
    "allow_running_dry": True,
    "topic": "events",
}


def test_a_plan_survives_being_stored() -> None:
    """What is written is read back to the same plan, with every member there is."""
    plan = plan_from_json(FULL, now=NOW)
    stored = plan_to_json(plan)
    assert set(stored) == set(MEMBERS)
    assert plan_from_json(stored, now=None) == plan
    assert plan.campaign_type is CampaignType.RECURRING


@pytest.mark.parametrize(
    ("changes", "type_"),
    [
        ({}, CampaignType.IMMEDIATE),
        ({"campaign_type": "triggered"}, CampaignType.TRIGGERED),
        ({"schedule": {"type": "scheduled", "at": "2026-03-02T09:00:00Z"}}, CampaignType.SCHEDULED),
        ({"schedule": {"type": "scheduled", "at": "2026-03-02T09:00", "time_zone": "Europe/Berlin"}}, CampaignType.SCHEDULED),
    ],
)  # fmt: skip
def test_the_type_follows_from_the_schedule(changes: dict[str, Any], type_: CampaignType) -> None:
    assert plan_from_json({"name": "x", **changes}, now=NOW).campaign_type is type_


def test_title_body_and_data_are_the_push_and_content_the_other_channels() -> None:
    bodies = plan_from_json(FULL, now=NOW).bodies()
    assert bodies[Channel.PUSH] == {"title": "Hi {{name}}", "body": "there", "data": {"deep": {"link": 1}}}
    assert bodies[Channel.EMAIL] == {"subject": "Hi", "html": "<p>there</p>"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"colour": "red"}, "colour"),
        ({"campaign_type": "sometimes"}, "campaign_type"),
        ({"campaign_type": "recurring"}, "schedule"),
        ({"campaign_type": "immediate", "schedule": {"type": "scheduled", "at": "2026-03-02T09:00:00Z"}}, "campaign_type"),
        ({"schedule": {"type": "scheduled", "at": "2026-02-28T09:00:00Z"}}, "schedule.at"),
        ({"title": 5}, "title"),
        ({"title": "a\x00"}, "title"),
        ({"data": []}, "data"),
        ({"content": {"fax": {"a": 1}}}, "content.fax"),
        ({"content": {"push": {}}}, "content.push"),
        ({"title": "a", "content": {"push": {"title": "b"}}}, "title"),
        ({"template_id": "x"}, "template_id"),
        ({"template_id": "01890000-0000-7000-8000-000000000000", "body": "a"}, "body"),
        ({"template_version": 1}, "template_version"),
        ({"template_id": "01890000-0000-7000-8000-000000000000", "template_version": 0}, "template_version"),
        ({"variables": {str(n): n for n in range(101)}}, "variables"),
        ({"variables": {"a": 2**60}}, "variables.a"),
        ({"strict": "yes"}, "strict"),
        ({"targeting_criteria": []}, "targeting_criteria"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_names_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        plan_from_json({"name": "x", **changes}, now=NOW)
    assert refused.value.field == field
    assert refused.value.fix


def test_a_change_replaces_members_and_null_takes_one_away() -> None:
    """The type follows a new schedule; what was not named stays."""
    before = plan_from_json({"name": "x", "title": "Hi", "pacing": {"per_second": 5}}, now=NOW)
    schedule = {"type": "scheduled", "at": "2026-03-02T09:00:00Z"}
    after = changed_plan(before, {"pacing": None, "schedule": schedule}, NOW)
    assert (after.timing.pacing, after.campaign_type, after.title) == (None, CampaignType.SCHEDULED, "Hi")


def test_a_time_that_passed_meanwhile_hinders_no_other_change() -> None:
    """It is looked at again when it is given, and when the campaign is scheduled."""
    plan = plan_from_json(
        {"name": "x", "schedule": {"type": "scheduled", "at": "2026-03-02T09:00:00Z"}}, now=NOW
    )
    late = datetime(2026, 4, 1, tzinfo=UTC)
    assert changed_plan(plan, {"name": "y"}, late).name == "y"
    with pytest.raises(InvalidInput):
        changed_plan(plan, {"schedule": {"type": "scheduled", "at": "2026-03-02T09:00:00Z"}}, late)
