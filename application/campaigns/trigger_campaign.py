"""Trigger a campaign: one run of it, at once, for its whole audience or for some users of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import attrs

from application.campaigns.commands import TriggerCampaignCommand
from application.ports.campaigns import Campaigns
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from domain.campaigns.campaign import Campaign
from domain.campaigns.plan import MAX_VARIABLES, CampaignPlan, CampaignType
from domain.shared.errors import AlreadyExists, Conflict, InvalidInput
from domain.shared.json_values import Json, check_json, check_line, check_text

MAX_USERS: Final = 1_000
MAX_KEY: Final = 255
MAX_EXTERNAL_ID: Final = 256


@attrs.frozen(slots=True)
class Triggered:
    run: Campaign
    replayed: bool
    """True: an earlier trigger with this key made it."""


@attrs.frozen(kw_only=True)
class TriggerCampaign:
    campaigns: Campaigns
    clock: Clock
    identifiers: Identifiers

    async def __call__(self, command: TriggerCampaignCommand) -> Triggered:
        """The run is launched by the scheduler within moments; what keeps it from that is its `failure_reason`.

        Raise NotFound, InvalidInput naming the field, Conflict for a campaign that waits for no triggers.
        """
        key = str(self.identifiers.one()) if command.key is None else command.key
        check_line(key, field="key", longest=MAX_KEY)
        now = self.clock.now()
        made: list[Campaign] = []

        def trigger(campaign: Campaign) -> Sequence[Campaign]:
            if campaign.plan.campaign_type is not CampaignType.TRIGGERED or campaign.run_of is not None:
                raise Conflict(
                    f"a {campaign.plan.campaign_type} campaign is not triggered",
                    field="campaign_type",
                    fix="make it a triggered campaign",
                )
            plan = narrowed(campaign.plan, command.variables, command.external_ids)
            run = campaign.make_run(self.identifiers.one(), key, plan, now, now, command.actor)
            made[:] = [run]
            return made

        try:
            await self.campaigns.change(command.application_id, command.campaign_id, trigger)
        except AlreadyExists:
            run = await self._earlier(command.application_id, command.campaign_id, key)
            return Triggered(run, replayed=True)
        return Triggered(made[0], replayed=False)

    async def _earlier(self, application_id: UUID, campaign_id: UUID, key: str) -> Campaign:
        run = await self.campaigns.find_run(application_id, campaign_id, key)
        assert run is not None, "a run that exists already is there"
        return run


def narrowed(plan: CampaignPlan, variables: Mapping[str, Json], external_ids: Sequence[str]) -> CampaignPlan:
    """The plan with more variables, for these users only. Raise InvalidInput naming the field."""
    check_json(variables, field="variables")
    merged = {**plan.variables, **variables}
    if len(merged) > MAX_VARIABLES:
        raise InvalidInput(f"{len(merged)} variables", field="variables", fix=f"keep at most {MAX_VARIABLES}")
    changed = attrs.evolve(plan, variables=merged)
    if not external_ids:
        return changed
    if len(external_ids) > MAX_USERS:
        raise InvalidInput(
            f"{len(external_ids)} external ids", field="external_ids", fix=f"name at most {MAX_USERS}"
        )
    for name in external_ids:
        check_text(name, field="external_ids")
        if not 0 < len(name) <= MAX_EXTERNAL_ID:
            raise InvalidInput(
                f"an external id has {len(name)} characters",
                field="external_ids",
                fix=f"use 1 to {MAX_EXTERNAL_ID} characters",
            )
    named: Json = {"field": "external_id", "operator": "in", "value": list(external_ids)}
    before = plan.targeting_criteria.get("exclude")
    excluded: list[Json] = list(before) if isinstance(before, list) else []
    return attrs.evolve(
        changed, targeting_criteria={**plan.targeting_criteria, "exclude": [*excluded, {"not": named}]}
    )
