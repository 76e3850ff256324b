"""`analytics totals|series|funnel|check`: figures from the command line, and the proof that they are exact."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from application.analytics.commands import CheckFiguresCommand, FiguresCommand
from application.analytics.figures import Figures, Group
from application.analytics.read_funnel import Funnel
from application.analytics.read_series import Series
from application.analytics.read_totals import Totals
from application.ports.analytics import Recount
from bootstrap.commands.environment import located, settings_for
from bootstrap.commands.moments import moment
from bootstrap.node import open_node
from domain.analytics.dimension import parse_groupings
from domain.analytics.period import Granularity, Period
from entrypoints.cli.failures import USAGE, WRONG, CommandFailed
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import help_text

SHOWN = ("accepted", "sent", "failed", "received", "converted")
TOLD = (*SHOWN, "errored", "retried", "canceled", "displayed", "clicked", "dismissed", "reported")
RATES = ("success_rate", "received_rate", "conversion_rate", "open_rate")

Application = Annotated[UUID, typer.Option("--application", help=help_text("analytics_application"))]
Since = Annotated[str | None, typer.Option("--since", help=help_text("since"))]
Until = Annotated[str | None, typer.Option("--until", help=help_text("until"))]
Zone = Annotated[str | None, typer.Option("--zone", help=help_text("zone"))]
By = Annotated[str | None, typer.Option("--by", help=help_text("by"))]
Folder = Annotated[Path | None, typer.Option("--folder", help=help_text("folder"))]
Machine = Annotated[bool, typer.Option("--json", help=help_text("json"))]


def register_analytics(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help=help_text("analytics"), no_args_is_help=True)
    app.add_typer(group, name="analytics")

    @group.command(help=help_text("analytics_totals"))
    def totals(
        application: Application, since: Since = None, until: Until = None, zone: Zone = None, by: By = None,
        folder: Folder = None, as_json: Machine = False,
    ) -> None:  # fmt: skip
        terminal = Terminal.current(machine=as_json)
        command = _command(application, since, until, zone, Granularity.DAY, by)
        found = asyncio.run(_totals(folder, command))
        if as_json:
            terminal.document(
                {
                    "period": _period(found.period),
                    "total": figures_document(found.total),
                    "groups": [_group(one) for one in found.groups],
                    "truncated": found.truncated,
                }
            )
        else:
            whole = Group(None, {}, found.total)
            _table(terminal, [*found.groups, whole])

    @group.command(help=help_text("analytics_series"))
    def series(
        application: Application, since: Since = None, until: Until = None, zone: Zone = None, by: By = None,
        granularity: Annotated[str, typer.Option("--granularity", help=help_text("granularity"))] = "day",
        folder: Folder = None, as_json: Machine = False,
    ) -> None:  # fmt: skip
        terminal = Terminal.current(machine=as_json)
        command = _command(application, since, until, zone, _granularity(granularity), by)
        found = asyncio.run(_series(folder, command))
        if as_json:
            points = [{"at": _text(one.bucket), **_group(one)} for one in found.points]
            terminal.document({"period": _period(found.period), "points": points})
        else:
            _table(terminal, found.points)

    @group.command(help=help_text("analytics_funnel"))
    def funnel(
        application: Application, since: Since = None, until: Until = None, zone: Zone = None,
        folder: Folder = None, as_json: Machine = False,
    ) -> None:  # fmt: skip
        terminal = Terminal.current(machine=as_json)
        command = _command(application, since, until, zone, Granularity.DAY, None)
        found = asyncio.run(_funnel(folder, command))
        if as_json:
            terminal.document(funnel_document(found))
        else:
            _table(terminal, [Group(None, {}, found.figures)])
            if found.mean_seconds_to_open is not None:
                within = found.median_within_seconds or "∞"
                terminal.line(
                    terminal.text("analytics.to_open", mean=found.mean_seconds_to_open, median=within)
                )

    @group.command(help=help_text("analytics_check"))
    def check(
        application: Annotated[
            UUID | None, typer.Option("--application", help=help_text("application"))
        ] = None,
        folder: Folder = None,
        as_json: Machine = False,
    ) -> None:
        terminal = Terminal.current(machine=as_json)
        found = asyncio.run(_check(folder, application))
        if as_json:
            terminal.document(recount_document(found))
        else:
            _show_recount(terminal, found)
        if found.mismatches:
            raise typer.Exit(WRONG)


def _command(
    application: UUID,
    since: str | None,
    until: str | None,
    zone: str | None,
    granularity: Granularity,
    by: str | None,
) -> FiguresCommand:
    return FiguresCommand(
        application_id=application,
        since=moment(since, "--since"),
        until=moment(until, "--until"),
        zone=zone,
        granularity=granularity,
        group_by=parse_groupings(by),
    )


def _granularity(name: str) -> Granularity:
    try:
        return Granularity(name)
    except ValueError:
        raise CommandFailed(
            f"--granularity: {name!r}", next_step=f"use {', '.join(Granularity)}", exit_code=USAGE
        ) from None


async def _totals(folder: Path | None, command: FiguresCommand) -> Totals:
    async with open_node(located(settings_for(folder)), "command") as node:
        return await node.use_cases.read_totals()(command)


async def _series(folder: Path | None, command: FiguresCommand) -> Series:
    async with open_node(located(settings_for(folder)), "command") as node:
        return await node.use_cases.read_series()(command)


async def _funnel(folder: Path | None, command: FiguresCommand) -> Funnel:
    async with open_node(located(settings_for(folder)), "command") as node:
        return await node.use_cases.read_funnel()(command)


async def _check(folder: Path | None, application: UUID | None) -> Recount:
    async with open_node(located(settings_for(folder)), "command") as node:
        return await node.use_cases.check_figures()(CheckFiguresCommand(application_id=application))


def figures_document(one: Figures) -> dict[str, object]:
    """Figures for machines."""
    return {name: getattr(one, name) for name in (*TOLD, *RATES)}


def funnel_document(found: Funnel) -> dict[str, object]:
    """The funnel for machines."""
    return {
        "period": _period(found.period),
        "figures": figures_document(found.figures),
        "mean_seconds_to_open": found.mean_seconds_to_open,
        "median_within_seconds": found.median_within_seconds,
        "open_times": [
            {"until_seconds": one.until_seconds, "messages": one.messages} for one in found.open_times
        ],
    }


def recount_document(found: Recount) -> dict[str, object]:
    """The proof for machines."""
    return {
        "exact": not found.mismatches,
        "complete": found.complete,
        "applications": found.applications,
        "events": found.events,
        "unfolded": found.unfolded,
        "mismatches": [
            {
                "application_id": str(one.application_id),
                "hour": _text(one.hour),
                "type": one.type,
                "campaign_id": str(one.campaign_id) if one.campaign_id.int else None,
                "event_type": one.event_type.wire,
                "reason": one.reason,
                "counted": one.counted,
                "found": one.found,
            }
            for one in found.mismatches
        ],
    }


def _group(one: Group) -> dict[str, object]:
    return {
        "group": {dimension.value: value for dimension, value in one.keys.items()},
        "figures": figures_document(one.figures),
    }


def _period(period: Period) -> dict[str, object]:
    return {
        "since": _text(period.since),
        "until": _text(period.until),
        "zone": period.zone,
        "granularity": period.granularity.value,
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _table(terminal: Terminal, rows: Sequence[Group]) -> None:
    def label(one: Group) -> str:
        parts = [f"{one.bucket:%Y-%m-%d %H:%M}Z"] if one.bucket else []
        parts += [value or "-" for value in one.keys.values()]
        return "  ".join(parts) or terminal.text("analytics.all")

    def rate(value: float | None) -> str:
        return "-" if value is None else f"{value:.1%}"

    terminal.table(
        "",
        [terminal.text(f"analytics.{name}") for name in ("at", *SHOWN, "open_rate")],
        [
            [label(one), *(f"{getattr(one.figures, name):,}" for name in SHOWN), rate(one.figures.open_rate)]
            for one in rows
        ],
    )


def _show_recount(terminal: Terminal, found: Recount) -> None:
    for one in found.mismatches:
        terminal.line(
            f"✗ {one.application_id} {one.hour or '-'} {one.event_type.wire} {one.reason}: {one.counted} ≠ {one.found}"
        )
    if not found.complete:
        terminal.line(terminal.text("analytics.partial"))
    if found.mismatches:
        terminal.line(terminal.text("analytics.wrong", count=len(found.mismatches)))
    else:
        terminal.line(
            terminal.text("analytics.exact", events=f"{found.events:,}", applications=found.applications)
        )
