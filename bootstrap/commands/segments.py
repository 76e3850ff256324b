"""`segments count`: how many people a segment has, from the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import typer

from application.ports.segment_members import AudienceCount
from application.segments.commands import CountAudienceCommand, CountSegmentCommand
from bootstrap.commands.environment import located, settings_for
from bootstrap.commands.json_option import json_object
from bootstrap.node import open_node
from bootstrap.settings import Settings
from entrypoints.cli.failures import USAGE, CommandFailed
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import help_text


def register_segments(app: typer.Typer) -> None:
    """Add `segments count` to the command line."""
    group = typer.Typer(help=help_text("segments"), no_args_is_help=True)
    app.add_typer(group, name="segments")

    @group.callback()
    def segments() -> None:
        return

    @group.command(help=help_text("segments_count"))
    def count(
        application: UUID = typer.Option(..., help=help_text("segments_application")),
        segment: UUID | None = typer.Option(None, help=help_text("segment")),
        predicate: str | None = typer.Option(None, help=help_text("predicate")),
        sample: int = typer.Option(0, min=0, max=20, help=help_text("sample")),
        folder: Path | None = typer.Option(None, help=help_text("folder")),
        as_json: bool = typer.Option(False, "--json", help=help_text("json")),
    ) -> None:
        terminal = Terminal.current(machine=as_json)
        if (segment is None) == (predicate is None):
            raise CommandFailed(
                "one of --segment and --predicate is needed", next_step="give one of them", exit_code=USAGE
            )
        settings = located(settings_for(folder))
        if segment is not None:
            command = CountSegmentCommand(application_id=application, segment_id=segment, sample=sample)
            found = asyncio.run(_count_saved(settings, command))
        else:
            inline = CountAudienceCommand(
                application_id=application,
                predicate=json_object(predicate or "", "--predicate", documented="docs/segments.md"),
                sample=sample,
            )
            found = asyncio.run(_count_inline(settings, inline))
        if as_json:
            terminal.document(document(found))
        else:
            _show(terminal, found)


async def _count_saved(settings: Settings, command: CountSegmentCommand) -> AudienceCount:
    async with open_node(settings, "command") as node:
        return await node.use_cases.count_segment()(command)


async def _count_inline(settings: Settings, command: CountAudienceCommand) -> AudienceCount:
    async with open_node(settings, "command") as node:
        return await node.use_cases.count_audience()(command)


def document(count: AudienceCount) -> dict[str, object]:
    """The count for machines."""
    return {
        "total": {"matching": count.total.matching, "subscribed": count.total.subscribed},
        "channels": {
            channel.wire: {"matching": one.matching, "subscribed": one.subscribed}
            for channel, one in count.channels.items()
        },
        "sample": [
            {
                "subscription_id": str(one.subscription_id),
                "type": one.type.wire,
                "subscription_status": one.subscription_status,
                "external_id": one.external_id,
            }
            for one in count.sample
        ],
    }


def _show(terminal: Terminal, count: AudienceCount) -> None:
    rows = [(channel.wire, one) for channel, one in count.channels.items()]
    terminal.table(
        "",
        [terminal.text(f"segments.{name}") for name in ("channel", "matching", "subscribed")],
        [
            [name, f"{one.matching:,}", f"{one.subscribed:,}"]
            for name, one in (*rows, (terminal.text("segments.total"), count.total))
        ],
    )
    for member in count.sample:
        name = member.external_id or "-"
        terminal.line(f"{member.subscription_id}  {member.type.wire}  {member.subscription_status}  {name}")
