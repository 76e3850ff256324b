"""Explains one recipient: why this person did or did not get a campaign, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import attrs

from application.campaigns.circumstances import ReadCircumstances, targeting_of
from application.campaigns.commands import ExplainRecipientCommand
from application.campaigns.explanation_steps import (
    ExplainedStep,
    campaign_step,
    event_steps,
    message_step,
    rules_step,
    subscription_step,
    targeting_step,
    verdict,
    wave_steps,
)
from application.ports.campaign_progress import CampaignProgress
from application.ports.campaigns import Campaigns
from application.ports.clock import Clock
from application.ports.messages import MessageEventView, Messages, MessageView
from application.ports.segment_members import SegmentMembers
from domain.audience.segment.facts import SubscriptionFacts
from domain.audience.segment.matching import Explanation, explain
from domain.audience.segment.predicate import Predicate, campaigns_of
from domain.campaigns.campaign import Campaign
from domain.shared.channels import SubscriptionType
from domain.shared.errors import NotFound, SignalError


@attrs.frozen(slots=True, kw_only=True)
class ExplainedSubscription:
    """One subscription of the person, and what became of it in this campaign."""

    subscription_id: UUID
    type: SubscriptionType | None
    verdict: str
    """not_launched, not_in_audience, excluded, waiting, pending, errored, successful, received, converted, failed, canceled."""
    message_id: UUID | None
    steps: Sequence[ExplainedStep]
    targeting: Explanation | None
    """The targeting's test, part by part, against what is known now."""


@attrs.frozen(slots=True)
class RecipientExplanation:
    campaign: Campaign
    subscriptions: Sequence[ExplainedSubscription]


@attrs.frozen(kw_only=True)
class ExplainRecipient:
    campaigns: Campaigns
    campaign_progress: CampaignProgress
    circumstances: ReadCircumstances
    segment_members: SegmentMembers
    messages: Messages
    clock: Clock

    async def __call__(self, command: ExplainRecipientCommand) -> RecipientExplanation:
        """Raise NotFound for a campaign or a recipient that is not the application's."""
        campaign = await self.campaigns.get(command.application_id, command.campaign_id)
        ids = await self.campaign_progress.subscriptions_named(command.application_id, command.recipient)
        if not ids:
            raise NotFound("there is no such subscription or user", field="recipient")
        predicate = await self._predicate(campaign)
        return RecipientExplanation(campaign, [await self._explain(campaign, id_, predicate) for id_ in ids])

    async def _explain(
        self, campaign: Campaign, subscription_id: UUID, predicate: Predicate | None
    ) -> ExplainedSubscription:
        record = await self.campaign_progress.record(campaign.id, subscription_id)
        facts = await self._facts(campaign, subscription_id, predicate)
        message: MessageView | None = None
        events: Sequence[MessageEventView] = ()
        if record is not None and record.message_id is not None:
            message = await self.messages.read(campaign.application_id, record.message_id)
            events = await self.messages.events(record.message_id)
        targeting = None
        if predicate is not None and facts is not None:
            targeting = explain(predicate, facts, self.clock.now())
        steps = [
            campaign_step(campaign),
            targeting_step(campaign, record, targeting),
            subscription_step(record, facts),
        ]
        if record is not None:
            steps += [rules_step(record), *wave_steps(campaign, record)]
        if message is not None:
            steps += [message_step(message), *event_steps(events)]
        type_ = record.type if record is not None else None if facts is None else facts.type
        return ExplainedSubscription(
            subscription_id=subscription_id,
            type=type_,
            verdict=verdict(campaign, record, message),
            message_id=None if record is None else record.message_id,
            steps=steps,
            targeting=targeting,
        )

    async def _predicate(self, campaign: Campaign) -> Predicate | None:
        """As the segments are now; None when the targeting names nobody, or a segment that is gone."""
        try:
            targeting = targeting_of(campaign.plan)
            segments = await self.circumstances.segments_of(campaign.application_id, targeting)
            return targeting.resolve(segments)
        except SignalError:
            return None

    async def _facts(
        self, campaign: Campaign, subscription_id: UUID, predicate: Predicate | None
    ) -> SubscriptionFacts | None:
        """None: it is archived."""
        campaigns = () if predicate is None else campaigns_of(predicate)
        try:
            return await self.segment_members.facts(campaign.application_id, subscription_id, campaigns)
        except NotFound:
            return None
