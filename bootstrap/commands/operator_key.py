"""`operator-key new`: a further key of the operator, for a rotation or when the first one is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer

from application.applications.commands import IssueKeyCommand
from application.applications.issue_key import IssuedKey
from bootstrap.commands.environment import located, settings_for
from bootstrap.node import open_node
from bootstrap.settings import Settings
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import help_text


def register_operator_key(app: typer.Typer) -> None:
    """Add `operator-key new` to the command line."""
    group = typer.Typer(help=help_text("operator_key"), no_args_is_help=True)
    app.add_typer(group, name="operator-key")

    @group.callback()
    def operator_key() -> None:
        return

    @group.command(help=help_text("operator_key_new"))
    def new(
        label: str = typer.Option("operator", help=help_text("label")),
        folder: Path | None = typer.Option(None, help=help_text("folder")),
        as_json: bool = typer.Option(False, "--json", help=help_text("json")),
    ) -> None:
        terminal = Terminal.current(machine=as_json)
        issued = asyncio.run(_issue(located(settings_for(folder)), label))
        if as_json:
            terminal.document({"id": issued.key.id, "label": issued.key.label, "operator_key": issued.plain})
            return
        terminal.line(issued.plain)
        terminal.say("operator.once")


async def _issue(settings: Settings, label: str) -> IssuedKey:
    async with open_node(settings, "command") as node:
        return await node.use_cases.issue_key()(IssueKeyCommand(application_id=None, label=label))
