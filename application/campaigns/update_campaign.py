"""Change a draft."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from application.campaigns.commands import UpdateCampaignCommand
from application.campaigns.plan_check import CheckPlan
from application.ports.applications import Applications
from application.ports.campaigns import Campaigns
from application.ports.clock import Clock
from domain.campaigns.campaign import Campaign
from domain.campaigns.plan_json import changed_plan
from domain.shared.errors import Conflict


@attrs.frozen(kw_only=True)
class UpdateCampaign:
    applications: Applications
    campaigns: Campaigns
    check_plan: CheckPlan
    clock: Clock

    async def __call__(self, command: UpdateCampaignCommand) -> Campaign:
        """Raise NotFound, Conflict unless it is a draft, InvalidInput naming the field."""
        found = await self.campaigns.get(command.application_id, command.campaign_id)
        found.check_editable()
        now = self.clock.now()
        plan = changed_plan(found.plan, command.changes, now)
        await self.check_plan(await self.applications.get(command.application_id), plan)

        def change(campaign: Campaign) -> Sequence[Campaign]:
            if campaign.plan != found.plan:
                raise Conflict(
                    "the campaign was changed meanwhile", fix="read it again and repeat the change"
                )
            campaign.change(lambda _: plan, now)
            return ()

        return await self.campaigns.change(command.application_id, command.campaign_id, change)
