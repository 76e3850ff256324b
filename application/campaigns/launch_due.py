"""The scheduler's share of launching: campaigns whose time has come, runs of those that repeat, and what was missed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import attrs

from application.campaigns.commands import LaunchCampaignCommand
from application.campaigns.launch import LaunchCampaign
from application.ports.campaigns import Campaigns, DueCampaign
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.steps import each_of
from domain.campaigns.campaign import SCHEDULER, Campaign, PauseReason
from domain.campaigns.downtime import ON_TIME
from domain.campaigns.lifecycle import CampaignStatus
from domain.campaigns.plan import CampaignType
from domain.shared.errors import CreditExhausted, NotFound, QuotaExceeded, SignalError, Unavailable

log = logging.getLogger(__name__)

AT_ONCE: Final = 20


@attrs.frozen(kw_only=True)
class LaunchDue:
    """`await launch_due()` does what is due; answers how many campaigns it acted on."""

    campaigns: Campaigns
    launch: LaunchCampaign
    clock: Clock
    identifiers: Identifiers

    async def __call__(self) -> int:
        """Raise Unavailable when storage is away; whatever else goes wrong with one campaign is told in its history."""
        due = await self.campaigns.due(self.clock.now(), AT_ONCE)
        return await each_of({f"campaign {one.id}": one for one in due}, self._act)

    async def _act(self, due: DueCampaign) -> int:
        try:
            campaign = await self.campaigns.get(due.application_id, due.id)
        except NotFound:
            return 1
        if campaign.makes_runs:
            await self.campaigns.change(due.application_id, due.id, self._make_runs)
        elif await self._is_missed(campaign):
            await self._stop(campaign, PauseReason.MISSED)
        else:
            await self._launch(campaign)
        return 1

    async def _launch(self, campaign: Campaign) -> None:
        assert campaign.scheduled_at is not None
        now = self.clock.now()
        on_time = now - campaign.scheduled_at <= ON_TIME
        command = LaunchCampaignCommand(
            application_id=campaign.application_id,
            campaign_id=campaign.id,
            actor=SCHEDULER,
            started_at=campaign.scheduled_at if on_time else now,
        )
        try:
            await self.launch(command)
        except Unavailable:
            raise
        except (QuotaExceeded, CreditExhausted) as short:
            log.warning("campaign %s cannot be launched: %s", campaign.id, short.message)
            await self._stop(campaign, PauseReason.QUOTA_EXHAUSTED)
        except SignalError as error:
            log.warning("campaign %s cannot be launched: %s", campaign.id, error.message)
            await self._fail(campaign, error.message)

    async def _is_missed(self, campaign: Campaign) -> bool:
        """A run was judged when it was made."""
        if campaign.run_of is not None or campaign.judged_until is None:
            return False
        timing = campaign.plan.timing
        due = timing.downtime.due(timing.schedule, since=campaign.judged_until, now=self.clock.now())
        return due.run is None and due.missed is not None

    def _make_runs(self, campaign: Campaign) -> Sequence[Campaign]:
        """The run that is due, and one that says which were missed. Both, and how far was judged, in one transaction."""
        now = self.clock.now()
        if campaign.status is not CampaignStatus.SCHEDULED or campaign.judged_until is None:
            return ()
        if campaign.plan.campaign_type is not CampaignType.RECURRING:
            return ()
        timing = campaign.plan.timing
        due = timing.downtime.due(timing.schedule, since=campaign.judged_until, now=now)
        runs: list[Campaign] = []
        if due.missed is not None:
            missed = self._run(campaign, due.missed.last, now)
            span = f"{due.missed.count}{'' if due.missed.exact else ' or more'}"
            since = due.missed.first.isoformat()
            missed.fail(f"missed: {span} between {since} and {due.missed.last.isoformat()}", now)
            runs.append(missed)
        if due.run is not None:
            runs.append(self._run(campaign, due.run, now))
        campaign.judged_until = now
        campaign.scheduled_at = timing.schedule.next_after(now)
        return runs

    def _run(self, campaign: Campaign, due: datetime, now: datetime) -> Campaign:
        id_: UUID = self.identifiers.one()
        return campaign.make_run(id_, due.isoformat(), campaign.plan, due, now, SCHEDULER)

    async def _stop(self, campaign: Campaign, reason: str) -> None:
        now = self.clock.now()

        def pause(found: Campaign) -> Sequence[Campaign]:
            if found.status is CampaignStatus.SCHEDULED:
                found.pause(reason, now, SCHEDULER)
            return ()

        await self.campaigns.change(campaign.application_id, campaign.id, pause)

    async def _fail(self, campaign: Campaign, reason: str) -> None:
        now = self.clock.now()

        def fail(found: Campaign) -> Sequence[Campaign]:
            if found.status is CampaignStatus.SCHEDULED:
                found.fail(reason, now)
            return ()

        await self.campaigns.change(campaign.application_id, campaign.id, fail)
