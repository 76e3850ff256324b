"""Schedule a campaign, or take it back to draft."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from application.campaigns.circumstances import ReadCircumstances
from application.campaigns.commands import CampaignCommand
from application.ports.campaigns import Campaigns
from application.ports.clock import Clock
from domain.campaigns.campaign import Campaign
from domain.shared.errors import Conflict


@attrs.frozen(kw_only=True)
class ScheduleCampaign:
    campaigns: Campaigns
    circumstances: ReadCircumstances
    clock: Clock

    async def __call__(self, command: CampaignCommand) -> Campaign:
        """From now on the scheduler launches it, makes its runs, or lets it be triggered.

        Raise NotFound, Conflict for a state or type that does not allow it, InvalidInput naming the field for what no
        launch could use: a time that has passed, content that says nothing, nobody to send to.
        """
        now = self.clock.now()
        found = await self.campaigns.get(command.application_id, command.campaign_id)
        await self.circumstances(found, now)

        def schedule(campaign: Campaign) -> Sequence[Campaign]:
            if campaign.plan != found.plan:
                raise Conflict("the campaign was changed meanwhile", fix="look at it and schedule it again")
            campaign.schedule(campaign.next_due(now), now, command.actor)
            return ()

        return await self.campaigns.change(command.application_id, command.campaign_id, schedule)


@attrs.frozen(kw_only=True)
class UnscheduleCampaign:
    campaigns: Campaigns
    clock: Clock

    async def __call__(self, command: CampaignCommand) -> Campaign:
        """A draft again, to be changed. Raise NotFound, IllegalTransition."""
        now = self.clock.now()

        def unschedule(campaign: Campaign) -> Sequence[Campaign]:
            campaign.unschedule(now, command.actor)
            return ()

        return await self.campaigns.change(command.application_id, command.campaign_id, unschedule)
