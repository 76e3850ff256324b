"""`run`: one role of a node, as production starts it."""

from __future__ import annotations

import typer

from bootstrap.roles import PARTS
from bootstrap.run_role import run_role
from bootstrap.settings import Settings
from entrypoints.cli.texts import help_text


def register_run(app: typer.Typer) -> None:
    """Add `run` to the command line."""

    @app.command(help=help_text("run"))
    def run(role: str = typer.Argument(help=" | ".join(PARTS))) -> None:
        if role not in PARTS:
            raise typer.BadParameter(f"{role!r} is no role; use one of {', '.join(PARTS)}")
        settings = Settings()
        if settings.database_url is None or settings.nats_url is None:
            raise typer.BadParameter(
                "DATABASE_URL and NATS_URL must be set; `automata-signal up` needs neither"
            )
        run_role(role, settings)
