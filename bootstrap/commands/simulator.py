"""`simulator`: the provider simulator alone, in this process."""

from __future__ import annotations

from pathlib import Path

import typer

from entrypoints.cli.failures import USAGE, CommandFailed
from entrypoints.cli.texts import help_text
from entrypoints.simulator.main import run
from entrypoints.simulator.settings import SimulatorSettings


def register_simulator(app: typer.Typer) -> None:
    """Add `simulator` to the command line."""

    @app.command(help=help_text("simulator"))
    def simulator(
        folder: Path = typer.Option(Path("var/simulator"), help=help_text("simulator_folder")),
        host: str = typer.Option("127.0.0.1"),
        production_port: int = typer.Option(0, min=0, max=65_535, help=help_text("any_port")),
        sandbox_port: int = typer.Option(0, min=0, max=65_535, help=help_text("any_port")),
        fault_port: int = typer.Option(0, min=0, max=65_535, help=help_text("any_port")),
        control_port: int = typer.Option(0, min=0, max=65_535, help=help_text("any_port")),
        smtp_port: int = typer.Option(0, min=0, max=65_535, help=help_text("any_port")),
        smtps_port: int = typer.Option(0, min=0, max=65_535, help=help_text("any_port")),
        behaviour: Path | None = typer.Option(None, help=help_text("behaviour")),
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            run(
                SimulatorSettings(
                    folder=folder,
                    host=host,
                    production_port=production_port,
                    sandbox_port=sandbox_port,
                    fault_port=fault_port,
                    control_port=control_port,
                    smtp_port=smtp_port,
                    smtps_port=smtps_port,
                    behaviour_file=behaviour,
                )
            )
        except ValueError as error:
            raise CommandFailed(
                f"{behaviour}: {error}", next_step="docs/simulator.md lists every field", exit_code=USAGE
            ) from error
