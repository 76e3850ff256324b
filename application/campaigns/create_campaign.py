"""Create a campaign: a draft that may still say nothing and be for nobody."""

from __future__ import annotations

import attrs

from application.campaigns.commands import CreateCampaignCommand
from application.campaigns.plan_check import CheckPlan
from application.ports.applications import Applications
from application.ports.campaigns import Campaigns
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from domain.campaigns.campaign import Campaign
from domain.campaigns.plan_json import plan_from_json


@attrs.frozen(kw_only=True)
class CreateCampaign:
    applications: Applications
    campaigns: Campaigns
    check_plan: CheckPlan
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: CreateCampaignCommand) -> Campaign:
        """Raise InvalidInput naming the field; NotFound, Forbidden for an unknown or inactive application."""
        application = await self.applications.get(command.application_id)
        application.check_active()
        now = self.clock.now()
        plan = plan_from_json(command.plan, now=now)
        await self.check_plan(application, plan)
        campaign = Campaign(
            id=self.identifiers.one(),
            application_id=application.id,
            plan=plan,
            created_by=command.actor,
            created_at=now,
            updated_at=now,
        )
        await self.campaigns.add(campaign)
        return campaign
