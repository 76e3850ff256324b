"""Reports as files: small ones at once, large ones as exports that are written beside and fetched by a signed link."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from application.reports.commands import (
    CreateExportCommand,
    DownloadCommand,
    ExportCommand,
    ListExportsCommand,
    ReportCommand,
)
from application.reports.read_exports import LinkedExport
from domain.applications.scopes import Scope
from domain.reports.columns import MEDIA_TYPES, Format, Subject
from domain.reports.export import Report
from entrypoints.http.decoding import In, Out, utc
from entrypoints.http.route import Access, Call, Reply, Route
from entrypoints.http.wire import PageQuery, Timestamp
from entrypoints.rest.use_cases import RestUseCases

SubjectName = Literal["messages", "recipients", "events", "subscriptions", "ledger", "statistics"]
FormatName = Literal["csv", "ndjson", "parquet"]
StateName = Literal["waiting", "running", "ready", "failed"]
Bom = Annotated[bool, Meta(description="Begin a CSV with a byte order mark, for Excel")]
FILES = tuple(MEDIA_TYPES.values())
PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class ExportIn(In):
    """What to write; without times everything until now."""

    subject: SubjectName
    format: FormatName = "csv"
    since: Timestamp | None = None
    until: Timestamp | None = None
    campaign_id: UUID | None = None
    bom: Bom = False


class ReportQuery(In):
    """The same of a report that is answered at once."""

    subject: SubjectName = "messages"
    format: Literal["csv", "ndjson"] = "csv"
    since: Timestamp | None = None
    until: Timestamp | None = None
    campaign_id: UUID | None = None
    bom: Bom = False


class DownloadQuery(In):
    """From the link."""

    expires: Annotated[int, Meta(ge=0, le=99_999_999_999)] = 0
    signature: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")] = ""


class ExportOut(Out):
    """An export and how far it is; `download_url` is there when it is ready, and good for an hour."""

    id: UUID
    application_id: UUID
    subject: SubjectName
    format: FormatName
    since: Timestamp
    until: Timestamp
    campaign_id: UUID | None
    state: StateName
    progress: Annotated[float, Meta(ge=0, le=1)]
    rows: int
    bytes: int
    failure: str | None
    created_at: Timestamp
    created_by: str
    started_at: Timestamp | None
    ended_at: Timestamp | None
    expires_at: Annotated[Timestamp | None, Meta(description="The file is removed then")]
    download_url: str | None


class ExportPage(Out):
    """Newest first."""

    items: list[ExportOut]
    next_cursor: str | None


def _out(found: LinkedExport) -> ExportOut:
    export, report, link = found.export, found.export.report, found.link
    return ExportOut(
        id=export.id,
        application_id=report.application_id,
        subject=report.subject.value,
        format=report.format.value,
        since=report.since,
        until=report.until,
        campaign_id=report.campaign_id,
        state=export.state.value,
        progress=round(export.done_share, 4),
        rows=export.rows,
        bytes=export.bytes,
        failure=export.failure,
        created_at=export.created_at,
        created_by=export.created_by,
        started_at=export.started_at,
        ended_at=export.ended_at,
        expires_at=export.expires_at,
        download_url=None
        if link is None
        else f"/v1/exports/{export.id}/file?expires={link.expires}&signature={link.signature}",
    )


async def create_export(use_cases: RestUseCases, call: Call) -> Reply:
    """POST /v1/exports"""
    body: ExportIn = call.body
    export = await use_cases.create_export(
        CreateExportCommand(
            application_id=call.application_id,
            subject=Subject(body.subject),
            format=Format(body.format),
            since=None if body.since is None else utc(body.since, field="since"),
            until=None if body.until is None else utc(body.until, field="until"),
            campaign_id=body.campaign_id,
            bom=body.bom,
            created_by=call.caller.identity.key_id,
        )
    )
    return Reply(_out(LinkedExport(export, None)), status=202)


async def list_exports(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/exports"""
    query: PageQuery = call.query
    page = await use_cases.list_exports(
        ListExportsCommand(application_id=call.application_id, cursor=query.cursor, limit=query.limit)
    )
    return Reply(ExportPage(items=[_out(one) for one in page.items], next_cursor=page.next_cursor))


