"""`templates test-send`: a version of a template to the devices that are marked for tests, over the API."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from bootstrap.commands.api_calls import Application, Folder, Key, Machine, Url, call
from bootstrap.commands.json_option import json_object
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import help_text


def register_templates(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help=help_text("templates"), no_args_is_help=True)
    app.add_typer(group, name="templates")

    @group.callback()
    def templates() -> None:
        return

    @group.command("test-send", help=help_text("templates_test_send"))
    def test_send(
        template: Annotated[str, typer.Argument(help=help_text("template"))],
        version: Annotated[
            int | None, typer.Option("--version", min=1, max=2_147_483_647, help=help_text("template_version"))
        ] = None,
        variables: Annotated[str | None, typer.Option("--variables", help=help_text("variables"))] = None,
        channel: Annotated[list[str] | None, typer.Option("--channel", help=help_text("test_channel"))] = None,
        url: Url = None, api_key: Key = None, application: Application = None, folder: Folder = None,
        as_json: Machine = False,
    ) -> None:  # fmt: skip
        terminal = Terminal.current(machine=as_json)
        body: dict[str, Any] = {}
        if version is not None:
            body["version"] = version
        if variables is not None:
            body["variables"] = json_object(variables, "--variables", documented="docs/templates.md")
        if channel:
            body["channels"] = channel
        path = f"/v1/templates/{quote(template, safe='')}/test-sends"
        # Once: whoever is not answered may have sent, and a repeated call is another test.
        sent = call(("POST", path, body), url, api_key, application, folder, attempts=1)
        if as_json:
            terminal.document(sent)
        else:
            show(terminal, sent)


def show(terminal: Terminal, sent: dict[str, Any]) -> None:
    """What was accepted, message by message, and who was left out."""
    terminal.line(terminal.text("templates.sent", version=sent["version"], count=sent["accepted"]))
    for message_id in sent["message_ids"]:
        terminal.line(message_id)
    if sent["left_out"]:
        terminal.table(
            "",
            [terminal.text(f"templates.{name}") for name in ("reason", "devices")],
            [[one["reason"], f"{one['count']:,}"] for one in sent["left_out"]],
        )
