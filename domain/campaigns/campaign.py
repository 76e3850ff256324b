"""A campaign: one plan, its way from draft to sent, and the history of who did what to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

import attrs

from domain.campaigns.lifecycle import CampaignEvent, CampaignStatus, next_status
from domain.campaigns.plan import CampaignPlan, CampaignType
from domain.shared.errors import Conflict, InvalidInput

SCHEDULER: Final = "scheduler"
"""Who acts when it is the clock."""


class PauseReason:
    """`pause_reason` values that are ours; an operator may give any other."""

    OPERATOR = "operator"
    QUOTA_EXHAUSTED = "quota_exhausted"
    MISSED = "missed"


@attrs.frozen(slots=True)
class Happening:
    """One line of a campaign's history."""

    event: CampaignEvent
    before: CampaignStatus
    after: CampaignStatus
    occurred_at: datetime
    actor: str
    """A key's id, `operator` or `scheduler`."""
    reason: str | None = None


@attrs.frozen(slots=True)
class Counts:
    """What became of the recipients; equal to a recount of the campaign's messages."""

    total_recipients: int = 0
    successful_count: int = 0
    """Taken by the provider, whether or not received or opened since."""
    failed_count: int = 0
    canceled_count: int = 0
    excluded_count: int = 0
    """Recipients that were left out after the launch, each with a reason."""


