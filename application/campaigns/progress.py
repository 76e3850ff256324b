"""How far a campaign is: counts by state, rate, time left, and the health of its part of the queue."""

from __future__ import annotations

from datetime import datetime
from math import ceil

import attrs

from application.campaigns.commands import CampaignCommand
from application.ports.campaign_progress import CampaignProgress, ProgressReading
from application.ports.campaigns import Campaigns
from application.ports.clock import Clock
from domain.campaigns.campaign import Campaign
from domain.campaigns.lifecycle import FINAL, CampaignStatus


@attrs.frozen(slots=True)
class Progress:
    campaign: Campaign
    reading: ProgressReading
    eta_seconds: int | None
    """None: over, not sending, or not known yet."""
    at: datetime

    @property
    def over(self) -> bool:
        """Nothing changes any more but late receipts."""
        queue = self.reading.queue
        waiting = queue.held + queue.released + queue.in_delivery + queue.retrying
        return self.campaign.status in FINAL and not waiting


@attrs.frozen(kw_only=True)
class ReadProgress:
    campaigns: Campaigns
    campaign_progress: CampaignProgress
    clock: Clock

    async def __call__(self, command: CampaignCommand) -> Progress:
        """Raise NotFound."""
        campaign = await self.campaigns.get(command.application_id, command.campaign_id)
        reading = await self.campaign_progress.read(command.application_id, command.campaign_id)
        now = self.clock.now()
        return Progress(campaign, reading, eta_seconds(campaign, reading, now), now)


def eta_seconds(campaign: Campaign, reading: ProgressReading, now: datetime) -> int | None:
    """By the rate of late, no sooner than the campaign's own pace allows and its last wave is due."""
    if campaign.status is not CampaignStatus.SENDING:
        return None
    left = reading.waiting + reading.messages.pending + reading.messages.errored
    pacing = campaign.plan.timing.pacing
    soonest = 0.0 if pacing is None else left / pacing.per_second
    if reading.last_due_at is not None and reading.last_due_at > now:
        soonest = max(soonest, (reading.last_due_at - now).total_seconds())
    if reading.rate > 0:
        return ceil(max(soonest, left / reading.rate))
    return ceil(soonest) if soonest else None
