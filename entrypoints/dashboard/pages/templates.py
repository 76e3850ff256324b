"""Templates: the list, one template with its versions, and what differs between two of them."""

from __future__ import annotations

from typing import Final

from application.templates.commands import (
    ActivateVersionCommand,
    ArchiveTemplateCommand,
    CompareVersionsCommand,
    ListTemplatesCommand,
    ListVersionsCommand,
    ReadTemplateCommand,
)
from domain.operators.roles import Right
from domain.shared.channels import Channel
from domain.shared.errors import NotFound
from entrypoints.dashboard.visit import Action, Changed, Page, Shown, Visit

START: Final = "/dashboard/apps/{application_id}/templates"
TEMPLATE: Final = START + "/{template_id}"


async def list_templates(visit: Visit) -> Shown:
    page = await visit.use_cases.list_templates(
        ListTemplatesCommand(application_id=visit.app.id, cursor=visit.query("cursor"), limit=50)
    )
    return Shown("templates.html", {"page": page})


async def show_template(visit: Visit) -> Shown:
    command = ReadTemplateCommand(application_id=visit.app.id, template_id=visit.path_id("template_id"))
    template, version = await visit.use_cases.read_template(command)
    versions = await visit.use_cases.list_template_versions(
        ListVersionsCommand(
            application_id=visit.app.id, template_id=template.id, cursor=visit.query("cursor"), limit=20
        )
    )
    shown = number(visit.query("version")) or template.latest_version
    compared = await visit.use_cases.compare_template_versions(
        CompareVersionsCommand(
            application_id=visit.app.id,
            template_id=template.id,
            version=shown,
            against=number(visit.query("against")),
        )
    )
    return Shown(
        "template.html",
        {
            "template": template,
            "version": version,
            "versions": versions,
            "compared": compared,
            "channels": [one.wire for one in Channel],
            "sent": None,
        },
    )


async def activate(visit: Visit) -> Changed:
    id, wanted = visit.path_id("template_id"), number(visit.path("version"))
    if wanted is None:
        raise NotFound("there is no such version")
    before, _ = await visit.use_cases.read_template(
        ReadTemplateCommand(application_id=visit.app.id, template_id=id)
    )
    after, _ = await visit.use_cases.activate_template_version(
        ActivateVersionCommand(application_id=visit.app.id, template_id=id, version=wanted)
    )
    return Changed(
        location=f"{visit.app_url}/templates/{id}",
        subject=after.name,
        before={"version": before.version},
        after={"version": after.version},
    )


async def archive(visit: Visit) -> Changed:
    id = visit.path_id("template_id")
    before, _ = await visit.use_cases.read_template(
        ReadTemplateCommand(application_id=visit.app.id, template_id=id)
    )
    await visit.use_cases.archive_template(
        ArchiveTemplateCommand(application_id=visit.app.id, template_id=id)
    )
    return Changed(
        location=f"{visit.app_url}/templates",
        note="removed",
        subject=before.name,
        before={"is_archived": False},
        after={"is_archived": True},
    )


def number(text: str | None) -> int | None:
    """A version's number; None without one. Raise NotFound for what can be none."""
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 5:
        raise NotFound("there is no such version")
    return int(text)


PAGES: Final = (
    Page(path=START, section="templates", show=list_templates),
    Page(path=TEMPLATE, section="templates", show=show_template),
)
ACTIONS: Final = (
    Action(
        path=TEMPLATE + "/versions/{version}/activate",
        section="templates",
        name="template.activate",
        right=Right.CAMPAIGNS,
        perform=activate,
        again=show_template,
    ),
    Action(
        path=TEMPLATE + "/archive",
        section="templates",
        name="template.archive",
        right=Right.CAMPAIGNS,
        perform=archive,
        again=show_template,
    ),
)
