"""The command `bench`: options in, JSON or tables out."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import typer

from bootstrap.bench.bench import run_bench
from bootstrap.bench.channel_runs import CHANNELS, channel_bench
from bootstrap.bench.plan import DEFAULT_MESSAGES, Plan
from bootstrap.bench.progress import stages
from bootstrap.bench.tables import show

CHANNEL_MESSAGES = 10_000
LONGEST_WINDOW = 8.0
"""Seconds; --channel mixed has five windows."""


def register_bench(app: typer.Typer) -> None:
    """Add `bench` to the command line."""

    @app.command()
    def bench(
        messages: int | None = typer.Option(
            None, min=10, help=f"messages of the throughput run [default: {DEFAULT_MESSAGES}]"
        ),
        burst: int | None = typer.Option(
            None, min=10, help="accept so many in one go [default: as --messages, 100,000 at most]"
        ),
        rate: float = typer.Option(5_000.0, min=10, help="messages a second of the paced run"),
        seconds: float = typer.Option(
            10.0, min=1, max=600, help="of the paced run and of each step of --ramp"
        ),
        subscriptions: int = typer.Option(10_000, min=10, help="push subscriptions of each application"),
        singles: bool = typer.Option(False, "--singles", help="only: single sends from --clients at once"),
        clients: int = typer.Option(500, min=1, max=5_000, help="of the single sends"),
        ramp: bool = typer.Option(False, "--ramp", help="only: raise the rate until it is not sustained"),
        ramp_last: float = typer.Option(20_000.0, min=1_000, help="where --ramp ends at the latest"),
        quota: bool = typer.Option(False, "--quota", help="only: applications that overrun their quotas"),
        scale: bool = typer.Option(False, "--scale", help="only: the same work at 10,000 and at --rows rows"),
        segments: bool = typer.Option(
            False, "--segments", help="only: count segments over --rows subscriptions"
        ),
        export: bool = typer.Option(False, "--export", help="only: files of --rows messages in every form"),
        campaign: bool = typer.Option(
            False,
            "--campaign",
            help="only: fan-out to --rows recipients, rendering, single sends beside a campaign, pacing",
        ),
        dashboard: bool = typer.Option(
            False,
            "--dashboard",
            help="only: the overview over a month of --rows messages, how late it is, and 200 open ones",
        ),
        channel: str | None = typer.Option(
            None,
            "--channel",
            help=f"only: CPU of a message of a channel, or all side by side, one of them sick: {' | '.join(CHANNELS)}",
        ),
        campaign_recipients: int = typer.Option(
            200_000, min=10, help="of the campaign that runs beside single sends"
        ),
        rows: int = typer.Option(
            1_000_000,
            min=1_000,
            help="messages of --scale, --export and --dashboard's month, subscriptions of --segments,"
            " recipients of --campaign's fan-out",
        ),
        folder: str = typer.Option(
            "",
            help="on the disk to measure: a new folder in it is used and removed [default: for temporary files]",
        ),
        as_json: bool = typer.Option(False, "--json", help="print one JSON document"),
    ) -> None:
        """Measure this machine: the whole path from accept to settled, beside a baseline, on embedded servers.

        A section that is marked `only` is measured alone, unless --messages is given, too.
        """
        if channel is not None:
            if channel not in CHANNELS:
                raise typer.BadParameter(f"{channel!r}: {' | '.join(CHANNELS)}", param_hint="--channel")
            found = channel_bench(channel, messages or CHANNEL_MESSAGES, min(seconds, LONGEST_WINDOW))
            if as_json:
                typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
            else:
                show(found)
            return
        with stages() as bars:
            report = run_bench(
                Plan(
                    folder=Path(tempfile.mkdtemp(prefix="signal-bench-", dir=folder or None)),
                    asked=messages,
                    burst=burst,
                    subscriptions=subscriptions,
                    rate=rate,
                    seconds=seconds,
                    clients=clients,
                    singles=singles,
                    ramp=ramp,
                    ramp_last=ramp_last,
                    quota=quota,
                    scale=scale,
                    segments=segments,
                    rows=rows,
                    export=export,
                    campaign=campaign,
                    dashboard=dashboard,
                    campaign_recipients=campaign_recipients,
                ),
                bars,
            )
        if as_json:
            typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            show(report)
