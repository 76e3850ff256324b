"""`ledger check`: the proof that quotas and money add up."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import typer

from application.quota.check_ledger import LedgerReport
from application.quota.commands import CheckLedgerCommand
from bootstrap.commands.environment import located, settings_for
from bootstrap.node import open_node
from bootstrap.settings import Settings
from entrypoints.cli.failures import WRONG
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import help_text


def register_ledger(app: typer.Typer) -> None:
    """Add `ledger check` to the command line."""
    group = typer.Typer(help=help_text("ledger"), no_args_is_help=True)
    app.add_typer(group, name="ledger")

    @group.callback()
    def ledger() -> None:
        return

    @group.command(help=help_text("ledger_check"))
    def check(
        application: UUID | None = typer.Option(None, help=help_text("application")),
        folder: Path | None = typer.Option(None, help=help_text("folder")),
        as_json: bool = typer.Option(False, "--json", help=help_text("json")),
    ) -> None:
        terminal = Terminal.current(machine=as_json)
        report = asyncio.run(_check(located(settings_for(folder)), application))
        if as_json:
            terminal.document(document(report))
        else:
            _show(terminal, report)
        if not report.balanced:
            raise typer.Exit(WRONG)


async def _check(settings: Settings, application: UUID | None) -> LedgerReport:
    async with open_node(settings, "command") as node:
        return await node.use_cases.check_ledger()(CheckLedgerCommand(application_id=application))


def document(report: LedgerReport) -> dict[str, object]:
    """The report for machines."""
    return {
        "balanced": report.balanced,
        "applications": report.applications,
        "windows": report.windows,
        "granted": report.granted,
        "settled": report.settled,
        "released": report.released,
        "open": report.open,
        "truncated": report.truncated,
        "findings": [
            {
                "rule": one.rule.value,
                "application_id": str(one.application_id),
                "subject": one.subject,
                "expected": one.expected,
                "found": one.found,
            }
            for one in report.findings
        ],
    }


def _show(terminal: Terminal, report: LedgerReport) -> None:
    terminal.line(
        terminal.text(
            "ledger.totals",
            applications=report.applications,
            windows=report.windows,
            granted=report.granted,
            settled=report.settled,
            released=report.released,
            open=report.open,
        )
    )
    for one in report.findings:
        terminal.line(f"✗ {one.application_id} {one.rule.value} {one.subject}: {one.expected} ≠ {one.found}")
    if report.balanced:
        terminal.line(terminal.text("ledger.balanced"))
    else:
        terminal.line(terminal.text("ledger.broken", count=len(report.findings)))
