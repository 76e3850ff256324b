"""List campaigns, newest first, and read one with its history."""

from __future__ import annotations

import attrs

from application.campaigns.commands import CampaignCommand, ListCampaignsCommand, ListHistoryCommand
from application.ports.campaigns import CampaignFilter, Campaigns, HistoryLine
from domain.campaigns.campaign import Campaign
from domain.shared.page import Page, check_limit, decode_id_cursor


@attrs.frozen(kw_only=True)
class ListCampaigns:
    campaigns: Campaigns

    async def __call__(self, command: ListCampaignsCommand) -> Page[Campaign]:
        """Raise InvalidInput for a bad cursor or limit."""
        limit = check_limit(command.limit)
        found = await self.campaigns.list(
            command.application_id,
            CampaignFilter(command.status, command.campaign_type, command.run_of),
            before=decode_id_cursor(command.cursor),
            limit=limit + 1,
        )
        return Page.cut(found, limit, lambda campaign: campaign.id)


@attrs.frozen(kw_only=True)
class ReadCampaign:
    campaigns: Campaigns

    async def __call__(self, command: CampaignCommand) -> Campaign:
        """Raise NotFound."""
        return await self.campaigns.get(command.application_id, command.campaign_id)


@attrs.frozen(kw_only=True)
class ListHistory:
    campaigns: Campaigns

    async def __call__(self, command: ListHistoryCommand) -> Page[HistoryLine]:
        """Oldest first. Raise NotFound, or InvalidInput for a bad cursor or limit."""
        limit = check_limit(command.limit)
        found = await self.campaigns.history(
            command.application_id,
            command.campaign_id,
            after=decode_id_cursor(command.cursor),
            limit=limit + 1,
        )
        return Page.cut(found, limit, lambda line: line.id)
