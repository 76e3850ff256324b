"""Cancel a campaign: what is not sent will not be, and its quota is free again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import attrs

from application.campaigns.commands import StopCampaignCommand
from application.campaigns.stop_reason import checked_reason
from application.ports.campaigns import CampaignFilter, Campaigns
from application.ports.clock import Clock
from domain.campaigns.campaign import Campaign
from domain.campaigns.lifecycle import FINAL
from domain.shared.errors import IllegalTransition

PAGE = 200


@attrs.frozen(kw_only=True)
class CancelCampaign:
    campaigns: Campaigns
    clock: Clock

    async def __call__(self, command: StopCampaignCommand) -> Campaign:
        """At once nothing more of it starts; the scheduler cancels what waits within moments, releasing its quota.

        A campaign that makes runs takes those that are not over with it. Raise NotFound, IllegalTransition.
        """
        now = self.clock.now()
        reason = checked_reason(command.reason)

        def cancel(campaign: Campaign) -> Sequence[Campaign]:
            campaign.cancel(reason, now, command.actor)
            return ()

        canceled = await self.campaigns.change(command.application_id, command.campaign_id, cancel)
        if canceled.makes_runs:
            await self._cancel_runs(canceled, reason, now, command.actor)
        return canceled

    async def _cancel_runs(self, parent: Campaign, reason: str | None, now: datetime, actor: str) -> None:
        before: UUID | None = None
        while True:
            wanted = CampaignFilter(run_of=parent.id)
            runs = await self.campaigns.list(parent.application_id, wanted, before=before, limit=PAGE)
            for run in runs:
                if run.status not in FINAL:
                    await self._cancel_run(run, reason, now, actor)
            if len(runs) < PAGE:
                return
            before = runs[-1].id

    async def _cancel_run(self, run: Campaign, reason: str | None, now: datetime, actor: str) -> None:
        def cancel(campaign: Campaign) -> Sequence[Campaign]:
            campaign.cancel(reason, now, actor)
            return ()

        try:
            await self.campaigns.change(run.application_id, run.id, cancel)
        except IllegalTransition:
            # It was over by itself meanwhile.
            return
