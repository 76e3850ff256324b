"""Duplicate a campaign: a new draft with the same plan."""

from __future__ import annotations

import attrs

from application.campaigns.commands import DuplicateCampaignCommand
from application.ports.campaigns import Campaigns
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from domain.campaigns.campaign import Campaign
from domain.campaigns.plan import MAX_NAME
from domain.shared.json_values import check_line


@attrs.frozen(kw_only=True)
class DuplicateCampaign:
    campaigns: Campaigns
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: DuplicateCampaignCommand) -> Campaign:
        """Raise NotFound, or InvalidInput for a bad name. A schedule in the past is found when it is scheduled."""
        found = await self.campaigns.get(command.application_id, command.campaign_id)
        name = f"{found.plan.name[: MAX_NAME - 7]} (copy)" if command.name is None else command.name
        now = self.clock.now()
        copy = Campaign(
            id=self.identifiers.one(),
            application_id=found.application_id,
            plan=attrs.evolve(found.plan, name=check_line(name.strip(), field="name", longest=MAX_NAME)),
            created_by=command.actor,
            created_at=now,
            updated_at=now,
        )
        await self.campaigns.add(copy)
        return copy