async def read_export(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/exports/{export_id}"""
    return Reply(_out(await use_cases.read_export(_command(call))))


async def remove_export(use_cases: RestUseCases, call: Call) -> Reply:
    """DELETE /v1/exports/{export_id}"""
    await use_cases.remove_export(_command(call))
    return Reply(status=204)


async def download_export(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/exports/{export_id}/file"""
    query: DownloadQuery = call.query
    export, pieces = await use_cases.download_export(
        DownloadCommand(export_id=call.path["export_id"], expires=query.expires, signature=query.signature)
    )
    return _file(export.report, pieces)


async def read_report(use_cases: RestUseCases, call: Call) -> Reply:
    """GET /v1/reports"""
    query: ReportQuery = call.query
    found = await use_cases.stream_report(
        ReportCommand(
            application_id=call.application_id,
            subject=Subject(query.subject),
            format=Format(query.format),
            since=None if query.since is None else utc(query.since, field="since"),
            until=None if query.until is None else utc(query.until, field="until"),
            campaign_id=query.campaign_id,
            bom=query.bom,
        )
    )
    return _file(found.report, _each(found.pieces))


def _command(call: Call) -> ExportCommand:
    return ExportCommand(application_id=call.application_id, export_id=call.path["export_id"])


def _file(report: Report, pieces: AsyncIterator[bytes]) -> Reply:
    name = f"{report.subject}-{report.until:%Y%m%d}.{report.format}"
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Reply(headers=headers, stream=pieces, media_type=report.format.media_type)


async def _each(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


ROUTES: tuple[Route[RestUseCases], ...] = (
    Route(
        method="POST",
        path="/v1/exports",
        name="create_export",
        tag="reports",
        summary="Have a file of many rows written",
        description="Ask with GET how far it is. No token, address or content stands in any file.",
        scope=Scope.EXPORTS_WRITE,
        body=ExportIn,
        replies={202: ExportOut},
        errors=frozenset({409}),
        handler=create_export,
    ),
    Route(
        method="GET",
        path="/v1/exports",
        name="list_exports",
        tag="reports",
        summary="List exports, newest first",
        scope=Scope.EXPORTS_WRITE,
        query=PageQuery,
        replies={200: ExportPage},
        handler=list_exports,
    ),
    Route(
        method="GET",
        path="/v1/exports/{export_id}",
        name="read_export",
        tag="reports",
        summary="Read how far an export is, and its link",
        scope=Scope.EXPORTS_WRITE,
        replies={200: ExportOut},
        handler=read_export,
    ),
    Route(
        method="DELETE",
        path="/v1/exports/{export_id}",
        name="remove_export",
        tag="reports",
        summary="Remove an export and its file",
        scope=Scope.EXPORTS_WRITE,
        replies={204: None},
        handler=remove_export,
    ),
    Route(
        method="GET",
        path="/v1/exports/{export_id}/file",
        name="download_export",
        tag="reports",
        summary="Fetch a file by its signed link",
        description="Needs no key: whoever has the link has the file, for an hour.",
        access=Access.PUBLIC,
        query=DownloadQuery,
        replies={200: None},
        files=FILES,
        handler=download_export,
    ),
    Route(
        method="GET",
        path="/v1/reports",
        name="read_report",
        tag="reports",
        summary="A file of up to 20,000 rows, at once",
        description="Recipients are those of a campaign, which has to be named. More than that: POST /v1/exports.",
        scope=Scope.EXPORTS_WRITE,
        query=ReportQuery,
        replies={200: None},
        files=FILES[:2],
        handler=read_report,
    ),
)
