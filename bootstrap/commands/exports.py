"""`exports create|status|download`: files of many rows from the command line."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, TypeVar
from uuid import UUID

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from application.reports.commands import (
    CreateExportCommand,
    DownloadCommand,
    ExportCommand,
    ListExportsCommand,
)
from application.reports.read_exports import LinkedExport
from bootstrap.commands.environment import located, settings_for
from bootstrap.commands.moments import moment
from bootstrap.node import Node, open_node
from domain.reports.columns import Format, Subject
from domain.reports.export import Export, ExportState
from entrypoints.cli.failures import LATE, USAGE, WRONG, CommandFailed
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import help_text

LOOK_EVERY: Final = 0.25
"""Seconds between looks at an export that is being written."""
Name = TypeVar("Name", Subject, Format)
SCHEDULER_STEP: Final = "a scheduler writes it: see that one runs; `exports status` tells how far it is"

Application = Annotated[UUID, typer.Option("--application", help=help_text("exports_application"))]
Which = Annotated[UUID, typer.Option("--export", help=help_text("export"))]
Folder = Annotated[Path | None, typer.Option("--folder", help=help_text("folder"))]
Machine = Annotated[bool, typer.Option("--json", help=help_text("json"))]
Output = Annotated[Path | None, typer.Option("--output", help=help_text("output"))]
Force = Annotated[bool, typer.Option("--force", help=help_text("overwrite"))]


def register_exports(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help=help_text("exports"), no_args_is_help=True)
    app.add_typer(group, name="exports")

    @group.command(help=help_text("exports_create"))
    def create(
        application: Application,
        subject: Annotated[str, typer.Option("--subject", help=help_text("subject"))],
        format: Annotated[str, typer.Option("--format", help=help_text("format"))] = "csv",
        since: Annotated[str | None, typer.Option("--since", help=help_text("export_since"))] = None,
        until: Annotated[str | None, typer.Option("--until", help=help_text("until"))] = None,
        campaign: Annotated[UUID | None, typer.Option("--campaign", help=help_text("export_campaign"))] = None,
        bom: Annotated[bool, typer.Option("--bom", help=help_text("bom"))] = False,
        output: Output = None,
        force: Force = False,
        timeout: Annotated[float, typer.Option("--timeout", min=1, help=help_text("export_timeout"))] = 3600,
        folder: Folder = None,
        as_json: Machine = False,
    ) -> None:  # fmt: skip
        terminal = Terminal.current(machine=as_json)
        command = CreateExportCommand(
            application_id=application,
            subject=_named(Subject, subject, "--subject"),
            format=_named(Format, format, "--format"),
            since=moment(since, "--since"),
            until=moment(until, "--until"),
            campaign_id=campaign,
            bom=bom,
            created_by="command line",
        )
        if output is not None:
            _check_free(output, force)
        asyncio.run(_create(terminal, folder, command, output, timeout))

    @group.command(help=help_text("exports_status"))
    def status(
        application: Application,
        export: Annotated[UUID | None, typer.Option("--export", help=help_text("export"))] = None,
        folder: Folder = None,
        as_json: Machine = False,
    ) -> None:
        terminal = Terminal.current(machine=as_json)
        found = asyncio.run(_read(folder, application, export))
        if as_json and export is not None:
            terminal.document(document(found[0]))
        elif as_json:
            terminal.document({"exports": [document(one) for one in found]})
        else:
            _table(terminal, found)
        if export is not None and found[0].state is ExportState.FAILED:
            raise CommandFailed(found[0].failure or "", exit_code=WRONG)

    @group.command(help=help_text("exports_download"))
    def download(
        application: Application,
        export: Which,
        output: Annotated[Path, typer.Option("--output", help=help_text("output"))],
        force: Force = False,
        folder: Folder = None,
        as_json: Machine = False,
    ) -> None:
        terminal = Terminal.current(machine=as_json)
        _check_free(output, force)
        asyncio.run(
            _download(terminal, folder, ExportCommand(application_id=application, export_id=export), output)
        )


async def _create(
    terminal: Terminal, folder: Path | None, command: CreateExportCommand, output: Path | None, timeout: float
) -> None:
    async with _node(folder) as node:
        export = await node.use_cases.create_export()(command)
        named = {"subject": command.subject.value, "format": command.format.value, "id": export.id}
        if output is None:
            if terminal.machine:
                terminal.document(document(export))
            else:
                terminal.line(terminal.text("exports.asked", **named))
            return
        terminal.say("exports.asked", **named)
        wanted = ExportCommand(application_id=command.application_id, export_id=export.id)
        await _wait(terminal, node, wanted, timeout)
        await _fetch(terminal, node, wanted, output)


async def _download(terminal: Terminal, folder: Path | None, wanted: ExportCommand, output: Path) -> None:
    async with _node(folder) as node:
        await _fetch(terminal, node, wanted, output)


async def _read(folder: Path | None, application: UUID, export: UUID | None) -> list[Export]:
    async with _node(folder) as node:
        if export is not None:
            command = ExportCommand(application_id=application, export_id=export)
            return [(await node.use_cases.read_export()(command)).export]
        page = await node.use_cases.list_exports()(ListExportsCommand(application_id=application))
        return [one.export for one in page.items]


async def _wait(terminal: Terminal, node: Node, wanted: ExportCommand, timeout: float) -> None:
    """Until it is ready. Raise CommandFailed when it failed, or is not ready in time."""
    until = time.monotonic() + timeout
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=terminal.err, disable=terminal.machine) as bars:
        bar = bars.add_task(terminal.text("exports.writing"), total=1.0)
        while (found := (await node.use_cases.read_export()(wanted)).export).state is not ExportState.READY:
            if found.state is ExportState.FAILED:
                raise CommandFailed(found.failure or "", exit_code=WRONG)
            if time.monotonic() > until:
                raise CommandFailed(
                    f"export {found.id} is {found.state.value}", next_step=SCHEDULER_STEP, exit_code=LATE
                )
            bars.update(bar, completed=found.done_share)
            await asyncio.sleep(LOOK_EVERY)
        bars.update(bar, completed=1.0)


async def _fetch(terminal: Terminal, node: Node, wanted: ExportCommand, output: Path) -> None:
    """The file, piece after piece, under another name until all of it is there."""
    found: LinkedExport = await node.use_cases.read_export()(wanted)
    if found.link is None:
        raise CommandFailed(
            f"export {wanted.export_id} is {found.export.state.value}",
            next_step=SCHEDULER_STEP,
            exit_code=WRONG,
        )
    command = DownloadCommand(
        export_id=wanted.export_id, expires=found.link.expires, signature=found.link.signature
    )
    export, pieces = await node.use_cases.download_export()(command)
    part = output.with_name(output.name + ".part")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    try:
        with (
            Progress(*columns, console=terminal.err, disable=terminal.machine) as bars,
            part.open("wb") as file,
        ):
            bar = bars.add_task(terminal.text("exports.fetching"), total=export.bytes)
            async for piece in pieces:
                file.write(piece)
                bars.advance(bar, len(piece))
        if part.stat().st_size != export.bytes:
            raise CommandFailed("the file was removed while it was fetched", next_step="ask for it again")
        os.replace(part, output)
    finally:
        part.unlink(missing_ok=True)
    if terminal.machine:
        terminal.document({**document(export), "file": str(output)})
    else:
        told = {"rows": f"{export.rows:,}", "bytes": f"{export.bytes:,}", "file": output}
        terminal.line(terminal.text("exports.fetched", **told))


def _check_free(output: Path, force: bool) -> None:
    if output.is_dir() or not output.parent.is_dir():
        raise CommandFailed(f"--output: {output} cannot be a file", next_step="name a file", exit_code=USAGE)
    if output.exists() and not force:
        raise CommandFailed(
            f"--output: {output} is there", next_step="name another, or add --force", exit_code=USAGE
        )


def _named(kind: type[Name], text: str, option: str) -> Name:
    for one in kind:
        if one.value == text:
            return one
    raise CommandFailed(
        f"{option}: {text[:100]!r}", next_step=f"use {', '.join(one.value for one in kind)}", exit_code=USAGE
    )


@asynccontextmanager
async def _node(folder: Path | None) -> AsyncIterator[Node]:
    async with open_node(located(settings_for(folder)), "command") as node:
        yield node


def document(export: Export) -> dict[str, object]:
    """An export for machines, as REST tells it."""
    report = export.report

    def text(at: datetime | None) -> str | None:
        return None if at is None else at.isoformat().replace("+00:00", "Z")

    return {
        "id": str(export.id),
        "application_id": str(report.application_id),
        "subject": report.subject.value,
        "format": report.format.value,
        "since": text(report.since),
        "until": text(report.until),
        "campaign_id": None if report.campaign_id is None else str(report.campaign_id),
        "state": export.state.value,
        "progress": round(export.done_share, 4),
        "rows": export.rows,
        "bytes": export.bytes,
        "failure": export.failure,
        "created_at": text(export.created_at),
        "ended_at": text(export.ended_at),
        "expires_at": text(export.expires_at),
    }


def _table(terminal: Terminal, found: list[Export]) -> None:
    names = ("id", "subject", "format", "state", "progress", "rows", "bytes")
    terminal.table(
        "",
        [terminal.text(f"exports.{name}") for name in names],
        [
            [
                str(one.id), one.report.subject.value, one.report.format.value, one.state.value,
                f"{one.done_share:.0%}", f"{one.rows:,}", f"{one.bytes:,}",
            ]
            for one in found
        ],
    )  # fmt: skip
