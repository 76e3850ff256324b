"""The scheduler's share of a campaign under way: counts, windows that open again, cancelling what waits, and the end."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs

from application.ports.campaign_tally import CampaignTally, ClosedWave
from application.ports.campaigns import Campaigns
from application.ports.clock import Clock
from domain.campaigns.campaign import Campaign
from domain.campaigns.decision import Exclusion
from domain.campaigns.lifecycle import CampaignStatus
from domain.campaigns.sending_window import QuietRules
from domain.campaigns.zones import find_zone
from domain.shared.errors import Conflict, NotFound

log = logging.getLogger(__name__)

BATCHES_AT_ONCE: Final = 200
WAVES_AT_ONCE: Final = 200
FINISHED_AT_ONCE: Final = 50
NEVER: Final = timedelta(days=3650)


@attrs.frozen(kw_only=True)
class KeepMoving:
    """`await keep_moving()` is one round of all of it; `await cancel_waiting()` one step of cancelling."""

    campaigns: Campaigns
    tally: CampaignTally
    clock: Clock

    async def __call__(self) -> int:
        """Answer how much was done. Raise Unavailable when storage is away."""
        now = self.clock.now()
        done = 0
        for wave in await self.tally.closed_waves(now, WAVES_AT_ONCE):
            await self._reopen(wave)
            done += 1
        await self.tally.hurry(now)
        done += await self.tally.recount(now, BATCHES_AT_ONCE)
        for one in await self.tally.finished(now, FINISHED_AT_ONCE):
            done += await self._finish(one.application_id, one.id)
        done += await self.tally.settle_canceled()
        return done

    async def cancel_waiting(self) -> int:
        """Answer how many messages were canceled; 0: nothing waits for a canceled campaign."""
        return await self.tally.cancel_waiting(self.clock.now())

    async def _reopen(self, wave: ClosedWave) -> None:
        """The next hours in which the wave may be sent to."""
        try:
            campaign = await self.campaigns.get(wave.application_id, wave.campaign_id)
        except NotFound:
            return
        now = self.clock.now()
        zone = (find_zone(wave.zone) if wave.zone else None) or ZoneInfo("UTC")
        rules = QuietRules(campaign.plan.timing.quiet_hours, wave.night_held, zone)
        window = rules.window(now)
        if window is None:
            # The rules of zones changed since the launch so that no hour is left: what waits will expire.
            await self.tally.reopen(wave, now + NEVER, None, Exclusion.NO_ALLOWED_HOUR.value)
            log.warning("wave %d of campaign %s has no hour left", wave.number, wave.campaign_id)
            return
        await self.tally.reopen(wave, window.opens, window.closes, None)

    async def _finish(self, application_id: UUID, campaign_id: UUID) -> int:
        now = self.clock.now()

        def finish(campaign: Campaign) -> Sequence[Campaign]:
            if campaign.status in (CampaignStatus.SENDING, CampaignStatus.SCHEDULED):
                campaign.finish(now)
            return ()

        try:
            await self.campaigns.change(application_id, campaign_id, finish)
        except (Conflict, NotFound):
            return 0
        return 1
