"""`hold status` and `hold release`: the hold in which a restored backup starts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import typer

from bootstrap.commands.environment import database_url, located, settings_for
from bootstrap.restore_guard import Hold, read_hold, release_hold
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import help_text


def register_hold(app: typer.Typer) -> None:
    """Add `hold status` and `hold release` to the command line."""
    group = typer.Typer(help=help_text("hold"), no_args_is_help=True)
    app.add_typer(group, name="hold")

    @group.command(help=help_text("hold_status"))
    def status(
        folder: Path | None = typer.Option(None, help=help_text("folder")),
        as_json: bool = typer.Option(False, "--json", help=help_text("json")),
    ) -> None:
        terminal = Terminal.current(machine=as_json)
        hold = asyncio.run(_read(database_url(located(settings_for(folder)))))
        if as_json:
            terminal.document(_document(hold))
        elif hold is None:
            terminal.line(terminal.text("hold.none"))
        else:
            terminal.line(terminal.text("hold.since", since=hold.since.isoformat(), reason=hold.reason))
            terminal.line(terminal.text("hold.waiting", messages=hold.waiting))

    @group.command(help=help_text("hold_release"))
    def release(
        yes: bool = typer.Option(False, "--yes", help=help_text("yes")),
        folder: Path | None = typer.Option(None, help=help_text("folder")),
        as_json: bool = typer.Option(False, "--json", help=help_text("json")),
    ) -> None:
        terminal = Terminal.current(machine=as_json)
        url = database_url(located(settings_for(folder)))
        hold = asyncio.run(_read(url))
        if hold is not None:
            if not (yes or as_json):
                typer.confirm(terminal.text("hold.confirm", messages=hold.waiting), abort=True)
            asyncio.run(_release(url))
        if as_json:
            terminal.document({"released": hold is not None})
        else:
            terminal.line(terminal.text("hold.none" if hold is None else "hold.released"))


def _document(hold: Hold | None) -> dict[str, object]:
    if hold is None:
        return {"on_hold": False}
    return {"on_hold": True, "reason": hold.reason, "since": hold.since.isoformat(), "waiting": hold.waiting}


async def _read(url: str) -> Hold | None:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return await read_hold(connection)
    finally:
        await connection.close()


async def _release(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await release_hold(connection)
    finally:
        await connection.close()
