"""Launch: the audience is materialised in one transaction with the campaign's change to sending, or nothing happens."""

from __future__ import annotations

from typing import Final

import attrs

from application.campaigns.circumstances import ReadCircumstances
from application.campaigns.commands import LaunchCampaignCommand
from application.campaigns.work_out import Circumstances, WorkedOut, work_out
from application.ports.audience import Raced
from application.ports.campaign_audience import AudienceWork, CampaignAudience
from application.ports.campaigns import Campaigns
from application.ports.clock import Clock
from domain.campaigns.campaign import Campaign
from domain.shared.errors import Conflict, InvalidInput, Unavailable

ATTEMPTS: Final = 3


class AudienceChanged(Conflict):
    """The audience or the content is not what the dry run saw."""

    code = "audience_changed"


@attrs.frozen(kw_only=True)
class LaunchCampaign:
    campaigns: Campaigns
    campaign_audience: CampaignAudience
    circumstances: ReadCircumstances
    clock: Clock

    async def __call__(self, command: LaunchCampaignCommand) -> Campaign:
        """Raise NotFound, InvalidInput naming the field, Conflict for a state or a fingerprint that does not allow it,
        QuotaExceeded or CreditExhausted with what is missing. Then the campaign is as it was."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._launch(command)
            except Raced as raced:
                if attempt == ATTEMPTS:
                    raise Unavailable("the campaign keeps being changed by others") from raced
        raise AssertionError("unreachable")

    async def _launch(self, command: LaunchCampaignCommand) -> Campaign:
        found = await self.campaigns.get(command.application_id, command.campaign_id)
        found.check_launchable()
        now = self.clock.now()
        given = await self.circumstances(found, command.started_at or now)
        async with self.campaign_audience.work(
            command.application_id, command.campaign_id, launch=True
        ) as work:
            campaign = work.campaign
            campaign.check_launchable()
            if campaign.plan != found.plan:
                raise Raced
            outcome = await work_out(work, given, now)
            await self._check(work, outcome, given, command.fingerprint)
            pinned = given.content.template
            campaign.template_version = None if pinned is None else pinned.version
            campaign.launch(outcome.assigned.recipients, outcome.fingerprint, now, command.actor)
            await work.materialise(outcome.waves, given.content.variants)
            return campaign

    async def _check(
        self, work: AudienceWork, outcome: WorkedOut, given: Circumstances, wanted: str | None
    ) -> None:
        if wanted is not None and wanted != outcome.fingerprint:
            await _refuse_change(work, wanted, given.content.digest)
        check_audience(outcome)
        if outcome.shortage is not None and not work.campaign.plan.allow_running_dry:
            raise outcome.shortage.error


def check_audience(outcome: WorkedOut) -> None:
    """Raise InvalidInput when nobody would get anything, with the reasons counted."""
    if outcome.assigned.recipients:
        return
    reasons: dict[str, int] = {}
    for one in outcome.assigned.exclusions:
        reasons[one.reason] = reasons.get(one.reason, 0) + one.n
    told = ", ".join(f"{n} {reason}" for reason, n in sorted(reasons.items()))
    raise InvalidInput(
        f"nobody would get this campaign ({told})" if told else "nobody matches this campaign",
        field="targeting_criteria",
        fix="widen the targeting; the dry run says who is left out and why",
        extra=dict(reasons),
    )


async def _refuse_change(work: AudienceWork, wanted: str, content_digest: str) -> None:
    difference = await work.difference(wanted, content_digest)
    if difference is None:
        raise AudienceChanged(
            "this fingerprint is of no recent dry run of this campaign",
            field="fingerprint",
            fix="run the dry run again and launch with its fingerprint",
        )
    moved = f"since the dry run {difference.added} recipients came, {difference.removed} went"
    if not (difference.added or difference.removed):
        changed = "since the dry run the content is another"
    else:
        changed = f"{moved} and the content is another" if difference.content else moved
    raise AudienceChanged(
        changed,
        field="fingerprint",
        fix="run the dry run again, look at it, and launch with its fingerprint",
        extra={
            "added": difference.added,
            "removed": difference.removed,
            "content_changed": difference.content,
        },
    )
