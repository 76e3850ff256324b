"""Gathers what an audience is worked out with: content, targeting with its segments, advertising rules, zone and start."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs

from application.campaigns.content import CampaignContent, ResolveContent
from application.campaigns.work_out import Circumstances
from application.ports.applications import Applications
from application.ports.content_approval import ContentApproval
from application.ports.segments import Segments
from domain.applications.application import Application
from domain.audience.segment.predicate import Predicate
from domain.audience.segment.targeting import Targeting, parse_targeting
from domain.campaigns.advertising import AdvertisingRules, advertising_from_json
from domain.campaigns.campaign import Campaign
from domain.campaigns.plan import CampaignPlan
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput


@attrs.frozen(kw_only=True)
class ReadCircumstances:
    applications: Applications
    resolve_content: ResolveContent
    segments: Segments
    approvals: Mapping[Channel, ContentApproval] = attrs.field(factory=dict)
    """Who is asked before anything is said on these channels."""

    async def __call__(self, campaign: Campaign, started_at: datetime) -> Circumstances:
        """Raise InvalidInput naming the field, NotFound for a segment, Forbidden for an inactive application."""
        application = await self.applications.get(campaign.application_id)
        application.check_active()
        plan = campaign.plan
        targeting = targeting_of(plan)
        advertising = advertising_of(application, plan)
        content = await self.resolve_content(campaign.application_id, plan, advertising)
        await self._check_approved(campaign, content)
        return Circumstances(
            content=content,
            targeting=targeting,
            segments=await self.segments_of(campaign.application_id, targeting),
            advertising=advertising,
            home_zone=ZoneInfo(application.settings.time_zone),
            started_at=started_at,
        )

    async def _check_approved(self, campaign: Campaign, content: CampaignContent) -> None:
        what = "content" if campaign.plan.template_id is None else "template"
        for one in content.variants:
            approval = self.approvals.get(one.channel)
            if approval is not None:
                field, final = f"{what}.{one.channel.wire}", one.template is None
                await approval(campaign.application_id, one.body, field=field, final=final)

    async def segments_of(self, application_id: UUID, targeting: Targeting) -> Mapping[UUID, Predicate]:
        """The saved segments that the targeting names. Raise NotFound, naming the place, for one that is not there."""
        segments: Mapping[UUID, Predicate] = {}
        if targeting.segment_ids:
            segments = await self.segments.predicates(application_id, targeting.segment_ids)
        targeting.resolve(segments)
        return segments


def targeting_of(plan: CampaignPlan) -> Targeting:
    """Raise InvalidInput when nobody is named."""
    if not plan.targeting_criteria:
        raise InvalidInput(
            "the campaign is for nobody",
            field="targeting_criteria",
            fix='name segments or predicates; for everybody send {"include": [{"everyone": true}]}',
        )
    return parse_targeting(dict(plan.targeting_criteria))


def advertising_of(application: Application, plan: CampaignPlan) -> AdvertisingRules | None:
    """The application's rules, when the campaign is advertising. Raise InvalidInput when it has set up none."""
    if not plan.advertising:
        return None
    option = application.settings.advertising
    if option is None:
        raise InvalidInput(
            "the application says nowhere how its advertising is worded",
            field="advertising",
            fix="set settings.advertising of the application first",
        )
    rules = advertising_from_json(dict(option), field="settings.advertising")
    plan.timing.check_advertising(rules, field="")
    return rules
