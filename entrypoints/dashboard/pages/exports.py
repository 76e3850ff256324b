"""Files of many rows: asked for, followed while they are written, fetched by a signed link; and monthly statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.responses import RedirectResponse, Response

from application.campaigns.commands import ListCampaignsCommand
from application.reports.commands import (
    CreateExportCommand,
    ExportCommand,
    ListExportsCommand,
    ReadStatementCommand,
)
from application.reports.read_exports import LinkedExport
from domain.operators.roles import Right
from domain.reports.columns import Format, Subject
from domain.reports.export import Export, ExportState
from domain.shared.errors import Conflict, InvalidInput, NotFound
from domain.shared.json_values import Json
from entrypoints.dashboard.days import midnight
from entrypoints.dashboard.use_cases import DashboardUseCases
from entrypoints.dashboard.visit import Action, Changed, Page, Shown, Visit
from entrypoints.dashboard.watching import Ids
from entrypoints.dashboard.wording import Wording
from entrypoints.http.statement_page import PAGE_HEADERS, statement_page

START: Final = "/dashboard/apps/{application_id}/exports"
EXPORT: Final = START + "/{export_id}"
STATEMENT: Final = "/dashboard/apps/{application_id}/statements/{month}"
SHOWN: Final = 20
MONTHS: Final = 12

Name = TypeVar("Name", Subject, Format)


async def show_exports(visit: Visit) -> Shown:
    page = await visit.use_cases.list_exports(
        ListExportsCommand(application_id=visit.app.id, cursor=visit.query("cursor"), limit=SHOWN)
    )
    campaigns = await visit.use_cases.list_campaigns(
        ListCampaignsCommand(application_id=visit.app.id, limit=100)
    )
    return Shown(
        "exports.html",
        {
            "page": page,
            "live": live_exports(page.items, visit.words),
            "subjects": [one.value for one in Subject],
            "formats": [one.value for one in Format],
            "campaigns": [(str(one.id), one.plan.name) for one in campaigns.items if one.launched_at],
            "months": _months(visit),
        },
    )


async def create_export(visit: Visit) -> Changed:
    form = visit.form
    since, until = form.get("from").strip(), form.get("to").strip()
    export = await visit.use_cases.create_export(
        CreateExportCommand(
            application_id=visit.app.id,
            subject=_named(Subject, form.get("subject"), "subject"),
            format=_named(Format, form.get("format"), "format"),
            since=midnight(visit, since, "from") if since else None,
            until=midnight(visit, until, "to", after=True) if until else None,
            campaign_id=_campaign(form.get("campaign_id")),
            bom=form.get("bom") == "yes",
            created_by=visit.operator.email,
        )
    )
    return Changed(
        location=f"{visit.app_url}/exports",
        note="export_asked",
        subject=export.report.subject.value,
        after=_facts(export),
    )


async def remove_export(visit: Visit) -> Changed:
    command = _command(visit)
    found = await visit.use_cases.read_export(command)
    await visit.use_cases.remove_export(command)
    return Changed(
        location=f"{visit.app_url}/exports",
        note="removed",
        subject=found.export.report.subject.value,
        before=_facts(found.export),
    )


async def fetch_export(visit: Visit) -> Changed:
    """The way to the file, by a link that was signed just now; the audit log has who took it."""
    found = await visit.use_cases.read_export(_command(visit))
    if found.link is None:
        raise Conflict("this file cannot be fetched", fix="wait until it is ready, or ask for it again")
    query = f"expires={found.link.expires}&signature={found.link.signature}"
    return Changed(
        subject=found.export.report.subject.value,
        after=_facts(found.export),
        response=RedirectResponse(f"/v1/exports/{found.export.id}/file?{query}", 303),
    )


async def show_statement(visit: Visit) -> Response:
    month = visit.path("month")
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise NotFound("there is no such month") from None
    found = await visit.use_cases.read_statement(
        ReadStatementCommand(application_id=visit.app.id, year=first.year, month=first.month)
    )
    page = statement_page(found, month, visit.words.language)
    return Response(page, media_type="text/html; charset=utf-8", headers=dict(PAGE_HEADERS))


def live_exports(found: Sequence[LinkedExport], words: Wording) -> dict[str, Any]:
    """What the page shows of files that are being written; `status` changes when one of them ends or begins."""
    return {
        "status": " ".join(f"{one.export.id}:{one.export.state.value}" for one in found) or "-",
        "exports": {
            str(one.export.id): {
                "share": round(one.export.done_share * 100),
                "rows": words.number(one.export.rows),
                "size": words.number(one.export.bytes // 1024),
            }
            for one in found
            if one.export.state in (ExportState.WAITING, ExportState.RUNNING)
        },
    }


async def read_live(use_cases: DashboardUseCases, ids: Ids, words: Wording) -> dict[str, Any]:
    """Of the newest exports of an application."""
    command = ListExportsCommand(application_id=ids["application_id"], limit=SHOWN)
    page = await use_cases.list_exports(command)
    return live_exports(page.items, words)


def _months(visit: Visit) -> list[str]:
    """The present month of the application's zone and those before it in which the application was there, newest first."""
    zone = ZoneInfo(visit.app.settings.time_zone)
    now, began = datetime.now(UTC).astimezone(zone), visit.app.created_at.astimezone(zone)
    ordinals = range(now.year * 12 + now.month - 1, began.year * 12 + began.month - 2, -1)
    return [f"{one // 12}-{one % 12 + 1:02}" for one in ordinals[:MONTHS]]


def _command(visit: Visit) -> ExportCommand:
    return ExportCommand(application_id=visit.app.id, export_id=visit.path_id("export_id"))


def _facts(export: Export) -> dict[str, Json]:
    report = export.report
    return {
        "id": str(export.id),
        "subject": report.subject.value,
        "format": report.format.value,
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        "campaign_id": None if report.campaign_id is None else str(report.campaign_id),
        "rows": export.rows,
    }


def _named(kind: type[Name], text: str, field: str) -> Name:
    for one in kind:
        if one.value == text:
            return one
    raise InvalidInput(f"{field} is not known", field=field, fix="choose one of the list")


def _campaign(text: str) -> UUID | None:
    if not text.strip():
        return None
    try:
        return UUID(text.strip())
    except ValueError:
        raise InvalidInput(
            "campaign_id is not an id", field="campaign_id", fix="choose one of the list"
        ) from None


PAGES: Final = (
    Page(path=START, section="exports", show=show_exports),
    Page(path=STATEMENT, section="exports", show=show_statement),
)
ACTIONS: Final = tuple(
    Action(
        path=path,
        section="exports",
        name=name,
        right=Right.EXPORTS,
        perform=perform,
        again=show_exports,
    )
    for path, name, perform in (
        (START, "export.create", create_export),
        (EXPORT + "/remove", "export.remove", remove_export),
        (EXPORT + "/file", "export.fetch", fetch_export),
    )
)