@attrs.define(slots=True, kw_only=True)
class Campaign:
    """Either it is sent itself (immediate, scheduled, and every run), or it makes runs (recurring, triggered)."""

    id: UUID
    application_id: UUID
    plan: CampaignPlan
    created_by: str
    created_at: datetime
    updated_at: datetime
    status: CampaignStatus = CampaignStatus.DRAFT
    scheduled_at: datetime | None = None
    """When the scheduler acts next: launches it, or makes the next run."""
    judged_until: datetime | None = None
    """Runs up to here were made or marked missed (recurring)."""
    launched_at: datetime | None = None
    """When its audience was materialised."""
    sent_at: datetime | None = None
    ended_at: datetime | None = None
    """When it became sent, canceled or failed."""
    pause_reason: str | None = None
    failure_reason: str | None = None
    run_of: UUID | None = None
    """The recurring or triggered campaign that made this run."""
    run_number: int | None = None
    run_key: str | None = None
    """What this run is for: the occurrence's time or the trigger's key; a second run for the same is never made."""
    runs_made: int = 0
    fingerprint: str | None = None
    """Of the audience and content that it was launched with."""
    template_version: int | None = None
    """Pinned at launch."""
    counts: Counts = attrs.field(factory=Counts)
    happened: list[Happening] = attrs.field(factory=list)
    """What is not stored yet."""

    @property
    def makes_runs(self) -> bool:
        return self.run_of is None and self.plan.campaign_type.makes_runs

    def next_due(self, now: datetime) -> datetime | None:
        """When its schedule names the next run; None for one that waits for triggers, and when there is none."""
        if self.plan.campaign_type is CampaignType.TRIGGERED:
            return None
        return self.plan.timing.schedule.next_after(now)

    def check_editable(self) -> None:
        """Raise Conflict unless it is a draft."""
        if self.status is not CampaignStatus.DRAFT:
            raise Conflict(
                f"a campaign that is {self.status.wire} cannot be changed",
                field="status",
                fix="unschedule it first"
                if self.status is CampaignStatus.SCHEDULED
                else "duplicate it and change the copy",
            )

    def change(self, change: Callable[[CampaignPlan], CampaignPlan], now: datetime) -> None:
        """Another plan, while it is a draft."""
        self.check_editable()
        self.plan = change(self.plan)
        self.updated_at = now

    def schedule(self, due: datetime | None, now: datetime, actor: str) -> None:
        """Wait for `due`, or for triggers. Raise Conflict for one that was launched, InvalidInput for a time that passed."""
        if self.launched_at is not None:
            raise Conflict(
                "a campaign that was launched cannot be scheduled", field="status", fix="duplicate it"
            )
        if self.plan.campaign_type is CampaignType.IMMEDIATE and self.run_of is None:
            raise Conflict(
                "an immediate campaign has no schedule",
                field="campaign_type",
                fix="launch it, or make it a scheduled campaign",
            )
        triggered = self.plan.campaign_type is CampaignType.TRIGGERED and self.run_of is None
        if due is None and not triggered:
            raise InvalidInput(
                "the schedule has no run that is to come",
                field="schedule",
                fix="choose a time that is to come",
            )
        if due is not None and due < now and self.run_of is None:
            raise InvalidInput(
                f"{due.isoformat()} has passed", field="schedule.at", fix="choose a time that is to come"
            )
        self._happen(CampaignEvent.SCHEDULE, now, actor)
        self.scheduled_at = due
        self.judged_until = now
        self.pause_reason = None

    def unschedule(self, now: datetime, actor: str) -> None:
        """Back to a draft that can be changed."""
        self._happen(CampaignEvent.UNSCHEDULE, now, actor)
        self.scheduled_at = None

    def check_launchable(self) -> None:
        """Raise Conflict for what is never launched itself, IllegalTransition for a state that does not allow it."""
        if self.makes_runs:
            raise Conflict(
                f"a {self.plan.campaign_type} campaign is not launched itself, its runs are",
                field="campaign_type",
                fix="schedule it" if self.plan.campaign_type is CampaignType.RECURRING else "trigger it",
            )
        if self.launched_at is not None:
            raise Conflict(
                "this campaign was launched before",
                field="status",
                fix="resume it" if self.status is CampaignStatus.PAUSED else "duplicate it to send again",
            )
        next_status(self.status, CampaignEvent.LAUNCH)

    def launch(self, recipients: int, fingerprint: str, now: datetime, actor: str) -> None:
        """Its audience is materialised: from now on it is sent to exactly these recipients."""
        self.check_launchable()
        self._happen(CampaignEvent.LAUNCH, now, actor)
        self.launched_at = now
        self.fingerprint = fingerprint
        self.pause_reason = None
        self.counts = Counts(total_recipients=recipients)

    def pause(self, reason: str, now: datetime, actor: str) -> None:
        """Nothing more of it is started."""
        self._happen(CampaignEvent.PAUSE, now, actor, reason)
        self.pause_reason = reason

    def resume(self, due: datetime | None, now: datetime, actor: str) -> None:
        """Go on exactly where it stopped; `due` is when one that was not launched yet acts next."""
        if self.status is not CampaignStatus.PAUSED:
            next_status(self.status, CampaignEvent.RESUME)
        if self.launched_at is None:
            if due is None and self.plan.campaign_type is not CampaignType.TRIGGERED:
                raise Conflict(
                    "the time of this campaign has passed",
                    field="scheduled_at",
                    fix="launch it now, schedule it for another time, or cancel it",
                )
            self.schedule(due, now, actor)
            return
        self._happen(CampaignEvent.RESUME, now, actor)
        self.pause_reason = None

    def finish(self, now: datetime, actor: str = SCHEDULER) -> None:
        """Every recipient has a final outcome or a recorded exclusion."""
        self._happen(CampaignEvent.FINISH, now, actor)
        self.sent_at = now

    def cancel(self, reason: str | None, now: datetime, actor: str) -> None:
        """What is not sent will not be."""
        self._happen(CampaignEvent.CANCEL, now, actor, reason)

    def fail(self, reason: str, now: datetime, actor: str = SCHEDULER) -> None:
        """It could not be launched at its time."""
        self._happen(CampaignEvent.FAIL, now, actor, reason)
        self.failure_reason = reason

    def make_run(
        self, id: UUID, key: str, plan: CampaignPlan, due: datetime, now: datetime, actor: str
    ) -> Campaign:
        """A run: a campaign of its own with this campaign's plan, due at once or at its occurrence."""
        if not self.makes_runs:
            raise Conflict(
                f"a campaign that is {self.plan.campaign_type} makes no runs",
                field="campaign_type",
                fix="make it a triggered campaign",
            )
        if self.status is not CampaignStatus.SCHEDULED:
            raise Conflict(
                f"a campaign that is {self.status.wire} makes no runs",
                field="status",
                fix="schedule it first",
            )
        self.runs_made += 1
        self.updated_at = now
        run = Campaign(
            id=id,
            application_id=self.application_id,
            plan=plan,
            created_by=self.created_by,
            created_at=now,
            updated_at=now,
            run_of=self.id,
            run_number=self.runs_made,
            run_key=key,
        )
        run.schedule(due, now, actor)
        return run

    def _happen(self, event: CampaignEvent, now: datetime, actor: str, reason: str | None = None) -> None:
        before = self.status
        self.status = next_status(before, event)
        self.updated_at = now
        if self.status in (CampaignStatus.SENT, CampaignStatus.CANCELED, CampaignStatus.FAILED):
            self.ended_at = now
        self.happened.append(Happening(event, before, self.status, now, actor, reason))
