"""The command `sdk-bench`: a fleet of simulated devices against the client API."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import typer

from bootstrap.bench.progress import stages
from bootstrap.bench.tables import show
from bootstrap.sdk_bench.bench import SdkPlan, run_sdk_bench


def register_sdk_bench(app: typer.Typer) -> None:
    """Add `sdk-bench` to the command line."""

    @app.command("sdk-bench")
    def sdk_bench(
        installs: int = typer.Option(10_000, min=10, help="simulated devices that register"),
        clients: int = typer.Option(128, min=1, max=2_000, help="of them at once"),
        channels: int = typer.Option(1_000, min=1, help="devices that log in and add three channels"),
        receipts: int = typer.Option(50_000, min=100, help="events, in batches of a hundred"),
        sessions: int = typer.Option(20, min=0, help="of the SDK itself on the Dart VM; 0: none"),
        folder: str = typer.Option("", help="on the disk to measure [default: for temporary files]"),
        as_json: bool = typer.Option(False, "--json", help="print one JSON document"),
    ) -> None:
        """Measure the app side: registrations, logins, channels and receipts of a fleet, and the SDK's own times."""
        with stages() as bars:
            report = run_sdk_bench(
                SdkPlan(
                    folder=Path(tempfile.mkdtemp(prefix="signal-sdk-bench-", dir=folder or None)),
                    installs=installs,
                    clients=clients,
                    channels=min(channels, installs),
                    receipts=min(receipts, installs * 100),
                    sessions=sessions,
                ),
                bars,
            )
        if as_json:
            typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            show(report)
