"""What can be said against a plan as soon as it is saved: its own content, its targeting, the option of advertising."""

from __future__ import annotations

import attrs

from application.campaigns.circumstances import ReadCircumstances, advertising_of
from domain.applications.application import Application
from domain.audience.segment.targeting import parse_targeting
from domain.campaigns.plan import CampaignPlan
from domain.shared.errors import InvalidInput


@attrs.frozen(kw_only=True)
class CheckPlan:
    circumstances: ReadCircumstances

    async def __call__(self, application: Application, plan: CampaignPlan) -> None:
        """Raise InvalidInput naming the field, NotFound for a segment or template that is not the application's."""
        self.circumstances.resolve_content.check(plan)
        keys = [topic.key for topic in application.settings.topics]
        if plan.topic is not None and plan.topic not in keys:
            raise InvalidInput(
                "the application has no such topic",
                field="topic",
                fix=f"use one of {', '.join(keys)}" if keys else "set the application's topics first",
            )
        rules = advertising_of(application, plan)
        if plan.template_id is not None:
            await self.circumstances.resolve_content(application.id, plan, rules)
        elif rules is not None and plan.bodies():
            rules.check_channels(plan.bodies(), field="advertising")
        if plan.targeting_criteria:
            targeting = parse_targeting(dict(plan.targeting_criteria))
            await self.circumstances.segments_of(application.id, targeting)
