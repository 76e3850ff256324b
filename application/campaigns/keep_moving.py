"""The scheduler's share of a campaign under way: counts, windows that open again, cancelling what waits, and the end."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from application.ports.campaign_tally import CampaignTally, ClosedWave, OpenCampaign
from application.ports.campaigns import Campaigns
from application.ports.clock import Clock
from application.steps import each_of
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
        steps = {
            "windows that open again": self._reopen_all,
            "what is in a hurry": self._hurry,
            "counts": self._recount,
            "campaigns that are over": self._finish_all,
            "canceled campaigns": self.tally.settle_canceled,
        }
        return await each_of(steps, lambda step: step())

    async def cancel_waiting(self) -> int:
        """Answer how many messages were canceled; 0: nothing waits for a canceled campaign."""
        return await self.tally.cancel_waiting(self.clock.now())

    async def _reopen_all(self) -> int:
        closed = await self.tally.closed_waves(self.clock.now(), WAVES_AT_ONCE)
        return await each_of(
            {f"wave {one.number} of campaign {one.campaign_id}": one for one in closed}, self._reopen
        )

    async def _hurry(self) -> None:
        await self.tally.hurry(self.clock.now())

    async def _recount(self) -> int:
        return await self.tally.recount(self.clock.now(), BATCHES_AT_ONCE)

    async def _finish_all(self) -> int:
        finished = await self.tally.finished(self.clock.now(), FINISHED_AT_ONCE)
        return await each_of({f"campaign {one.id}": one for one in finished}, self._finish)

    async def _reopen(self, wave: ClosedWave) -> int:
        """The next hours in which the wave may be sent to."""
        try:
            campaign = await self.campaigns.get(wave.application_id, wave.campaign_id)
        except NotFound:
            return 1
        now = self.clock.now()
        zone = (find_zone(wave.zone) if wave.zone else None) or ZoneInfo("UTC")
        rules = QuietRules(campaign.plan.timing.quiet_hours, wave.night_held, zone)
        window = rules.window(now)
        if window is None:
            # The rules of zones changed since the launch so that no hour is left: what waits will expire.
            await self.tally.reopen(wave, now + NEVER, None, Exclusion.NO_ALLOWED_HOUR.value)
            log.warning("wave %d of campaign %s has no hour left", wave.number, wave.campaign_id)
            return 1
        await self.tally.reopen(wave, window.opens, window.closes, None)
        return 1

    async def _finish(self, over: OpenCampaign) -> int:
        now = self.clock.now()

        def finish(campaign: Campaign) -> Sequence[Campaign]:
            if campaign.status in (CampaignStatus.SENDING, CampaignStatus.SCHEDULED):
                campaign.finish(now)
            return ()

        try:
            await self.campaigns.change(over.application_id, over.id, finish)
        except (Conflict, NotFound):
            return 0
        return 1
