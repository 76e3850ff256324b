"""Dry run: who would get a campaign and who not and why, what it would cost, how it reads, all without sending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import attrs

from application.campaigns.circumstances import ReadCircumstances
from application.campaigns.commands import DryRunCommand
from application.campaigns.content import CampaignContent
from application.campaigns.work_out import WorkedOut, work_out
from application.ports.campaign_audience import CampaignAudience, ExclusionCount, Sample
from application.ports.campaigns import Campaigns
from application.ports.clock import Clock
from application.ports.templating import Templating
from domain.campaigns.campaign import Campaign
from domain.messaging.content import Body
from domain.quota.money import Money
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from domain.templates.variables import gather

MAX_SAMPLES: Final = 10


@attrs.frozen(slots=True, kw_only=True)
class ChannelShare:
    """One channel's part of a campaign."""

    channel: Channel
    recipients: int
    cost: Money


@attrs.frozen(slots=True, kw_only=True)
class Rendering:
    """What one recipient would read; `error` instead of a body when it would be refused."""

    subscription_id: UUID
    channel: Channel
    due_at: datetime
    body: Body | None
    error: str | None = None


@attrs.frozen(slots=True, kw_only=True)
class DryRun:
    """What a launch at this moment would do."""

    fingerprint: str
    recipients: int
    channels: Sequence[ChannelShare]
    exclusions: Sequence[ExclusionCount]
    cost: Money
    first_due_at: datetime | None
    last_due_at: datetime | None
    waves: int
    limited_by: str | None
    """daily, monthly or credit; None: quota and credit cover it."""
    missing: int
    zone_notes: Mapping[str, int]
    """Time zones that could not be read, and how many recipients have each: they are sent to by the fallback zone."""
    samples: Sequence[Rendering]


@attrs.frozen(kw_only=True)
class DryRunCampaign:
    campaigns: Campaigns
    campaign_audience: CampaignAudience
    circumstances: ReadCircumstances
    templating: Templating
    clock: Clock

    async def __call__(self, command: DryRunCommand) -> DryRun:
        """Raise NotFound, InvalidInput naming the field, Conflict for a campaign that was launched."""
        if not 0 <= command.samples <= MAX_SAMPLES:
            raise InvalidInput(
                f"samples is {command.samples}", field="samples", fix=f"use 0 to {MAX_SAMPLES}"
            )
        found = await self.campaigns.get(command.application_id, command.campaign_id)
        if not found.makes_runs:
            found.check_launchable()
        now = self.clock.now()
        given = await self.circumstances(found, starts_at(found, now))
        async with self.campaign_audience.work(
            command.application_id, command.campaign_id, launch=False
        ) as work:
            outcome = await work_out(work, given, now)
            samples = await work.samples(command.samples) if command.samples else ()
            await work.remember(outcome.fingerprint, given.content.digest, outcome.assigned.recipients, now)
        renderings = [self._render(one, given.content, found) for one in samples]
        return _summary(outcome, given.content.channels, renderings)

    def _render(self, sample: Sample, content: CampaignContent, campaign: Campaign) -> Rendering:
        variant = next(one for one in content.variants if one.number == sample.variant)
        body: Body | None = variant.body
        error: str | None = None
        if variant.template is not None:
            variables = gather(
                variant.names,
                None,
                campaign.plan.variables,
                sample.tags,
                sample.properties,
                sample.device,
            )
            try:
                compiled = self.templating.compile(
                    variant.channel, variant.body, strict=bool(variant.template.get("strict"))
                )
                body = compiled.render(variables)
            except InvalidInput as refused:
                body, error = None, refused.message
        return Rendering(
            subscription_id=sample.subscription_id,
            channel=sample.channel,
            due_at=sample.due_at,
            body=body,
            error=error,
        )


def starts_at(campaign: Campaign, now: datetime) -> datetime:
    """When it would begin: the time it is scheduled for, or now."""
    due = campaign.scheduled_at or campaign.plan.starts_at(now)
    return max(due, now)


def _summary(outcome: WorkedOut, channels: Sequence[Channel], samples: Sequence[Rendering]) -> DryRun:
    dues = [wave.due_at for wave in outcome.waves]
    shortage = outcome.shortage
    return DryRun(
        fingerprint=outcome.fingerprint,
        recipients=outcome.assigned.recipients,
        channels=[
            ChannelShare(channel=one, recipients=outcome.recipients_of(one), cost=outcome.costs[one])
            for one in channels
        ],
        exclusions=outcome.assigned.exclusions,
        cost=outcome.cost,
        first_due_at=min(dues, default=None),
        last_due_at=max(dues, default=None),
        waves=len(outcome.waves),
        limited_by=None if shortage is None else shortage.limited_by,
        missing=0 if shortage is None else shortage.missing,
        zone_notes=outcome.assigned.zone_notes,
        samples=samples,
    )
