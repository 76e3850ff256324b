"""Every command of `automata-signal`, each a few lines: what it needs is composed here, what it does lives elsewhere."""

from __future__ import annotations

import typer

from bootstrap.roles import PARTS, run_role
from bootstrap.settings import Settings


def build() -> typer.Typer:
    """The command line application."""
    app = typer.Typer(
        name="automata-signal",
        help="Self-hosted, multi-tenant messaging. 자체 운영하는 멀티테넌트 메시징 플랫폼.",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
    )

    @app.callback()
    def automata_signal() -> None:
        """Self-hosted, multi-tenant messaging. 자체 운영하는 멀티테넌트 메시징 플랫폼."""

    @app.command()
    def run(role: str = typer.Argument(help=f"one of {', '.join(PARTS)}")) -> None:
        """Run one role of a node until SIGTERM (production; DATABASE_URL and NATS_URL must be set)."""
        if role not in PARTS:
            raise typer.BadParameter(f"{role!r} is no role; use one of {', '.join(PARTS)}")
        settings = Settings()
        if settings.database_url is None or settings.nats_url is None:
            raise typer.BadParameter(
                "DATABASE_URL and NATS_URL must be set; `automata-signal up` needs neither"
            )
        run_role(role, settings)

    return app
