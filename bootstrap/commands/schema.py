"""`migrate`: brings the database to this version's schema."""

from __future__ import annotations

from pathlib import Path

import typer

from bootstrap.commands.environment import located, settings_for
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.texts import help_text


def register_migrate(app: typer.Typer) -> None:
    """Add `migrate` to the command line."""

    @app.command(help=help_text("migrate"))
    def migrate(
        folder: Path | None = typer.Option(None, help=help_text("folder")),
        as_json: bool = typer.Option(False, "--json", help=help_text("json")),
    ) -> None:
        terminal = Terminal.current(machine=as_json)
        settings = settings_for(folder)
        url = settings.database_url if settings.database_url is not None else located(settings).database_url
        assert url is not None
        from bootstrap import migrations

        before = migrations.current(url.get_secret_value())
        migrations.upgrade(url.get_secret_value())
        after = migrations.current(url.get_secret_value())
        if as_json:
            terminal.document({"before": before, "after": after})
            return
        terminal.line(terminal.text("migrate.before", revision=before or terminal.text("migrate.none")))
        terminal.line(terminal.text("migrate.after", revision=after))
