"""Pause a campaign and let it go on exactly where it stopped."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from application.campaigns.commands import CampaignCommand, StopCampaignCommand
from application.campaigns.stop_reason import checked_reason
from application.ports.campaigns import Campaigns
from application.ports.clock import Clock
from domain.campaigns.campaign import Campaign, PauseReason


@attrs.frozen(kw_only=True)
class PauseCampaign:
    campaigns: Campaigns
    clock: Clock

    async def __call__(self, command: StopCampaignCommand) -> Campaign:
        """Nothing more of it starts: what waits is held, what a worker has in hand is finished.

        Of a campaign that makes runs only the making stops. Raise NotFound, IllegalTransition.
        """
        now = self.clock.now()
        reason = checked_reason(command.reason) or PauseReason.OPERATOR

        def pause(campaign: Campaign) -> Sequence[Campaign]:
            campaign.pause(reason, now, command.actor)
            return ()

        return await self.campaigns.change(command.application_id, command.campaign_id, pause)


@attrs.frozen(kw_only=True)
class ResumeCampaign:
    campaigns: Campaigns
    clock: Clock

    async def __call__(self, command: CampaignCommand) -> Campaign:
        """Raise NotFound, IllegalTransition, or Conflict for one whose time passed before it was launched."""
        now = self.clock.now()

        def resume(campaign: Campaign) -> Sequence[Campaign]:
            campaign.resume(campaign.next_due(now), now, command.actor)
            return ()

        return await self.campaigns.change(command.application_id, command.campaign_id, resume)
