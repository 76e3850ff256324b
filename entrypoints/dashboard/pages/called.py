"""What campaigns and templates are called: pages show names, and ids of what is gone stay ids."""

from __future__ import annotations

from uuid import UUID

from application.campaigns.commands import CampaignCommand
from application.templates.commands import ReadTemplateCommand
from domain.shared.errors import NotFound
from entrypoints.dashboard.visit import Visit


async def campaign_name(visit: Visit, id: UUID) -> str:
    """The campaign's name, or its id."""
    try:
        command = CampaignCommand(application_id=visit.app.id, campaign_id=id)
        return (await visit.use_cases.read_campaign(command)).plan.name
    except NotFound:
        return str(id)


async def template_name(visit: Visit, id: UUID) -> str:
    """The template's name, or its id."""
    try:
        command = ReadTemplateCommand(application_id=visit.app.id, template_id=id)
        return (await visit.use_cases.read_template(command))[0].name
    except NotFound:
        return str(id)
