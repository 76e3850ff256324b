"""The transition table of a campaign, and the aggregate that walks it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.campaigns.campaign import Campaign, PauseReason
from domain.campaigns.lifecycle import FINAL, TRANSITIONS, CampaignEvent, CampaignStatus, next_status, sources
from domain.campaigns.plan_json import plan_from_json
from domain.shared.errors import Conflict, IllegalTransition, InvalidInput

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
S, E = CampaignStatus, CampaignEvent


def campaign(**plan: Any) -> Campaign:
    return Campaign(
        id=UUID(int=1),
        application_id=UUID(int=2),
        plan=plan_from_json({"name": "spring", "title": "Hi", **plan}, now=NOW),
        created_by="key-1",
        created_at=NOW,
        updated_at=NOW,
    )


def recurring() -> Campaign:
    return campaign(schedule={"type": "recurring", "cron": "0 9 * * *", "time_zone": "UTC"})


@pytest.mark.parametrize("status", list(S))
@pytest.mark.parametrize("event", list(E))
def test_a_pair_is_in_the_table_or_refused(status: CampaignStatus, event: CampaignEvent) -> None:
    """Whatever is not in the table is refused, and the error says from where it is possible."""
    if (status, event) in TRANSITIONS:
        assert next_status(status, event) is TRANSITIONS[status, event]
        assert status in sources(event)
        return
    with pytest.raises(IllegalTransition) as refused:
        next_status(status, event)
    assert all(one.wire in str(refused.value.fix) for one in sources(event))


def test_what_is_sent_canceled_or_failed_is_over() -> None:
    assert {S.SENT, S.CANCELED, S.FAILED} == FINAL


def test_every_state_can_be_reached_from_a_draft_and_names_are_read_back() -> None:
    reached = {S.DRAFT}
    for _ in S:
        reached |= {to for (source, _), to in TRANSITIONS.items() if source in reached}
    assert reached == set(S)
    assert [S.from_wire(one.wire) for one in S] == list(S)
    with pytest.raises(ValueError, match="is not a campaign status"):
        S.from_wire("sleeping")


def test_an_immediate_campaign_is_launched_paused_resumed_and_finished() -> None:
    """Times and reasons are kept, and the history says who did what."""
    one = campaign()
    one.launch(3, "f" * 64, NOW, "key-1")
    assert (one.status, one.launched_at, one.counts.total_recipients) == (S.SENDING, NOW, 3)
    one.pause(PauseReason.QUOTA_EXHAUSTED, NOW, "scheduler")
    assert one.pause_reason == "quota_exhausted"
    one.resume(None, NOW, "key-2")
    assert one.pause_reason is None
    one.finish(NOW + HOUR)
    assert (one.status, one.sent_at, one.ended_at) == (S.SENT, NOW + HOUR, NOW + HOUR)
    told = [(happening.event, happening.actor) for happening in one.happened]
    assert told == [(E.LAUNCH, "key-1"), (E.PAUSE, "scheduler"), (E.RESUME, "key-2"), (E.FINISH, "scheduler")]


def test_a_campaign_is_launched_once() -> None:
    """Also when it is paused: then it is resumed."""
    one = campaign()
    one.launch(3, "f" * 64, NOW, "key-1")
    with pytest.raises(Conflict, match="launched before"):
        one.check_launchable()
    one.pause("typo", NOW, "key-1")
    with pytest.raises(Conflict) as refused:
        one.check_launchable()
    assert refused.value.fix == "resume it"
    with pytest.raises(Conflict, match="cannot be scheduled"):
        one.schedule(NOW + HOUR, NOW, "key-1")


def test_only_drafts_are_changed() -> None:
    one = campaign(schedule={"type": "scheduled", "at": "2026-03-01T12:00:00Z"})
    one.schedule(NOW + HOUR, NOW, "key-1")
    with pytest.raises(Conflict) as refused:
        one.change(lambda plan: plan, NOW)
    assert refused.value.fix == "unschedule it first"
    one.unschedule(NOW, "key-1")
    one.change(lambda plan: plan, NOW)
    assert one.scheduled_at is None


def test_a_time_that_has_passed_is_not_scheduled() -> None:
    one = campaign(schedule={"type": "scheduled", "at": "2026-03-01T12:00:00Z"})
    with pytest.raises(InvalidInput) as refused:
        one.schedule(NOW - HOUR, NOW, "key-1")
    assert refused.value.field == "schedule.at"
    with pytest.raises(InvalidInput, match="no run that is to come"):
        one.schedule(None, NOW, "key-1")
    with pytest.raises(Conflict, match="no schedule"):
        campaign().schedule(NOW + HOUR, NOW, "key-1")
    assert one.status is S.DRAFT


def test_a_paused_schedule_goes_on_with_its_next_time_or_says_that_it_has_passed() -> None:
    one = campaign(schedule={"type": "scheduled", "at": "2026-03-01T12:00:00Z"})
    one.schedule(one.next_due(NOW), NOW, "key-1")
    one.pause("wait", NOW, "key-1")
    one.resume(one.next_due(NOW), NOW, "key-1")
    assert (one.status, one.scheduled_at) == (S.SCHEDULED, NOW + 3 * HOUR)
    one.pause(PauseReason.MISSED, NOW + 4 * HOUR, "scheduler")
    with pytest.raises(Conflict, match="has passed"):
        one.resume(one.next_due(NOW + 4 * HOUR), NOW + 4 * HOUR, "key-1")
    one.check_launchable()


def test_a_recurring_campaign_makes_numbered_runs_and_is_never_launched_itself() -> None:
    """A run is a campaign with the same plan that waits for its time."""
    one = recurring()
    with pytest.raises(Conflict, match="not launched itself"):
        one.check_launchable()
    with pytest.raises(Conflict, match="makes no runs"):
        one.make_run(UUID(int=3), "key", one.plan, NOW, NOW, "scheduler")
    one.schedule(one.next_due(NOW), NOW, "key-1")
    run = one.make_run(UUID(int=3), "2026-03-02", one.plan, NOW + HOUR, NOW, "scheduler")
    assert (run.run_of, run.run_number, run.status, run.scheduled_at) == (one.id, 1, S.SCHEDULED, NOW + HOUR)
    assert one.runs_made == 1
    run.check_launchable()
    with pytest.raises(Conflict, match="makes no runs"):
        run.make_run(UUID(int=4), "key", run.plan, NOW, NOW, "scheduler")


def test_a_triggered_campaign_waits_without_a_time() -> None:
    one = campaign(campaign_type="triggered")
    one.schedule(one.next_due(NOW), NOW, "key-1")
    assert (one.status, one.scheduled_at) == (S.SCHEDULED, None)
    one.pause("wait", NOW, "key-1")
    one.resume(one.next_due(NOW), NOW, "key-1")
    assert one.status is S.SCHEDULED
