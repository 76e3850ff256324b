"""The way of a campaign to its audience: written, tried without sending, launched or scheduled."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import attrs

from application.campaigns.commands import (
    CreateCampaignCommand,
    DryRunCommand,
    DuplicateCampaignCommand,
    LaunchCampaignCommand,
    UpdateCampaignCommand,
)
from application.segments.commands import ListSegmentsCommand
from application.templates.commands import ListTemplatesCommand
from domain.campaigns.plan_json import plan_to_json
from domain.operators.roles import Right
from domain.shared.channels import Channel
from domain.shared.errors import SignalError
from entrypoints.dashboard.pages.campaign_form import fields_of, plan_of
from entrypoints.dashboard.pages.campaigns import CAMPAIGN, START, changed, command_of, facts, show_campaign
from entrypoints.dashboard.visit import Action, Changed, Page, Question, Shown, Visit

SAMPLES: Final = 2
CHOICES: Final = 200


async def new_campaign(visit: Visit) -> Shown:
    return await _form(visit, {}, None)


async def edit_campaign(visit: Visit) -> Shown:
    campaign = await visit.use_cases.read_campaign(command_of(visit))
    campaign.check_editable()
    return await _form(visit, fields_of(campaign), str(campaign.id))


async def create_campaign(visit: Visit) -> Changed:
    made = await visit.use_cases.create_campaign(
        CreateCampaignCommand(
            application_id=visit.app.id,
            actor=visit.operator.email,
            plan=plan_of(visit.form, visit.app.settings.time_zone),
        )
    )
    return Changed(
        location=f"{visit.app_url}/campaigns/{made.id}",
        note="created",
        subject=made.plan.name,
        after={**facts(made), "plan": plan_to_json(made.plan)},
    )


async def update_campaign(visit: Visit) -> Changed:
    before = await visit.use_cases.read_campaign(command_of(visit))
    after = await visit.use_cases.update_campaign(
        UpdateCampaignCommand(
            application_id=visit.app.id,
            campaign_id=before.id,
            changes=plan_of(visit.form, visit.app.settings.time_zone),
        )
    )
    return Changed(
        location=f"{visit.app_url}/campaigns/{after.id}",
        subject=after.plan.name,
        before={"plan": plan_to_json(before.plan)},
        after={"plan": plan_to_json(after.plan)},
    )


async def dry_run(visit: Visit) -> Shown:
    """The campaign's page with what a launch would do; nothing is sent and nothing is launched."""
    shown = await show_campaign(visit)
    command = DryRunCommand(
        application_id=visit.app.id, campaign_id=visit.path_id("campaign_id"), samples=SAMPLES
    )
    try:
        found = await visit.use_cases.dry_run_campaign(command)
    except SignalError as refused:
        visit.failure = refused
        return shown
    return attrs.evolve(shown, values={**shown.values, "dry_run": found})


async def launch(visit: Visit) -> Changed:
    before = await visit.use_cases.read_campaign(command_of(visit))
    after = await visit.use_cases.launch_campaign(
        LaunchCampaignCommand(
            application_id=visit.app.id,
            campaign_id=before.id,
            actor=visit.operator.email,
            fingerprint=visit.form.get("fingerprint") or None,
        )
    )
    return changed(visit, before, after, "launched")


async def schedule(visit: Visit) -> Changed:
    before = await visit.use_cases.read_campaign(command_of(visit))
    return changed(visit, before, await visit.use_cases.schedule_campaign(command_of(visit)), "saved")


async def unschedule(visit: Visit) -> Changed:
    before = await visit.use_cases.read_campaign(command_of(visit))
    return changed(visit, before, await visit.use_cases.unschedule_campaign(command_of(visit)), "saved")


async def duplicate(visit: Visit) -> Changed:
    copy = await visit.use_cases.duplicate_campaign(
        DuplicateCampaignCommand(
            application_id=visit.app.id,
            campaign_id=visit.path_id("campaign_id"),
            actor=visit.operator.email,
        )
    )
    return Changed(
        location=f"{visit.app_url}/campaigns/{copy.id}",
        note="created",
        subject=copy.plan.name,
        after=facts(copy),
    )


async def _form(visit: Visit, fields: dict[str, str], campaign_id: str | None) -> Shown:
    id = visit.app.id
    templates = await visit.use_cases.list_templates(ListTemplatesCommand(application_id=id, limit=CHOICES))
    segments = await visit.use_cases.list_segments(ListSegmentsCommand(application_id=id, limit=CHOICES))
    return Shown(
        "campaign_form.html",
        {
            "fields": defaultdict(str, fields),
            "campaign_id": campaign_id,
            "templates": templates.items,
            "segments": segments.items,
            "channels": [one.wire for one in Channel],
            "chosen_channels": visit.form.all("channel")
            or [one for one in fields.get("channels", "").split(",") if one],
        },
    )


PAGES: Final = (
    Page(path=START + "/new", section="campaigns", show=new_campaign, right=Right.CAMPAIGNS),
    Page(path=CAMPAIGN + "/edit", section="campaigns", show=edit_campaign, right=Right.CAMPAIGNS),
)
QUESTIONS: Final = (
    Question(path=CAMPAIGN + "/dry-run", section="campaigns", right=Right.CAMPAIGNS, answer=dry_run),
)
ACTIONS: Final = (
    Action(
        path=START + "/new",
        section="campaigns",
        name="campaign.create",
        right=Right.CAMPAIGNS,
        perform=create_campaign,
        again=new_campaign,
    ),
    Action(
        path=CAMPAIGN + "/edit",
        section="campaigns",
        name="campaign.update",
        right=Right.CAMPAIGNS,
        perform=update_campaign,
        again=edit_campaign,
    ),
    *(
        Action(
            path=f"{CAMPAIGN}/{name}",
            section="campaigns",
            name=f"campaign.{name}",
            right=Right.CAMPAIGNS,
            perform=perform,
            again=show_campaign,
        )
        for name, perform in (
            ("launch", launch),
            ("schedule", schedule),
            ("unschedule", unschedule),
            ("duplicate", duplicate),
        )
    ),
)
